"""`ci-promotion`: show what waits for production, in a workflow."""

from pathlib import Path
from typing import Annotated

import typer


def ci_promotion(
    image: Annotated[
        str, typer.Option(help="Image of the pipeline, for a record that is not there yet.")
    ] = "",
) -> None:
    """Show what waits for production, for its reviewers and the job that promotes."""
    from ..github import promotion

    promotion.evidence(Path.cwd(), image)
