"""SQLite: look up rows in the prediction log, and store feedback on them."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from ..base.errors import ProjectError
from ..features.series import Answered
from ..model.predictions import named_at
from .feedback import Feedback

_TABLE = """
create table if not exists feedback (
  prediction integer primary key,  -- id of the row in `predictions`
  request text not null,           -- the id of its request too: a row number may come again
  row integer not null,
  at real not null,                -- seconds since 1970
  value text not null              -- JSON, a number or a label
);
create table if not exists heard (
  id integer primary key autoincrement, -- all that was said, in order: what `ship-log` copies
  request text not null,
  row integer not null,
  model text not null,
  at real not null,
  value text not null
);
"""
# By the time that an id made here tells, which is indexed; an index on ids would slow the log down.
_NEAR = """
select id, version from predictions
where request = ? and row = ? and model = ? and at between ? and ? order by at limit 1
"""
_EARLIEST, _LATEST = -2.0, 120.0  # seconds an answer may come after its request, clocks being set
_LATE = """
select id, version from predictions
where request = ? and row = ? and model = ? and id > (select max(id) from predictions) - 100000
order by id desc limit 1
"""
_HEARD = "insert into heard values (null, ?, ?, ?, ?, ?)"
_KEEP = """
insert into feedback values (?, ?, ?, ?, ?)
on conflict (prediction) do update
set request = excluded.request, row = excluded.row, at = excluded.at, value = excluded.value
"""
_NEWEST = 20_000  # rows of the log that are looked through for a series, so that it stays quick
_RECENT = f"""
select event_time, at, features, prediction from predictions
where id > (select max(id) from predictions) - {_NEWEST} and model = ? and (? is null or entity = ?)
order by id desc limit ?
"""  # noqa: S608  the number is ours


class SqliteCases:
    """A separate connection beside that of the log. One thread uses it."""

    def __init__(self, path: Path) -> None:
        try:
            self._store = sqlite3.connect(path, timeout=5, check_same_thread=False)
            self._store.execute("pragma synchronous=full")  # what was thanked for is on the disk
            self._store.executescript(_TABLE)
        except sqlite3.Error as error:
            raise ProjectError(f"{path}: feedback cannot be stored ({error})") from error

    def correct(self, said: Feedback, model: str, at: float) -> str | None:
        """Store the true value of a logged row, replacing an earlier one. Returns its version.

        None if the row is unknown. Raises ProjectError if the value cannot be written.
        """
        with self._writing():
            found = self._find(said, model)
            if found is None:
                return None
            value = json.dumps(said.value)
            self._store.execute(_KEEP, (found[0], said.request, said.row, at, value))
            self._store.execute(_HEARD, (said.request, said.row, model, at, value))
        return str(found[1])

    def pass_on(self, said: Feedback, model: str, at: float) -> None:
        """Store the true value of a row that another replica logged. Raises ProjectError."""
        line = (said.request, said.row, model, at, json.dumps(said.value))
        with self._writing():
            self._store.execute(_HEARD, line)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            with self._store:
                yield
        except sqlite3.Error as error:
            raise ProjectError(f"feedback cannot be stored ({error!s:.100})") from error

    def _find(self, said: Feedback, model: str) -> tuple[int, str] | None:
        """Number and version of a row; a client's own id is found only among the newest rows."""
        key, came = (said.request, said.row, model), named_at(said.request)
        found = None
        if came is not None:
            near = (*key, came + _EARLIEST, came + _LATEST)
            found = self._store.execute(_NEAR, near).fetchone()
        return found or self._store.execute(_LATE, key).fetchone()

    def recent(self, model: str, entity: str | None, most: int) -> list[Answered]:
        """The newest logged rows, of one entity or of all. Raises ProjectError."""
        try:
            rows = self._store.execute(_RECENT, (model, entity, entity, most)).fetchall()
            return [
                Answered(_seconds(time), asked, json.loads(features), json.loads(answer))
                for time, asked, features, answer in rows
            ]
        except (sqlite3.Error, ValueError) as error:
            raise ProjectError(f"the prediction log cannot be read ({error!s:.100})") from error

    def close(self) -> None:
        """Close the connection."""
        self._store.close()


def _seconds(time: str | None) -> float | None:
    return None if time is None else datetime.fromisoformat(time).timestamp()
