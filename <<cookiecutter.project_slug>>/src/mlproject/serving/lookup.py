"""Requests that name only the entity: its newest features, read from the online store."""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from math import nan
from typing import Any, Protocol

from ..adapters.prometheus import Metrics
from ..core.requests import RequestError
from ..errors import ProjectError
from .model import Served

Row = tuple[dict[str, Any], datetime]


class Reader(Protocol):
    """Feast's online store."""

    def read(self, entities: list[str | int]) -> list[Row | None]:
        """Features and event time of each entity, None for an unknown one."""


class Lookup:
    """Reads the store in one thread of its own: a slow store does not stop other requests."""

    def __init__(
        self, connect: Callable[[], Reader], metrics: Metrics, patience: float = 2.0
    ) -> None:
        self._connect, self._metrics, self._patience = connect, metrics, patience
        self._late: asyncio.Future[list[Row | None]] | None = None
        self._reader: Reader | None = None
        self._version = ""
        self._thread = ThreadPoolExecutor(1, "online-store")

    async def columns(
        self, served: Served, rows: list[Any]
    ) -> tuple[list[tuple[str | int, datetime | None]], dict[str, list[Any]]]:
        """Key and features of each asked row, no time where none is. Raises RequestError."""
        asked = [_asked(served, row, f"entities[{number}]") for number, row in enumerate(rows)]
        began = time.perf_counter()
        try:
            found = await self._answer(served, [entity for entity, _ in asked])
        except ProjectError as error:
            self._metrics.store_errors.inc()
            raise RequestError(str(error), 503) from error
        self._metrics.store_seconds.observe(time.perf_counter() - began)
        columns: dict[str, list[Any]] = {name: [] for name in served.features}
        keys: list[tuple[str | int, datetime | None]] = []
        for number, ((entity, wanted), row) in enumerate(zip(asked, found, strict=True)):
            where = f"entities[{number}]"
            if row is None:
                raise RequestError(
                    f"{where}.{served.key.entity}: the online store does not know {entity}",
                    404,
                    served.key.entity,
                    "unknown",
                )
            _same_time(served, where, entity, wanted, row[1])
            _fill(served, columns, row[0], entity)
            keys.append((entity, row[1] if served.key.time else None))
        return keys, columns

    async def _answer(self, served: Served, entities: list[str | int]) -> list[Row | None]:
        """Read in time. Raises ProjectError, at once while an earlier read has not come back."""
        if self._late is None or self._late.done():
            loop = asyncio.get_running_loop()
            reader = self._reader
            if reader is None or self._version != served.stamp.version:
                reader = await loop.run_in_executor(self._thread, self._open, served)
            reading = loop.run_in_executor(self._thread, reader.read, entities)
            done, _ = await asyncio.wait({reading}, timeout=self._patience)
            if done:
                return reading.result()
            self._late = reading  # the thread is held until the store says something
            reading.add_done_callback(lambda late: late.exception())
        raise ProjectError(f"the online store does not answer within {self._patience:g} s")

    def _open(self, served: Served) -> Reader:
        """The store as this version needs it; the first time imports Feast."""
        if self._reader is None or self._version != served.stamp.version:
            self._reader = self._connect()  # another model may come with other features
            self._version = served.stamp.version
        return self._reader

    def close(self) -> None:
        """Let the thread go."""
        self._thread.shutdown(wait=False)


def _asked(served: Served, row: Any, where: str) -> tuple[str | int, datetime | None]:
    """Entity and wanted time of one row. Raises RequestError."""
    key = served.key
    if type(row) is not dict:
        raise RequestError(f"{where} is no object: give {key.entity}", field="entities")
    if not set(key.columns).issuperset(row):
        known = " and ".join(key.columns)
        raise RequestError(f"{where} takes {known} only: features go into `rows`", field="entities")
    entity, wanted = key.read(row, where)
    if entity is None:
        raise RequestError(
            f"{where}.{key.entity} is missing: say which one", field=key.entity, kind="missing"
        )
    return entity, wanted


def _same_time(
    served: Served, where: str, entity: str | int, wanted: datetime | None, held: datetime
) -> None:
    """Refuse a time that is not the one the store holds."""
    if wanted is not None and wanted != held:
        raise RequestError(
            f"{where}.{served.key.time} is {wanted.isoformat()}, the online store holds {entity} "
            f"at {held.isoformat()}: leave it out, or send `rows` with all features",
            404,
            served.key.time or "",
        )


def _fill(
    served: Served, columns: dict[str, list[Any]], values: dict[str, Any], entity: str | int
) -> None:
    """Add an entity's features to the columns. Raises RequestError."""
    for name, feature in served.features.items():
        if name not in values:
            raise RequestError(
                f"the online store has no feature `{name}` that the model needs", 503
            )
        value = values[name]
        if value is None and not feature.nullable:
            raise RequestError(
                f"the online store has no `{name}` of {entity}", 404, name, "missing"
            )
        columns[name].append((nan if feature.numeric else "") if value is None else value)
