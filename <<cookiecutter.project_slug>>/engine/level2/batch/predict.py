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
from ..data.typed_rows import model_columns
from ..features.known_past import KnownPast
from ..model.metrics import Array
from ..model.scoring import inputs
from ..serving.model import Served

_OFTEN = 4  # batches between two times that memory is handed back
LABEL, VERSION = "prediction", "model_version"
THRESHOLD = "prediction_threshold"


def run(
    served: Served, source: Path, output: Path, markers: Collection[str], past: KnownPast
) -> str:
    """Write every row with the model's prediction. Returns one line."""
    rows, name = 0, str(shown(source))
    if output.resolve() == source.resolve():
        raise ProjectError(f"{name} is the input and cannot be the output too: name another file")
    usual = served.raw.contract.delimiter if served.raw is not None else None
    with streams.reading(source, usual) as (schema, batches):
        reader = _reader(served, schema.names, name, markers, past)
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


class _Features:
    """Reads a table that holds the model's features."""

    def __init__(self, served: Served, source: str, markers: Collection[str]) -> None:
        plain = {
            "format": None
        }  # what is derived is written as numbers, whatever the raw table does
        self._features = {n: item.model_copy(update=plain) for n, item in served.features.items()}
        self._source, self._markers = source, markers
        self.names = list(served.features)

    def columns(self, table: Any) -> dict[str, Any]:
        """The model's input columns. Raises ProjectError naming row and column."""
        return model_columns(table, self._features, self._source, self._markers)

    def notes(self) -> Iterator[str]:
        """Notes for the user."""
        return iter(())


class _Rows:
    """Reads a table like the adopted one."""

    def __init__(self, served: Served, source: str, past: KnownPast) -> None:
        assert served.raw is not None  # noqa: S101  whoever makes it has looked
        raw = served.raw
        self._contract = raw.contract.model_copy(update={"source": source})
        self._settings, self.names = raw.settings, [*raw.needed]
        self._past = past.table(self._contract) if raw.settings.lags else None
        self._beyond: dict[str, int] = {}

    def columns(self, table: Any) -> dict[str, Any]:
        """The model's input columns. Raises ProjectError naming row and column."""
        found = inputs(table, self._contract, self._settings, self._past)
        for name, late in found.beyond.items():
            self._beyond[name] = self._beyond.get(name, 0) + int(late.sum())
        return found.columns

    def notes(self) -> Iterator[str]:
        """Lags that cannot be known yet, and why."""
        late = [
            f"{name} in {plural(count, 'row')}" for name, count in self._beyond.items() if count
        ]
        if late:
            until = "there is none here"
            if self._past is not None and len(self._past):
                until = f"it ends {self._past[TIMESTAMP].max():%Y-%m-%d %H:%M}"
                until = until.removesuffix(" 00:00")
            yield f"missing, beyond the history: {', '.join(late)} ({until})"


def _reader(
    served: Served, names: list[str], source: str, markers: Collection[str], past: KnownPast
) -> _Features | _Rows:
    """The reader for a table with these columns. Raises ProjectError if one is missing."""
    if served.raw is not None and served.raw.fits(names, served.features):
        return _Rows(served, source, past)
    missing = [name for name in served.features if name not in names]
    if not missing:
        return _Features(served, source, markers)
    model = f"{served.stamp.name} v{served.stamp.version}"
    if served.raw is None:
        raise ProjectError(
            f"{source} has no column {', '.join(missing)}, which {model} needs: "
            "data/features.parquet shows what such a table is like"
        )
    lacking = ", ".join(f"`{name}`" for name in served.raw.needed if name not in names)
    raise ProjectError(
        f"{source} has no column {lacking}, which {model} needs: provide the columns of the "
        "adopted table, or those of data/features.parquet"
    )


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
        return {LABEL: pa.float64(), VERSION: pa.string()}
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
        return [found, version]
    answered = np.array(served.classes, dtype=object)[labels(found, served.cut)]
    cut = [np.full(len(found), served.cut.at)] if served.cut else []
    return [answered, *found.T, *cut, version]
