"""`sample`: the table that a generated project starts with, and later days of it."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import ProjectError

SAMPLE = Path("data/raw/load.csv")


def sample(
    until: Annotated[str, typer.Option(help="Last day, like 2019-06-30.")] = "",
    shock: Annotated[str | None, typer.Option(help="heat_wave, lockdown or unit_change.")] = None,
    output: Annotated[Path, typer.Option(help="CSV file to write.")] = SAMPLE,
) -> None:
    """Write the sample table; a later --until acts like new data arriving."""
    write_sample(output, _day(until), shock)


def write_sample(path: Path, until: date | None, shock: str | None) -> None:
    """Write the sample as CSV, atomically. Raises ProjectError for an unknown day or shock."""
    from ..base.console import Screen
    from ..base.files import atomic
    from ..training import sample

    try:
        table = sample.generate(until or sample.UNTIL, shock)
    except ValueError as error:
        raise ProjectError(str(error)) from None
    with atomic(path) as temporary:
        table.to_csv(temporary, index=False, date_format="%Y-%m-%d", lineterminator="\n")
    Screen(0).say(
        f" data      {path.name}: {len(table):,} rows until {table['date'].max():%Y-%m-%d}"
    )


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ProjectError(f"--until {text} is not a date: write it like 2019-06-30") from None
