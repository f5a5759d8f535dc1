"""How the service handles a request, without HTTP: parse, predict, log."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from ..data.requests import RequestError
from ..features.known_past import Past
from ..model.metrics import Array
from ..model.predictions import Entry, as_json
from ..prediction_log.journal import Journal
from . import ahead, table_rows
from .history import History
from .known_sources import KnownSources
from .lookup import Lookup
from .model import Served
from .model_slot import Slot
from .prometheus import Metrics
from .request_limits import batch
from .settings import ServeSettings

if TYPE_CHECKING:
    from .pushes import Pushes

_INLINE = 256  # rows that are scored at once; more go to a thread, so that others need not wait


class Asked(NamedTuple):
    """Checked rows: the key of each, and the model's input columns."""

    keys: Sequence[tuple[str | int | None, datetime | None]]
    columns: dict[str, list[Any]]
    looked_up: bool = False


@dataclass(frozen=True)
class Service:
    """Everything a request needs."""

    slot: Slot
    settings: ServeSettings
    metrics: Metrics
    journal: Journal | None
    lookup: Lookup | None
    history: History | None
    threads: ThreadPoolExecutor
    past: Past | None = None  # None: rows of the user's own table cannot be read here
    sources: KnownSources | None = None  # None: a row's columns of sources must be in the request
    pushes: "Pushes | None" = None  # None: it takes no rows of sources
    # forecasts take seconds: one at a time, so that nothing else waits for them
    forecasts: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "ahead"))

    async def asked(self, served: Served, payload: Any) -> Asked:
        """The rows of a request to /predict. Raises RequestError."""
        if type(payload) is not dict or payload.keys() not in ({"rows"}, {"entities"}):
            raise RequestError("give an object with either `rows` or `entities`", field="rows")
        if "rows" in payload:
            rows = batch(payload, "rows", self.settings.max_rows)
            return await self._rows(served, rows)
        entities = batch(payload, "entities", self.settings.max_rows)
        if self.lookup is None:
            raise RequestError("this service reads no feature store: send `rows`", field="entities")
        keys, columns = await self.lookup.columns(served, entities)
        return Asked(keys, columns, looked_up=True)

    def reads_tables(self, served: Served) -> bool:
        """Whether the service accepts rows of the user's own table, whose lags need a history."""
        if self.past is None or served.raw is None:
            return False
        return not served.lags or self.past.there()

    def looks_ahead(self, served: Served) -> bool:
        """Whether the service forecasts the periods ahead."""
        return ahead.can(served, self.past)

    def _features(self, served: Served, rows: list[Any]) -> Asked | None:
        """Rows of model features; None for rows of the user's own table. Raises RequestError."""
        try:
            return self.rows(served, rows, "rows")
        except RequestError:
            if self.past is None or not table_rows.recognised(served, rows):
                raise
            return None

    async def _rows(self, served: Served, rows: list[Any]) -> Asked:
        """Rows of features, or of the user's own table. Raises RequestError."""
        found = self._features(served, rows)
        if found is None:
            return await self._table(served, rows)
        past = self.past if served.lags and table_rows.unsaid(served, rows) else None
        if past is not None and past.there():  # looks at the disk: last
            with contextlib.suppress(RequestError):  # what cannot be looked up is missing
                return await self._table(served, rows)
        return found

    async def _table(self, served: Served, rows: list[Any]) -> Asked:
        """Rows of the user's own table, in a thread: others need not wait. Raises RequestError."""
        assert self.past is not None  # noqa: S101  `_features` has looked
        loop, work = asyncio.get_running_loop(), table_rows.read
        return Asked(*await loop.run_in_executor(self.threads, work, served, rows, self.past))

    def rows(self, served: Served, rows: list[Any], place: str) -> Asked:
        """Rows that contain their features. Raises RequestError."""
        columns = served.checker.columns(rows, place)
        keys = [served.key.read(row, f"{place}[{number}]") for number, row in enumerate(rows)]
        return Asked(keys, columns)

    async def predict(self, served: Served, asked: Asked, request: str) -> tuple[Array, list[Any]]:
        """Score checked rows and log the predictions. Raises RequestError."""
        if len(asked.keys) <= _INLINE:
            found, features = self._scored(served, asked.columns, len(asked.keys) == 1)
        else:
            loop, work = asyncio.get_running_loop(), self._scored
            found, features = await loop.run_in_executor(
                self.threads, work, served, asked.columns, False
            )
        answers = served.answers(found)
        self._count(served, asked, found, answers)
        await self._log(served, request, list(asked.keys), features, answers)
        return found, answers

    async def forecast(self, served: Served, payload: Any, request: str) -> ahead.Ahead:
        """Forecast the periods ahead. Raises RequestError.

        Rows of which a lag is itself a forecast are not logged: to the monitor they would be skew.
        """
        loop, work = asyncio.get_running_loop(), ahead.read
        args = (served, payload, self.settings, self.past, self.sources)
        found = await loop.run_in_executor(self.forecasts, work, *args)
        answers = served.answers(found.found)
        self._count(served, Asked(found.keys, found.columns), found.found, answers)
        kept = [row for row, known in enumerate(found.measured) if known]
        columns = {
            name: [values[place] for place in kept] for name, values in found.columns.items()
        }
        features = as_json(columns) if self.journal is not None else []
        keys, told = [found.keys[row] for row in kept], [answers[row] for row in kept]
        await self._log(served, request, keys, features, told)
        return found

    async def _log(
        self,
        served: Served,
        request: str,
        keys: list[Any],
        features: list[str],
        answers: list[Any],
    ) -> None:
        if self.journal is not None:
            stamp, at = served.stamp, time.time()
            entry = Entry(request, at, stamp.name, stamp.version, keys, features, answers)
            await self.journal.add(entry)

    def _scored(
        self, served: Served, columns: dict[str, list[Any]], one: bool
    ) -> tuple[Array, list[str]]:
        """Predictions, and the features as they are logged, if they are."""
        found = served.score_one(columns) if one else served.score(columns)
        return found, as_json(columns) if self.journal is not None else []

    def _count(self, served: Served, asked: Asked, found: Array, answers: list[Any]) -> None:
        self.metrics.rows.observe(len(answers))
        if served.classes:
            self.metrics.predicted(found.max(axis=1).tolist(), [item["label"] for item in answers])
        else:
            self.metrics.predicted(answers)
        for name in served.nullable:
            missing = sum(value != value or value == "" for value in asked.columns[name])
            if missing:
                self.metrics.values.labels(name, "missing").inc(missing)

    async def close(self) -> None:
        """Write the rest of the log and stop the threads."""
        if self.journal is not None:
            await self.journal.close()
        for part in (self.lookup, self.history, self.sources, self.pushes):
            if part is not None:
                part.close()
        for threads in (self.threads, self.forecasts):
            threads.shutdown(wait=False)
