"""`predict`: predict every row of a table with the champion."""

from pathlib import Path
from typing import Annotated

import typer

from ._options import ModelFolder


def predict(
    table: Annotated[Path, typer.Option("--input", help="CSV, parquet or Excel, all features.")],
    output: Annotated[Path, typer.Option(help="CSV or parquet file to write.")],
    model: ModelFolder = None,
) -> None:
    """Predict every row of a table with the champion, in little memory."""
    in_folder(Path.cwd(), table, output, model)


def in_folder(root: Path, table: Path, output: Path, folder: Path | None) -> None:
    """Predict every row with the champion of the project in `root`, or the bundle in `folder`."""
    from ..base.console import Screen
    from ..batch import predict as step
    from ..features.known_past import KnownPast
    from ..params.config import load_params
    from ..project import Context
    from ..registry.champion import reader
    from ..serving.sources import Champion, Source, open_source
    from ..workspace import Workspace

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
    Screen(0).say(f" predict   {step.run(served, table, output, markers, past)}")
