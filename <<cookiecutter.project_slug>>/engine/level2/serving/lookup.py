"""Requests that name only the entity: its newest features come from the online store."""

import time
from collections.abc import Callable
from datetime import datetime
from math import nan
from typing import Any

from ..base.errors import ProjectError
from ..data.requests import RequestError
from .model import Served
from .prometheus import Metrics
from .reads import Reader, Reads


class Lookup:
    """Keys and features of the entities that requests name."""

    def __init__(
        self, connect: Callable[[], Reader], metrics: Metrics, patience: float = 2.0
    ) -> None:
        self._reads, self._metrics = Reads(connect, patience), metrics

    async def columns(
        self, served: Served, rows: list[Any]
    ) -> tuple[list[tuple[str | int, datetime | None]], dict[str, list[Any]]]:
        """Key and features of each requested row; no time if there is none. Raises RequestError."""
        asked = [_asked(served, row, f"entities[{number}]") for number, row in enumerate(rows)]
        began = time.perf_counter()
        try:
            found = await self._reads.rows(served.stamp.version, [entity for entity, _ in asked])
        except ProjectError as error:
            self._metrics.store_errors.inc()
            raise RequestError(str(error), 503) from error
        self._metrics.store_seconds.observe(time.perf_counter() - began)
        columns: dict[str, list[Any]] = {name: [] for name in served.features}
        keys: list[tuple[str | int, datetime | None]] = []
        for number, ((entity, wanted), row) in enumerate(zip(asked, found, strict=True)):
            where = f"entities[{number}]"
            if row is None:
                raise _unknown(served, where, entity)
            _same_time(served, where, entity, wanted, row[1])
            _fill(served, columns, row[0], entity)
            keys.append((entity, row[1] if served.key.time else None))
        return keys, columns

    def close(self) -> None:
        """Stop the store's thread."""
        self._reads.close()


def _unknown(served: Served, where: str, entity: str | int) -> RequestError:
    name = served.key.entity
    if served.key.constant:
        sentence, name = f"{where}: the online store holds no row yet: send `rows`", "entities"
    else:
        sentence = f"{where}.{name}: the online store does not know {entity}"
    return RequestError(sentence, 404, name, "unknown")


def _called(served: Served, entity: str | int) -> str:
    """An entity as its sender knows it."""
    return "the newest row" if served.key.constant else str(entity)


def _asked(served: Served, row: Any, where: str) -> tuple[str | int, datetime | None]:
    """Entity and requested time of one row. Raises RequestError."""
    key = served.key
    if type(row) is not dict:
        right = "{}" if key.constant else key.entity
        raise RequestError(f"{where} is not an object: give {right}", field="entities")
    if not set(key.columns).issuperset(row):
        known = " and ".join(key.said)
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
    """Refuse a time that differs from the online store's."""
    if wanted is not None and wanted != held:
        raise RequestError(
            f"{where}.{served.key.time} is {wanted.isoformat()}, the online store holds "
            f"{_called(served, entity)} at {held.isoformat()}: leave it out, or send `rows` with "
            "all features",
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
                f"the online store has no `{name}` of {_called(served, entity)}",
                404,
                name,
                "missing",
            )
        columns[name].append((nan if feature.numeric else "") if value is None else value)
