"""Explain a prediction: what moved it away from a typical case, and earlier values."""

import asyncio
import time
from typing import Any

import numpy as np

from ..data.labels import labels
from ..data.requests import RequestError
from ..features.series import Answered, series
from ..model.drivers import Drivers, drivers
from ..model.metrics import Array
from ..model.serving_record import written
from .model import Served
from .service import Asked, Service


async def explain(served: Served, service: Service, asked: Asked) -> dict[str, Any]:
    """Drivers and series of one checked row. Raises RequestError."""
    if len(asked.keys) != 1:
        raise RequestError(f"{len(asked.keys):,} rows: one case is explained at a time")
    loop = asyncio.get_running_loop()
    label, found = await loop.run_in_executor(service.threads, _moved, served, asked.columns)
    row = _row(served, asked.columns)
    answer = {
        "model": served.stamp.name,
        "version": served.stamp.version,
        "target": served.target,
        "unit": served.unit,
        "label": label,
        "prediction": found.prediction,
        "typical": found.typical,
        "drivers": _listed(served, row, found),
        "looked_up": asked.looked_up,
        "row": row,
        "series": await _series(served, service, asked, row, label),
    }
    moment = asked.keys[0][1]
    if asked.looked_up and moment:
        answer["features_at"] = moment.isoformat()
    return answer


def _moved(served: Served, columns: dict[str, list[Any]]) -> tuple[str, Drivers]:
    """Changes of the number, or of the predicted class's probability."""
    if served.typical is None:
        raise RequestError("this model has no typical case: train and promote it again", 404)
    typical = {n: v[0] for n, v in served.checker.columns([served.typical]).items()}
    case = {name: values[0] for name, values in columns.items()}
    place = int(labels(served.score(columns), served.cut)[0]) if served.classes else None

    def score(mixed: dict[str, Any]) -> Array:
        found = served.scorer(mixed)
        if not np.isfinite(found).all():
            raise RequestError(
                "the model gives no finite prediction between this case and a typical one"
            )
        return found if place is None else found[:, place]

    return served.classes[place] if place is not None else "", drivers(score, case, typical)


def _row(served: Served, columns: dict[str, list[Any]]) -> dict[str, Any]:
    return {name: written(columns[name][0], item) for name, item in served.features.items()}


def _listed(served: Served, row: dict[str, Any], found: Drivers) -> list[dict[str, Any]]:
    """Largest change first."""
    ordered = sorted(found.changes.items(), key=lambda item: -abs(item[1]))
    typical = served.typical or {}
    return [
        {"feature": name, "value": row[name], "typical": typical[name], "change": change}
        for name, change in ordered
    ]


async def _series(
    served: Served, service: Service, asked: Asked, row: dict[str, Any], label: str
) -> dict[str, Any]:
    entity, moment = asked.keys[0]
    alone = served.key.whole or served.key.constant  # nobody knows these entities by name
    whose = None if alone or entity is None else str(entity)
    past = []
    if service.history is not None:
        past = await service.history.recent(served.stamp.name, whose)
    now = Answered(moment.timestamp() if moment else None, time.time(), row, None)
    found = series(now, past, {} if label else served.lags, served.step, label)
    return {"entity": whose, **found}
