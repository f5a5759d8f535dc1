"""SQLite: the prediction log on one machine, append-only, intact after a killed process."""

import sqlite3
from collections.abc import Sequence
from itertools import chain, islice
from pathlib import Path

from pydantic_core import to_json

from ..base.errors import ProjectError
from ..model.predictions import Entry

_TABLE = """
create table if not exists predictions (
  id integer primary key,
  request text not null,       -- id of the request, as answered
  row integer not null,        -- place in the request
  at real not null,            -- seconds since 1970
  model text not null,
  version text not null,
  entity text,
  event_time text,             -- ISO 8601, UTC
  features text not null,      -- JSON, null is missing
  prediction text not null     -- JSON, a number or a label with probabilities
);
create index if not exists predictions_at on predictions (at);
"""
_INSERT = "insert into predictions values "
_ROW = "(null, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_AT_ONCE = (64, 16, 4, 1)  # rows of a statement: few texts of SQL, each of which is kept prepared
_PAGES = 4_000  # of 4 KB that gather before they are copied into the file: a fifth less work


class SqliteLog:
    """A file in WAL mode: committed rows outlive the process, readers never wait."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._store = sqlite3.connect(path, timeout=5, check_same_thread=False)
            self._store.execute("pragma journal_mode=wal")
            self._store.execute("pragma synchronous=normal")
            self._store.execute(f"pragma wal_autocheckpoint={_PAGES}")
            self._store.executescript(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise ProjectError(
                f"{path}: the prediction log cannot be opened ({error}): make its folder "
                "writable, or name another file in SERVE_LOG"
            ) from error

    def write(self, entries: Sequence[Entry]) -> None:
        """Commit entries, all or none. Raises sqlite3.Error if they cannot be written.

        Each statement has many rows: after each one the thread has to wait for Python's lock, which
        a busy service releases every 5 ms.
        """
        lines = (line for entry in entries for line in _lines(entry))
        with self._store:
            while part := list(islice(lines, _AT_ONCE[0])):
                for rows in _AT_ONCE:
                    while len(part) >= rows:
                        values = list(chain.from_iterable(part[:rows]))
                        self._store.execute(_INSERT + ",".join([_ROW] * rows), values)
                        del part[:rows]

    def close(self) -> None:
        """Close the file and merge the WAL into it."""
        self._store.close()


def _lines(entry: Entry) -> list[tuple[object, ...]]:
    common = (entry.at, entry.model, entry.version)
    return [
        (
            entry.request,
            place,
            *common,
            None if entity is None else str(entity),
            None if time is None else time.isoformat(),
            entry.features[place],
            to_json(entry.predictions[place]).decode(),
        )
        for place, (entity, time) in enumerate(entry.keys)
    ]
