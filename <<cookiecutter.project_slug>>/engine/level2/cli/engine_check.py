"""`engine-check`: find edited, deleted or added files of the engine."""

from typing import Annotated

from typer import Exit, Option


def engine_check(
    edited: Annotated[bool, Option("--edited", help="Only note the edits and continue.")] = False,
) -> None:
    """List every file of the engine that differs from the template's release."""
    from ..base import sums

    if code := sums.check(edited=edited):
        raise Exit(code)
