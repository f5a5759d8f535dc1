"""`run`: the whole loop in this process."""

from pathlib import Path
from typing import Annotated

import typer

from ._options import Overrides


def run(
    start: Annotated[str | None, typer.Option("--from", help="Resume at this step.")] = None,
    overrides: Overrides = None,
) -> None:
    """Run the whole loop in this process, including promotion."""
    from ..training.run_loop import run_loop

    run_loop(Path.cwd(), start, tuple(overrides or ()))
