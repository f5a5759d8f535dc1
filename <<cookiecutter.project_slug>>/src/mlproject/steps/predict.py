"""`predict`: a table of features in, the same table with predictions out, some rows at a time."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ..adapters import streams
from ..adapters.files import shown
from ..adapters.memory import release
from ..core.contract import TIMESTAMP
from ..core.metrics import Array
from ..core.typed_rows import model_columns
from ..errors import ProjectError
from ..serving.model import Served

_OFTEN = 4  # batches between two times that memory is handed back
LABEL, VERSION = "prediction", "model_version"


def run(served: Served, source: Path, output: Path, markers: Collection[str] = ()) -> str:
    """Write every row with what the model answers to it. Returns one line."""
    rows, name = 0, str(shown(source))
    if output.resolve() == source.resolve():
        raise ProjectError(f"{name} is read and cannot be the output too: name another file")
    with streams.reading(source) as (schema, batches):
        _check(served, schema.names, name)
        kept = _kept(served, schema.names)
        wide = _schema(served, schema, kept)
        with streams.writing(output, wide) as write:
            for number, batch in enumerate(batches, start=1):
                table = streams.frame(batch, list(served.features), rows)
                columns = model_columns(table, served.features, name, markers)
                found = _score(served, columns, name, rows)
                write(streams.extended(batch.select(kept), _answers(served, found), wide))
                rows += len(batch)
                if number % _OFTEN == 0:
                    release()
    stamp = served.stamp
    return f"{rows:,} rows by {stamp.name} v{stamp.version} · {shown(output)}"


def _check(served: Served, names: list[str], source: str) -> None:
    """Raise ProjectError for a table that lacks a feature or has an answer already."""
    missing = [name for name in served.features if name not in names]
    if missing:
        raise ProjectError(
            f"{source} has no column {', '.join(missing)}, which {served.stamp.name} "
            f"v{served.stamp.version} needs: data/features.parquet shows what such a table is like"
        )
    for name in _columns(served):
        if name in names:
            raise ProjectError(f"{source} has a column `{name}` already: rename or remove it")


def _kept(served: Served, names: list[str]) -> list[str]:
    """Columns that go out again: all but the event time made up for a table that has none."""
    return [name for name in names if served.key.time or name != TIMESTAMP]


def _score(served: Served, columns: dict[str, Any], source: str, start: int) -> Array:
    found = served.scorer(columns)
    finite = np.isfinite(found).reshape(len(found), -1).all(axis=1)
    if not finite.all():
        row = start + 1 + int(np.argmin(finite))
        raise ProjectError(f"{source} row {row}: the model has no finite answer to these values")
    return found


def _columns(served: Served) -> dict[str, pa.DataType]:
    """Names and types of what is added."""
    if not served.classes:
        return {LABEL: pa.float64(), VERSION: pa.string()}
    chances = {f"p_{name}": pa.float64() for name in served.classes}
    return {LABEL: pa.string(), **chances, VERSION: pa.string()}


def _schema(served: Served, schema: pa.Schema, kept: list[str]) -> pa.Schema:
    added = [pa.field(name, kind) for name, kind in _columns(served).items()]
    return pa.schema([*map(schema.field, kept), *added])


def _answers(served: Served, found: Array) -> dict[str, Any]:
    version = [served.stamp.version] * len(found)
    if not served.classes:
        return {LABEL: found, VERSION: version}
    labels = np.array(served.classes, dtype=object)[found.argmax(axis=1)]
    chances = {f"p_{name}": found[:, place] for place, name in enumerate(served.classes)}
    return {LABEL: labels, **chances, VERSION: version}
