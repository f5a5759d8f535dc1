"""`predict`: predict every row of a table with the champion."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import ProjectError
from ._options import ModelFolder


def predict(
    output: Annotated[Path, typer.Option(help="CSV or parquet file to write.")],
    table: Annotated[
        Path | None, typer.Option("--input", help="CSV, parquet or Excel, all features.")
    ] = None,
    ahead: Annotated[int, typer.Option(help="Periods after the last known row.")] = 0,
    model: ModelFolder = None,
) -> None:
    """Predict every row of a table, or the periods ahead, with the champion, in little memory."""
    in_folder(Path.cwd(), table, output, model, ahead)


def in_folder(
    root: Path, table: Path | None, output: Path, folder: Path | None, ahead: int = 0
) -> None:
    """Predict with the champion of the project in `root`, or the bundle in `folder`.

    Every row of `table`, or as many periods `ahead` of the known past. Raises ProjectError.
    """
    from ..base.console import Screen
    from ..batch import ahead as forecast
    from ..batch import predict as step
    from ..features.known_past import KnownPast
    from ..params.config import load_params
    from ..project import Context
    from ..registry.champion import reader
    from ..serving.sources import Champion, Source, open_source
    from ..training.source_tables import lookup
    from ..workspace import Workspace

    if (table is None) == (not ahead):
        raise ProjectError("say which rows: INPUT=table.csv, or AHEAD=7 for the periods ahead")
    file = root / "params.yaml"
    params = load_params(file) if folder is None or file.is_file() else None
    if folder is not None:
        source: Source = open_source(root, folder)
    else:
        context = Context(params or load_params(file), Workspace.at(root))
        source = Champion(reader(context), context)
    markers = params.data.missing_markers if params else ()
    served = source.load(source.current())
    past = KnownPast(Workspace.at(root).ingested)
    with lookup(root, served.raw) as known:
        if table is None:
            said = forecast.run(served, output, past, ahead, known)
        else:
            said = step.run(served, table, output, markers, past, known)
    Screen(0).say(f" predict   {said}")
