"""SQLite: the parts of a prediction log as Parquet files, each of one version and one hour.

A part is named by the log and its first row. Its content follows from the log alone, so a part that
has grown, or is written again after a crash, replaces itself and no row is ever there twice.
"""

import io
import secrets
import sqlite3
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import quote

import pyarrow as pa
import pyarrow.parquet as pq

ROWS = 10_000  # of a part, at most
HOUR = 3_600
_MARKS = "create table if not exists shipped (what text primary key, value not null)"
_MARK = "insert or replace into shipped values (?, ?)"
_TYPES = {"row": pa.int64(), "at": pa.float64()}  # all others are text


class Kind(NamedTuple):
    """A table of the log: its folder, its columns, and those that the folders' names hold."""

    folder: str
    table: str
    columns: tuple[str, ...]
    named: tuple[str, ...]


PREDICTIONS = Kind(
    "predictions",
    "predictions",
    ("request", "row", "at", "entity", "event_time", "features", "prediction"),
    ("model", "version"),
)
FEEDBACK = Kind("feedback", "heard", ("request", "row", "at", "value"), ("model",))


class Segment(NamedTuple):
    """Successive rows of a log, the relative path of their object, and whether it can grow."""

    path: str
    rows: list[tuple[Any, ...]]
    last: int  # id of the last row
    closed: bool


def prepare(store: sqlite3.Connection, host: str) -> str:
    """The name of a log, given to it once; a log that was emptied gets another one."""
    store.execute(_MARKS)
    marks = dict(store.execute("select what, value from shipped").fetchall())
    newest = store.execute("select max(id) from predictions").fetchone()[0] or 0
    if "name" not in marks or newest < marks.get(PREDICTIONS.folder, 0):
        with store:
            store.execute("delete from shipped")
            store.execute(_MARK, ("name", f"{host}-{secrets.token_hex(4)}"))
        return prepare(store, host)
    return str(marks["name"])


def mark(store: sqlite3.Connection, kind: Kind, last: int) -> None:
    """Remember that the rows up to `last` are in closed parts."""
    with store:
        store.execute(_MARK, (kind.folder, last))


def cut(store: sqlite3.Connection, kind: Kind, name: str) -> Segment | None:
    """The first part that is not closed yet, None if there is none."""
    found = store.execute("select value from shipped where what = ?", (kind.folder,)).fetchone()
    columns = ", ".join(("id", *kind.named, *kind.columns))
    query = f"select {columns} from {kind.table} where id > ? order by id limit ?"  # noqa: S608  ours
    rows = store.execute(query, (found[0] if found else 0, ROWS + 1)).fetchall()
    if not rows:
        return None
    at, names = 1 + len(kind.named) + kind.columns.index("at"), slice(1, 1 + len(kind.named))
    first, end = rows[0], (rows[0][at] // HOUR + 1) * HOUR
    count = min(len(rows), ROWS)
    for place, row in enumerate(rows[:count]):
        if row[names] != first[names] or row[at] >= end:
            count = place
            break
    named = zip(kind.named, first[names], strict=True)
    parts = [f"{key}={quote(value, safe='')}" for key, value in named]
    folder = "/".join((kind.folder, *parts, f"date={day(first[at])}"))
    return Segment(
        f"{folder}/{name}-{first[0]:012d}.parquet",
        [row[names.stop :] for row in rows[:count]],
        rows[count - 1][0],
        count < len(rows),
    )


def day(at: float) -> str:
    """`2026-11-30`, in UTC."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()


def written(segment: Segment, kind: Kind) -> bytes:
    """A part as a Parquet file."""
    fields = [pa.field(name, _TYPES.get(name, pa.string())) for name in kind.columns]
    values = [list(column) for column in zip(*segment.rows, strict=True)]
    stream = io.BytesIO()
    pq.write_table(pa.table(values, schema=pa.schema(fields)), stream, compression="zstd")
    return stream.getvalue()


def read(content: bytes, kind: Kind) -> pa.Table:
    """A part, from its Parquet file. Raises pyarrow.ArrowException or OSError for another file."""
    return pq.read_table(io.BytesIO(content), columns=list(kind.columns))
