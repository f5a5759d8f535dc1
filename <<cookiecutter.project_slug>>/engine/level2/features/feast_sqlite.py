"""Times of Feast's SQLite store in UTC, on every machine."""

import sqlite3
from datetime import UTC, datetime
from functools import lru_cache

from feast.infra.online_stores import sqlite  # noqa: F401  registers its own, replaced below


def times_in_utc() -> None:
    """Write and read times of the online store in UTC.

    Feast converts its UTC to the machine's local time and back: one hour a year then does not
    exist, and another machine, or a container, reads every time shifted.
    """
    sqlite3.register_adapter(datetime, _seconds)
    sqlite3.register_converter("timestamp", _moment)


def _seconds(moment: datetime) -> int:
    known = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return int(known.timestamp())


@lru_cache(maxsize=1_024)  # the features of a row have one time
def _moment(seconds: bytes) -> datetime:
    return datetime.fromtimestamp(int(seconds), UTC)
