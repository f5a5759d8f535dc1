"""`inbox`: new tables, taken as they land in a folder."""

from pathlib import Path
from typing import Annotated

import typer


def inbox(
    folder: Annotated[Path, typer.Option(help="Where tables land.")] = Path("data/inbox"),
    settle: Annotated[
        float, typer.Option(min=0.1, help="Seconds a file must be still to count as whole.")
    ] = 5.0,
    once: Annotated[bool, typer.Option("--once", help="Take what is there, then end.")] = False,
) -> None:
    """Take new tables as they land: judge, merge into the raw table, retrain."""
    from ..intake import inbox as loop

    loop.watch(Path.cwd(), folder, settle, once)
