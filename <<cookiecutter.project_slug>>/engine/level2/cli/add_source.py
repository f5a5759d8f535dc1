"""`add-source`: join a further table to the adopted one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ._options import names

if TYPE_CHECKING:
    from ..adoption.source_columns import Asked


def add_source(
    data: Annotated[
        Path, typer.Argument(help="CSV, TSV, parquet or Excel file, or a .gz or .zip of one.")
    ],
    name: Annotated[str, typer.Option(help="What to call it; else after the file.")] = "",
    entity: Annotated[
        str, typer.Option(help="Columns that find its rows: region, or tariff:kind.")
    ] = "",
    timestamp: Annotated[str, typer.Option(help="Column that says since when.")] = "",
    created: Annotated[str, typer.Option(help="Column that says when a row was known.")] = "",
    ttl: Annotated[str, typer.Option(help="Largest age of a row: 1D, 12h.")] = "",
    in_advance: Annotated[
        bool, typer.Option("--in-advance", help="Its rows are known before their time.")
    ] = False,
    windows: Annotated[
        str, typer.Option(help="Columns over a time instead: amount:sum:30D,count:7D.")
    ] = "",
    exclude: Annotated[str, typer.Option(help="Columns to leave out, comma-separated.")] = "",
    missing: Annotated[
        str, typer.Option(help="Words or numbers that mean a missing value, comma-separated.")
    ] = "",
) -> None:
    """Join a further table: infer keys, times and columns, add them to params.yaml."""
    from ..adoption.source_columns import Asked

    asked = Asked(
        name,
        names(entity),
        timestamp,
        created,
        ttl,
        in_advance,
        names(windows),
        names(exclude),
        names(missing),
    )
    in_folder(Path.cwd(), data, asked)


def in_folder(root: Path, data: Path, asked: "Asked") -> None:
    """Join a further table to that of the project in `root`. Raises ProjectError."""
    from ..adoption import add_source as step
    from ..base import dvc
    from ..base.console import Screen
    from ..base.yaml_file import read_yaml
    from ..params.config import load_params
    from ..project import Context
    from ..training.loop import sole_run
    from ..workspace import Workspace

    screen, workspace = Screen(0), Workspace.at(root)
    with sole_run(workspace):
        context = Context(load_params(root / "params.yaml"), workspace)
        tree = read_yaml(root / "params.yaml")
        step.add_source(
            context, tree, data, asked, screen.say, track=lambda path: dvc.track(root, path)
        )
    screen.say(" next      make run")
