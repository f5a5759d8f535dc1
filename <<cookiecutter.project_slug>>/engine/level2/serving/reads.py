"""Reads of the online store: one at a time, each for all requests that wait for it."""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from datetime import datetime
from itertools import islice
from queue import SimpleQueue
from typing import Any, NamedTuple, Protocol

from ..base.errors import ProjectError
from .deadlines import Deadlines

Row = tuple[dict[str, Any], datetime]
Rows = list[Row | None]

_AT_ONCE = 1_000  # entities of several requests that one read takes, at most


class Reader(Protocol):
    """Feast's online store."""

    def read(self, entities: list[str | int]) -> Rows:
        """Features and event time of each entity, None for an unknown one."""


class _Asked(NamedTuple):
    version: str
    entities: list[str | int]
    answer: "asyncio.Future[Rows]"


class Reads:
    """Reads in a separate thread, so that a slow store does not stop other requests.

    Requests that arrive during a read share the next one: on a busy service, switching threads
    costs more than the read itself.
    """

    def __init__(self, connect: Callable[[], Reader], patience: float) -> None:
        self._connect, self._deadlines = connect, Deadlines(patience)
        self._reader: Reader | None = None
        self._version = ""
        self._waiting: list[_Asked] = []
        self._reading: list[_Asked] = []
        self._began = 0.0
        self._jobs: SimpleQueue[list[_Asked] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def rows(self, version: str, entities: list[str | int]) -> Rows:
        """Features of each entity as this version of the model needs them.

        Raises ProjectError if the store fails or is late; immediately while an earlier read is
        late.
        """
        loop = asyncio.get_running_loop()
        if self._thread is None:
            work = self._work
            self._thread = threading.Thread(target=work, args=(loop,), name="store", daemon=True)
            self._thread.start()
        if self._reading and loop.time() - self._began >= self._deadlines.seconds:
            raise self._late()
        if self._version != version:  # opening may take longer: the first time imports Feast
            opened = _Asked(version, [], loop.create_future())
            self._jobs.put([opened])
            await opened.answer
        asked = _Asked(version, entities, loop.create_future())
        self._deadlines.begin(asked.answer, lambda: _fail(asked, self._late()))
        try:
            self._waiting.append(asked)
            if not self._reading and len(self._waiting) == 1:
                loop.call_soon(
                    self._begin
                )  # those that are heard in this turn of the loop share it
            return await asked.answer
        finally:
            self._deadlines.end(asked.answer)

    def _late(self) -> ProjectError:
        seconds = self._deadlines.seconds
        return ProjectError(f"the online store does not respond within {seconds:g} s")

    def _begin(self) -> None:
        """Read for the waiting requests, as far as they need the same version."""
        if self._reading:
            return
        waiting = [asked for asked in self._waiting if not asked.answer.done()]
        self._reading = _together(waiting)
        self._waiting = waiting[len(self._reading) :]
        if self._reading:
            self._began = asyncio.get_running_loop().time()
            self._jobs.put(self._reading)

    def _share(self, part: list[_Asked], found: Rows | Exception) -> None:
        """Give each its rows, then read for the next."""
        rows = iter([] if isinstance(found, Exception) else found)
        for asked in part:
            mine = list(islice(rows, len(asked.entities)))
            if isinstance(found, Exception):
                _fail(asked, found)
            elif not asked.answer.done():
                asked.answer.set_result(mine)
        if part is self._reading:
            self._reading = []
            self._begin()

    def _work(self, loop: asyncio.AbstractEventLoop) -> None:
        """Runs in the thread, until nothing is left to do."""
        while part := self._jobs.get():
            try:
                found: Rows | Exception = self._read(part)
            except Exception as error:
                found = error
            with contextlib.suppress(RuntimeError):  # the loop has ended: nobody waits
                loop.call_soon_threadsafe(self._share, part, found)

    def _read(self, part: list[_Asked]) -> Rows:
        """Open the store if necessary, because another model may have other features."""
        version = part[0].version
        if self._reader is None or self._version != version:
            self._reader = self._connect()
            self._version = version
        entities = [entity for asked in part for entity in asked.entities]
        return self._reader.read(entities) if entities else []

    def close(self) -> None:
        """Stop the thread."""
        self._jobs.put(None)


def _fail(asked: _Asked, error: Exception) -> None:
    if not asked.answer.done():
        asked.answer.set_exception(error)


def _together(waiting: list[_Asked]) -> list[_Asked]:
    """The first request, and later ones that the same read can answer."""
    part: list[_Asked] = []
    size = 0
    for asked in waiting:
        size += len(asked.entities)
        if part and (asked.version != part[0].version or size > _AT_ONCE):
            break
        part.append(asked)
    return part
