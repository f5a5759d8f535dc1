"""SQLite: the objects a webhook has acted on, kept across restarts."""

import sqlite3
import time
from pathlib import Path

from ...base.errors import ProjectError
from ...data.events import Made, stale

_TABLE = """
create table if not exists objects (
  bucket text not null,
  key text not null,
  etag text not null,
  sequence text not null,
  at real not null,            -- seconds since 1970
  primary key (bucket, key)
)
"""
_KNOWN = "select etag, sequence from objects where bucket = ? and key = ?"
_NOTE = "insert or replace into objects values (?, ?, ?, ?, ?)"


class Seen:
    """The newest version known of each object."""

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._store = sqlite3.connect(path, timeout=5)
            self._store.execute(_TABLE)
        except (OSError, sqlite3.Error) as error:
            raise ProjectError(
                f"{path}: the record of objects cannot be opened ({error}): make its folder "
                "writable, or name another file in WEBHOOK_RECORD"
            ) from error

    def known(self, item: Made) -> bool:
        """Whether an event is not new."""
        found = self._store.execute(_KNOWN, (item.bucket, item.key)).fetchone()
        return found is not None and stale(item, *found)

    def note(self, item: Made) -> None:
        """Record an object's current version. Raises sqlite3.Error if it cannot be written."""
        with self._store:
            self._store.execute(_NOTE, (*item, time.time()))

    def close(self) -> None:
        """Close the file."""
        self._store.close()
