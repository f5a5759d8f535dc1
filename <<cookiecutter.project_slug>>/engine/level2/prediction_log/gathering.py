"""The newest window of a version, from the parts that all replicas copied, as one log again."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..base import s3
from ..base.errors import ProjectError
from . import segments
from .segments import FEEDBACK, PREDICTIONS, Kind
from .sqlite_cases import SqliteCases
from .sqlite_log import SqliteLog

DAY = 86_400.0
_CLOCKS = 2.0  # seconds by which the clocks of two replicas may differ
_ROW = "insert into predictions values (null, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INDEX = "create index named on predictions (request, row)"
_SAID = """
insert or replace into feedback select id, request, row, ?, ? from predictions
where request = ? and row = ? and at <= ? order by id desc limit 1
"""  # a client's own id may come again: what is said is about the newest answer before


def gather(folder: str, model: str, version: str, days: float, path: Path) -> None:
    """Write the rows of a version in the `days` up to its newest, and feedback, as a log at `path`.

    Raises ProjectError if the store cannot be read or holds something else.
    """
    SqliteLog(path).close()
    SqliteCases(path).close()
    names = f"model={quote(model, safe='')}"
    found = _window(f"{folder.rstrip('/')}/predictions/{names}/version={quote(version)}", days)
    if not found:
        return
    rows = _ordered(found)
    since = segments.day(max(pc.max(rows["at"]).as_py() - (days + 1) * DAY, 0.0))
    said = [
        part
        for date, uris in _dates(s3.listed(f"{folder.rstrip('/')}/feedback/{names}"))
        if date >= since
        for _, part in _parts(uris, FEEDBACK)
    ]
    with closing(sqlite3.connect(path)) as store, store:
        store.execute("pragma synchronous=off")  # a copy
        store.executemany(_ROW, _lines(rows, model, version))
        if said:
            store.execute(_INDEX)
            store.executemany(_SAID, _told(said))


def _window(folder: str, days: float) -> list[tuple[str, pa.Table]]:
    """The parts of the days up to the newest row, each with the name of its log."""
    since, found = "", list[tuple[str, pa.Table]]()
    for date, uris in reversed(_dates(s3.listed(folder))):
        if date < since:
            break
        found += _parts(uris, PREDICTIONS)
        if not since:
            newest = max(pc.max(table["at"]).as_py() for _, table in found)
            since = segments.day(max(newest - days * DAY, 0.0))
    return found


def _dates(uris: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Addresses by the day in their folder's name, the oldest first."""

    def date(uri: str) -> str:
        return uri.rsplit("/", 2)[1].removeprefix("date=")

    wanted = sorted((uri for uri in uris if uri.endswith(".parquet")), key=date)
    return [(day, list(group)) for day, group in groupby(wanted, date)]


def _parts(uris: Sequence[str], kind: Kind) -> Iterator[tuple[str, pa.Table]]:
    for uri, content in zip(uris, s3.contents(uris), strict=True):
        try:
            yield uri.rsplit("/", 1)[1], segments.read(content, kind)
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ProjectError(
                f"{uri} is not a part of a prediction log ({error!s:.100}): remove it"
            ) from error


def _ordered(parts: Sequence[tuple[str, pa.Table]]) -> pa.Table:
    """All rows by time; those of one log in its own order."""
    logs = [
        pa.concat_tables(table for _, table in group)
        for _, group in groupby(sorted(parts, key=lambda one: one[0]), _log_of)
    ]
    times = np.concatenate([np.maximum.accumulate(table["at"].to_numpy()) for table in logs])
    return pa.concat_tables(logs).take(np.argsort(times, kind="stable"))


def _log_of(part: tuple[str, pa.Table]) -> str:
    return part[0].rpartition("-")[0]


def _lines(rows: pa.Table, model: str, version: str) -> Iterator[tuple[Any, ...]]:
    for batch in rows.to_batches(max_chunksize=segments.ROWS):
        columns = [batch[name].to_pylist() for name in PREDICTIONS.columns]
        for request, row, at, *rest in zip(*columns, strict=True):
            yield request, row, at, model, version, *rest


def _told(said: Sequence[pa.Table]) -> Iterator[tuple[Any, ...]]:
    """What was said, the last word last."""
    table = pa.concat_tables(said).sort_by("at")
    columns = [table[name].to_pylist() for name in FEEDBACK.columns]
    for request, row, at, value in zip(*columns, strict=True):
        yield at, value, request, row, at + _CLOCKS
