"""`push-features`: new rows of a source for the next request, without a run."""

from pathlib import Path
from typing import Annotated

import typer


def push_features(
    data: Annotated[
        Path, typer.Argument(help="CSV, TSV, parquet or Excel file, or a .gz or .zip of one.")
    ],
    name: Annotated[str, typer.Argument(help="The source: a name of data.sources.")],
) -> None:
    """Write new rows of a source to the online store; an older row never replaces a newer one."""
    in_folder(Path.cwd(), data, name)


def in_folder(root: Path, data: Path, name: str) -> None:
    """Write the rows of `data` to the store of the project in `root`. Raises ProjectError."""
    from ..base.console import Screen
    from ..base.files import shown
    from ..data.tables import read_raw
    from ..features import pushed
    from ..features.feast_push import Push
    from ..params.config import load_params
    from ..workspace import Workspace

    params = load_params(root / "params.yaml")
    pushed.check_source(params.data, name)
    raw = read_raw(data, params.data.sources[name].delimiter)
    rows = pushed.typed_rows(raw, params.data, name, str(shown(data)))
    counts = Push(Workspace.at(root), params).write(name, rows)
    Screen(0).say(f" push      {name}: {counts.said}")
