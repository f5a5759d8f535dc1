"""The mark of a row in Feast's online store: its two times, and whose it is.

It is a value beside the row's own, which no view declares, so nobody but this package reads it.
"""

from collections.abc import Mapping
from datetime import datetime
from hashlib import blake2b
from typing import Any, NamedTuple

from .feast import Value

MARK = "row__mark"  # no name of a contract has two underscores together
Times = tuple[int, int]  # event time and time of creation, microseconds since 1970


class Row(NamedTuple):
    """One row on its way into the store; key and values are Feast's."""

    key: Any
    time: datetime  # from which it may be used
    times: Times
    values: dict[str, Any]


class Held(NamedTuple):
    """What the store holds of a key: the time from which it counts, and what its mark says."""

    time: datetime | None
    times: Times | None = None
    pushed: bool = False

    def newer(self, row: Row) -> bool:
        """Whether it is newer than a row, which then must not replace it."""
        if self.time is None:
            return False
        return self.time > row.time if self.times is None else self.times > row.times


def marked(row: Row, pushed: bool, horizon: int | None) -> dict[str, Any]:
    """The values of a row with its mark."""
    whose = "pushed" if pushed else "run"
    said = f"{row.times[0]} {row.times[1]} {horizon} {whose} {_digest(row.values)}"
    return row.values | {MARK: Value(string_val=said)}


def held(
    time: datetime | None,
    found: Mapping[str, Any] | None,
    columns: list[str],
    horizon: int | None,
) -> Held:
    """What a read of `columns` and the mark has found of one key.

    The mark of other values says nothing: somebody has written the row by Feast alone, or the
    columns are others now, so any row may replace it. A row that was pushed under another horizon
    counts as one of a run, because the time from which it counts has become wrong.
    """
    values = found or {}
    text = values[MARK].string_val if MARK in values else ""
    if not text:  # written by an engine that knew no marks
        return Held(time)
    said, _, digest = text.rpartition(" ")
    if digest != _digest({name: values.get(name) for name in columns}):
        return Held(None)
    event, created, ahead, whose = said.split(" ")
    return Held(time, (int(event), int(created)), whose == "pushed" and ahead == str(horizon))


def _digest(values: Mapping[str, Any]) -> str:
    """Of a row's values, whichever of them are missing."""
    whole = b"".join(
        f"{name}:{'' if value is None else value.SerializeToString().hex()};".encode()
        for name, value in sorted(values.items())
    )
    return blake2b(whole, digest_size=8).hexdigest()
