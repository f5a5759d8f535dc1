"""`adopt`: switch the project to the user's own table."""

from pathlib import Path
from typing import Annotated

import typer

from ._options import names
from .init import first_commit


def adopt(
    data: Annotated[
        Path, typer.Argument(help="CSV, TSV, parquet or Excel file, or a .gz or .zip of one.")
    ],
    target: Annotated[str, typer.Argument(help="Column to predict.")],
    entity: Annotated[
        str | None, typer.Option(help="Column that says what a row is about.")
    ] = None,
    timestamp: Annotated[
        str, typer.Option(help="Column that says when, or several: year,month.")
    ] = "",
    pattern: Annotated[
        str | None,
        typer.Option("--format", help="Format of the time: %d/%m/%Y, unix_s, quarter, ..."),
    ] = None,
    split: Annotated[str | None, typer.Option(help="time, random or group.")] = None,
    by: Annotated[
        str | None, typer.Option(help="Column of groups that must not be divided.")
    ] = None,
    task: Annotated[str | None, typer.Option(help="regression, binary or multiclass.")] = None,
    exclude: Annotated[str, typer.Option(help="Columns to leave out, comma-separated.")] = "",
    allow_leakage: Annotated[
        str, typer.Option(help="Columns that look like leaks but are kept.")
    ] = "",
    missing: Annotated[
        str, typer.Option(help="Words or numbers that mean a missing value, comma-separated.")
    ] = "",
    decimal: Annotated[
        str | None, typer.Option(help="`.` or `,`, if numbers are ambiguous.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option(help="comma, semicolon, tab or bar, if two of them fit.")
    ] = None,
    horizon: Annotated[str, typer.Option(help="Periods ahead that are predicted.")] = "",
    in_advance: Annotated[
        str, typer.Option(help="Columns that are known so early, comma-separated.")
    ] = "",
) -> None:
    """Use your own table: infer the contract, write params.yaml, track the data."""
    in_folder(
        Path.cwd(),
        data,
        target,
        entity,
        names(timestamp),
        task,
        names(exclude),
        names(allow_leakage),
        pattern=pattern,
        split=split,
        by=by,
        missing=names(missing),
        decimal=decimal,
        delimiter=delimiter,
        horizon=horizon,
        in_advance=names(in_advance),
    )


def in_folder(
    root: Path,
    data: Path,
    target: str,
    entity: str | None,
    timestamp: tuple[str, ...],
    task: str | None,
    exclude: tuple[str, ...],
    allow_leakage: tuple[str, ...],
    *,
    pattern: str | None = None,
    split: str | None = None,
    by: str | None = None,
    missing: tuple[str, ...] = (),
    decimal: str | None = None,
    delimiter: str | None = None,
    horizon: str = "",
    in_advance: tuple[str, ...] = (),
) -> None:
    """Infer the contract of a table, write params.yaml in `root` and track the data."""
    from ..adoption import step
    from ..adoption.looking_ahead import LookingAhead
    from ..adoption.reading import Reading
    from ..base import dvc, git
    from ..base.console import Screen
    from ..training.loop import sole_run
    from ..workspace import Workspace

    screen = Screen(0)
    with sole_run(Workspace.at(root)):
        fresh = git.start(root)
        step.adopt(
            root,
            data,
            target,
            entity,
            timestamp,
            task,
            exclude,
            allow_leakage,
            screen.say,
            track=lambda path: dvc.track(root, path),
            pattern=pattern,
            split=split,
            by=by,
            reading=Reading(missing, decimal, delimiter),
            ahead=LookingAhead(horizon, in_advance),
        )
        first_commit(root, screen, fresh)
    if not fresh:  # what is not committed cannot be gone back to
        if not git.knows_user(root):
            screen.say(' next      git config user.email "you@example.org"')
            screen.say(' next      git config user.name "Your Name"')
        screen.say(" next      git add --all && git commit, so that the model can be reproduced")
    screen.say(" next      make run")
