"""`ci-outcome`: report how a workflow's pipeline run ended."""

from pathlib import Path
from typing import Annotated

import typer


def ci_outcome(
    trigger: Annotated[str, typer.Option(help="What started the run.")] = "manual",
) -> None:
    """Show how the last run of the pipeline on this machine ended."""
    from ..github import ci

    ci.outcome(Path.cwd(), trigger)
