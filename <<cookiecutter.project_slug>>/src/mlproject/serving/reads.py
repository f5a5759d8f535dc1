"""Reads of the online store: one at a time, each for every request that waits for it."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, Protocol

from ..errors import ProjectError

Row = tuple[dict[str, Any], datetime]

_AT_ONCE = 1_000  # entities of several requests that one read takes, at most


class Reader(Protocol):
    """Feast's online store."""

    def read(self, entities: list[str | int]) -> list[Row | None]:
        """Features and event time of each entity, None for an unknown one."""


class _Asked(NamedTuple):
    version: str
    entities: list[str | int]
    answer: "asyncio.Future[list[Row | None]]"


class Reads:
    """Reads in one thread of its own, so that a slow store does not stop other requests.

    Requests that arrive while the store is read share the next read: a turn of the thread costs
    a busy service more than the read itself.
    """

    def __init__(self, connect: Callable[[], Reader], patience: float) -> None:
        self._connect, self._patience = connect, patience
        self._thread = ThreadPoolExecutor(1, "online-store")
        self._reader: Reader | None = None
        self._version = ""
        self._waiting: list[_Asked] = []
        self._began: float | None = None  # when the read that is under way was begun

    async def rows(self, version: str, entities: list[str | int]) -> list[Row | None]:
        """Features of each entity as this version of the model needs them.

        Raises ProjectError where the store fails or is late; at once while an earlier read is.
        """
        loop = asyncio.get_running_loop()
        if self._began is None or loop.time() - self._began < self._patience:
            if self._version != version:  # opening may take longer: the first time imports Feast
                await loop.run_in_executor(self._thread, self._open, version)
            asked = _Asked(version, entities, loop.create_future())
            self._waiting.append(asked)
            if self._began is None:
                self._begin()
            done, _ = await asyncio.wait({asked.answer}, timeout=self._patience)
            if done:
                return asked.answer.result()
            asked.answer.cancel()
        raise ProjectError(f"the online store does not answer within {self._patience:g} s")

    def _begin(self) -> None:
        """Read for those that wait, as far as they need the same version."""
        waiting = [asked for asked in self._waiting if not asked.answer.done()]
        part = _together(waiting)
        self._waiting = waiting[len(part) :]
        if not part:
            return
        loop = asyncio.get_running_loop()
        self._began = loop.time()
        entities = [entity for asked in part for entity in asked.entities]
        reading = loop.run_in_executor(self._thread, self._read, part[0].version, entities)
        reading.add_done_callback(partial(self._share, part))

    def _share(self, part: list[_Asked], reading: "asyncio.Future[list[Row | None]]") -> None:
        self._began = None
        error = asyncio.CancelledError() if reading.cancelled() else reading.exception()
        rows = iter([] if error else reading.result())
        for asked in part:
            found = list(islice(rows, len(asked.entities)))
            if asked.answer.done():
                continue
            if error:
                asked.answer.set_exception(error)
            else:
                asked.answer.set_result(found)
        if self._waiting:
            self._begin()

    def _read(self, version: str, entities: list[str | int]) -> list[Row | None]:
        return self._open(version).read(entities)

    def _open(self, version: str) -> Reader:
        """In the thread: another model may come with other features."""
        if self._reader is None or self._version != version:
            self._reader = self._connect()
            self._version = version
        return self._reader

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False)


def _together(waiting: list[_Asked]) -> list[_Asked]:
    """The first, and those after it that one read can answer as well."""
    part: list[_Asked] = []
    size = 0
    for asked in waiting:
        size += len(asked.entities)
        if part and (asked.version != part[0].version or size > _AT_ONCE):
            break
        part.append(asked)
    return part
