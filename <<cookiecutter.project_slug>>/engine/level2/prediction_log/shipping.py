"""`ship-log`: copy a service's prediction log to an object store, until SIGTERM or Ctrl-C.

A process of its own: no request waits for the store, and the service needs no credentials.
"""

import re
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from ..base import s3
from ..base.errors import ProjectError
from . import segments
from .settings import LogSettings
from .sqlite_cases import SqliteCases
from .sqlite_log import SqliteLog

_POLL = 1.0  # seconds between two looks at how many rows there are
_LINGER = 40.0  # seconds after SIGTERM that the service, told to end as well, may take to finish
_SILENCE = 60.0  # seconds between two complaints
Put = Callable[[bytes, str], None]


class Shipper:
    """Copies what is new of one log. `put` stores the bytes of an object, whole or not at all."""

    def __init__(self, log: Path, folder: str, put: Put) -> None:
        self._log, self._folder, self._put = log, folder.rstrip("/"), put
        self._host = re.sub(r"[^A-Za-z0-9.-]", "-", socket.gethostname())[:63]
        self._sent: dict[str, int] = {}  # last row of the open parts, as the store has them

    def ship(self) -> int:
        """Copy all rows that are not in the store yet; how many. Raises ProjectError."""
        if not self._log.is_file():
            return 0
        SqliteLog(self._log).close()  # the tables, where the service has not made them yet
        SqliteCases(self._log).close()
        try:
            with closing(sqlite3.connect(self._log, timeout=5)) as store:
                name = segments.prepare(store, self._host)
                kinds = (segments.PREDICTIONS, segments.FEEDBACK)
                return sum(self._all(store, kind, name) for kind in kinds)
        except sqlite3.Error as error:
            raise ProjectError(f"{self._log} cannot be read ({error!s:.100})") from error

    def _all(self, store: sqlite3.Connection, kind: segments.Kind, name: str) -> int:
        count = 0
        while segment := segments.cut(store, kind, name):
            first = segment.last - len(segment.rows)
            known = self._sent.get(segment.path, first)
            if segment.last > known:
                self._put(segments.written(segment, kind), f"{self._folder}/{segment.path}")
                count += len(segment.rows) if known == first else segment.last - known
            if not segment.closed:
                self._sent[segment.path] = segment.last
                break
            self._sent.pop(segment.path, None)
            segments.mark(store, kind, segment.last)
        return count


def follow(log: Path, once: bool) -> None:
    """Copy the log at intervals, and a last time at the end. Raises ProjectError at once."""
    settings, ended = LogSettings(), threading.Event()
    if not settings.prediction_log:
        raise ProjectError(
            "PREDICTION_LOG is not set: name the folder to copy to, s3://bucket/folder"
        )
    s3.check(settings.prediction_log)
    shipper = Shipper(log, settings.prediction_log, s3.put)
    if once:
        print(f" shipped   {shipper.ship()} rows to {settings.prediction_log}", flush=True)
        return
    told: list[int] = []

    def end(number: int, _: object) -> None:
        told.append(number)
        ended.set()

    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, end)
    print(f" shipping  {log} to {settings.prediction_log}", flush=True)
    complained = -_SILENCE
    while not ended.is_set():
        _wait(log, settings.prediction_log_seconds, ended)
        if signal.SIGTERM in told:
            _outlive(log)
        try:
            shipper.ship()
        except ProjectError as error:  # the rows stay in the log: they are copied later
            if ended.is_set():
                raise
            if time.monotonic() - complained >= _SILENCE:
                complained = time.monotonic()
                print(f" log       not copied, will be later: {error}", file=sys.stderr, flush=True)


def _wait(log: Path, seconds: float, ended: threading.Event) -> None:
    """Until the time has come, a whole part has gathered, or the end."""
    since, before = time.monotonic(), _newest(log)
    while time.monotonic() - since < seconds and not ended.wait(min(_POLL, seconds)):
        if _newest(log) - before >= segments.ROWS:
            return


def _outlive(log: Path) -> None:
    """Wait until no process has the log open: a pod ends all its containers at once."""
    until = time.monotonic() + _LINGER
    while log.with_name(f"{log.name}-wal").exists() and time.monotonic() < until:
        time.sleep(0.2)


def _newest(log: Path) -> int:
    try:
        with closing(sqlite3.connect(f"{log.resolve().as_uri()}?mode=ro", uri=True)) as store:
            return store.execute("select max(id) from predictions").fetchone()[0] or 0
    except sqlite3.Error:
        return 0
