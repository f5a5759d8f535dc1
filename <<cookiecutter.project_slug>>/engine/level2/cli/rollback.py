"""`rollback`: return to the previously deployed version."""

from pathlib import Path
from typing import Annotated

import typer


def rollback(
    environment: Annotated[str, typer.Argument(help="staging or production.")],
    minutes: Annotated[float, typer.Option(min=0, help="Minutes to wait for it.")] = 10,
) -> None:
    """Return to the previously deployed version."""
    from ..deploy import deployment
    from ..deploy.environment import Patience

    deployment.rollback(Path.cwd(), environment, Patience(minutes))
