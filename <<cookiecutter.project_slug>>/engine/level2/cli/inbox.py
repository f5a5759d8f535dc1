"""`inbox`: process new tables as they arrive in a folder."""

from pathlib import Path
from typing import Annotated

import typer


def inbox(
    folder: Annotated[Path, typer.Option(help="Folder where tables arrive.")] = Path("data/inbox"),
    settle: Annotated[
        float,
        typer.Option(min=0.1, help="Seconds without a change until a file counts as complete."),
    ] = 5.0,
    once: Annotated[
        bool, typer.Option("--once", help="Process the tables that are there, then exit.")
    ] = False,
) -> None:
    """Process new tables as they arrive: check, merge into the raw table, retrain."""
    from ..intake import inbox as loop

    loop.watch(Path.cwd(), folder, settle, once)
