"""Rows of sources in Feast's online store, where an older row never replaces a newer one.

Feast's stores do not see to it: SQLite and PostgreSQL keep what was written last, Redis drops a
correction of the same event time. So every row is written with a mark of its two times, and the
mark is read before another row of that key is written.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pandas as pd

from ..base.amounts import plural
from ..base.errors import ProjectError
from ..data.contract import TIMESTAMP
from ..data.feature import Feature
from ..data.source_columns import CREATED, columns_of, join_keys
from .feast import EntityKey, Value
from .feast_declare import source_view_name
from .feast_lock import alone
from .feast_mark import MARK, Held, Row, held, marked
from .feast_project import Knobs
from .known_from import usable

_AT_ONCE = 500  # keys that are read and written under one lock


class Counts(NamedTuple):
    """What became of the rows: written, left alone for a newer one, not yet to be used."""

    written: int
    older: int
    early: int

    @property
    def said(self) -> str:
        """The three numbers in words, those that are not 0."""
        parts = [f"{plural(self.written, 'row')} written"]
        if self.older:
            parts.append(f"{plural(self.older, 'row')} left alone: the store holds newer ones")
        if self.early:
            parts.append(f"{plural(self.early, 'row')} not yet to be used: push again when due")
        return " · ".join(parts)


class Newest:
    """The online store of a project's sources, for writing."""

    def __init__(self, store: Any, params: Knobs) -> None:
        self._contract, self._config = params.data, store.config
        self._views = {
            name: store.get_feature_view(source_view_name(params, name))
            for name in params.data.sources
        }
        self._store = store._get_provider().online_store
        if hasattr(self._config.online_store, "skip_dedup"):
            self._config.online_store.skip_dedup = True  # Redis would drop corrections

    def write(self, name: str, table: pd.DataFrame, pushed: bool) -> Counts:
        """Write the newest row of each key that may be used by now, unless a newer one is there.

        `table` holds a source's typed rows in order of their times. Pushed rows are compared with
        all that the store holds. A run says what its table holds, also after rows were taken out of
        it, so its rows are compared with pushed ones only.
        """
        times = usable(table, self._contract, name)
        due = (times[[TIMESTAMP, *_created(times)]] <= datetime.now(UTC)).all(axis=1)
        rows = self._rows(name, table[due], times[due])
        written = 0
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            with alone(self._config, self._store):
                there = self._held(name, [row.key for row in part])
                new = [
                    row
                    for row, other in zip(part, there, strict=True)
                    if not ((pushed or other.pushed) and other.newer(row))
                ]
                self._put(name, new, pushed)
            written += len(new)
        return Counts(written, int(due.sum()) - written, int((~due).sum()))

    def _rows(self, name: str, table: pd.DataFrame, times: pd.DataFrame) -> list[Row]:
        """The newest row of each key; `times` are the rows at the times when they count."""
        keys = [*join_keys(self._contract, self._contract.sources[name])]
        last = ~table.duplicated(keys, keep="last")
        table, times = table[last], times[last]
        columns = {
            column: [_value(item, value) for value in table[column].tolist()]
            for column, item in columns_of(self._contract, name).items()
        }
        made = _created(table)
        marks = zip(
            _microseconds(table[TIMESTAMP]),
            _microseconds(table[made[0]]) if made else [0] * len(table),
            strict=True,
        )
        whole = zip(zip(*(table[key] for key in keys), strict=True), marks, strict=True)
        return [
            Row(
                EntityKey(join_keys=keys, entity_values=[Value(string_val=part) for part in key]),
                time.to_pydatetime(),
                mark,
                {column: values[place] for column, values in columns.items()},
            )
            for place, ((key, mark), time) in enumerate(zip(whole, times[TIMESTAMP], strict=True))
        ]

    def _held(self, name: str, keys: Sequence[Any]) -> list[Held]:
        columns = [*columns_of(self._contract, name)]
        found = self._store.online_read(self._config, self._views[name], keys, [*columns, MARK])
        return [held(time, values, columns, self._contract.horizon) for time, values in found]

    def _put(self, name: str, rows: Sequence[Row], pushed: bool) -> None:
        if rows:
            data = [
                (row.key, marked(row, pushed, self._contract.horizon), row.time, None)
                for row in rows
            ]
            self._store.online_write_batch(self._config, self._views[name], data, None)


def materialize_sources(store: Any, params: Knobs, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the newest row of each key of every source, unless a newer one was pushed.

    Raises ProjectError if the store does not take them.
    """
    try:
        newest = Newest(store, params)
        for name, table in tables.items():
            newest.write(name, table, pushed=False)
    except Exception as error:
        raise ProjectError(
            f"Feast could not fill the online store ({error!s:.200}): check that it responds at "
            "the address in feature_store.yaml"
        ) from error


def _created(table: pd.DataFrame) -> list[str]:
    return [CREATED] if CREATED in table.columns else []


def _microseconds(times: "pd.Series[pd.Timestamp]") -> list[int]:
    """Microseconds since 1970 of times in UTC."""
    return times.dt.tz_localize(None).astype("datetime64[us]").astype("int64").tolist()


def _value(feature: Feature, value: Any) -> Any:
    """Feast's value, of the type that its view declares."""
    if pd.isna(value):
        return Value()
    if not feature.numeric:
        return Value(string_val=value)
    return Value(double_val=value) if feature.center else Value(float_val=value)
