"""`predict`: copy a table with predictions added, a few thousand rows at a time.

The table is either like the adopted one, under its own names, or one of model features.
"""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from ..base.amounts import plural
from ..base.errors import ProjectError
from ..base.files import shown
from ..base.memory import release
from ..base.names import chance, folded, free
from ..data import streams
from ..data.contract import TIMESTAMP
from ..data.labels import labels
from ..features.known_past import KnownPast
from ..model.metrics import Array
from ..serving.model import Served
from ..training.source_tables import Lookup
from . import readers

_OFTEN = 4  # batches between two times that memory is handed back
LABEL, VERSION = "prediction", "model_version"
THRESHOLD = "prediction_threshold"
LOWER, UPPER = "prediction_lower", "prediction_upper"


def run(
    served: Served,
    source: Path,
    output: Path,
    markers: Collection[str],
    past: KnownPast,
    known: Lookup | None = None,
) -> str:
    """Write every row with the model's prediction. Returns one line.

    `known` gives the columns of further sources that the table does not have itself.
    """
    rows, name = 0, str(shown(source))
    if output.resolve() == source.resolve():
        raise ProjectError(f"{name} is the input and cannot be the output too: name another file")
    usual = served.raw.contract.delimiter if served.raw is not None else None
    with streams.reading(source, usual) as (schema, batches):
        reader = readers.reader(served, schema.names, name, markers, past, known)
        kept = _kept(served, schema.names)
        added = _added(served, kept)
        wide = pa.schema([*map(schema.field, kept), *added])
        with streams.writing(output, wide) as write:
            for number, batch in enumerate(batches, start=1):
                table = streams.frame(batch, reader.names, rows)
                found = _score(served, reader.columns(table), name, rows)
                write(streams.extended(batch.select(kept), _answers(served, found), wide))
                rows += len(batch)
                if number % _OFTEN == 0:
                    release()
    stamp = served.stamp
    said = [
        f"{plural(rows, 'row')} by {stamp.name} v{stamp.version} · {shown(output)}",
        *reader.notes(),
    ]
    said += [f"{own} is called {field.name}" for own, field in _renamed(served, added)]
    return " · ".join(said)


def _kept(served: Served, names: list[str]) -> list[str]:
    """Columns to copy: all but the placeholder event time of a table without one."""
    own = served.raw is not None and TIMESTAMP in served.raw.needed
    return [name for name in names if served.key.time or own or name != TIMESTAMP]


def _score(served: Served, columns: dict[str, Any], source: str, start: int) -> Array:
    found = served.scorer(columns)
    finite = np.isfinite(found).reshape(len(found), -1).all(axis=1)
    if not finite.all():
        row = start + 1 + int(np.argmin(finite))
        raise ProjectError(
            f"{source} row {row}: the model gives no finite prediction for these values"
        )
    return found


def _columns(served: Served) -> dict[str, pa.DataType]:
    """The added columns, by their usual names."""
    if not served.classes:
        ends = {LOWER: pa.float64(), UPPER: pa.float64()} if served.interval else {}
        return {LABEL: pa.float64(), **ends, VERSION: pa.string()}
    chances = {chance(name): pa.float64() for name in served.classes}
    cut = {THRESHOLD: pa.float64()} if served.cut else {}
    return {LABEL: pa.string(), **chances, **cut, VERSION: pa.string()}


def _added(served: Served, kept: list[str]) -> list[pa.Field]:
    """The same fields under names that are not taken, ignoring case."""
    taken, fields = folded(kept), []
    for name, kind in _columns(served).items():
        found = free(name, taken)
        fields.append(pa.field(found, kind))
        taken.add(found.casefold())
    return fields


def _renamed(served: Served, added: list[pa.Field]) -> Iterator[tuple[str, pa.Field]]:
    for own, field in zip(_columns(served), added, strict=True):
        if own != field.name:
            yield own, field


def _answers(served: Served, found: Array) -> list[Any]:
    """One array for each added column."""
    version = [served.stamp.version] * len(found)
    if not served.classes:
        return [found, *(served.interval.around(found) if served.interval else ()), version]
    answered = np.array(served.classes, dtype=object)[labels(found, served.cut)]
    cut = [np.full(len(found), served.cut.at)] if served.cut else []
    return [answered, *found.T, *cut, version]
