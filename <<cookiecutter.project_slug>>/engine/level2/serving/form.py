"""The page's form, from the contract of the current model."""

from typing import Any

from ..data.feature import MAX_CATEGORIES, Feature
from .model import Served
from .service import Service

_MOST = 2_000  # entities or values of a category that the page offers
_TYPES = {"float": "number", "int": "integer", "bool": "truth", "category": "text"}


def describe(served: Served, service: Service) -> dict[str, Any]:
    """Model, key and fields in order, each with an initial value."""
    stamp, key = served.stamp, served.key
    example = served.example
    return {
        "model": stamp.name,
        "version": stamp.version,
        "digest": stamp.digest,
        "task": served.task,
        "target": served.target,
        "target_label": served.label(served.target),
        "unit": served.unit,
        "classes": list(served.classes),
        "lookup": service.lookup is not None,
        "feedback": service.history is not None,
        "ahead": _ahead(served, service),
        "refresh_seconds": min(60.0, max(1.0, service.settings.reload_seconds)),
        "key": {
            "entity": None if key.constant else key.entity,
            "label": served.label(key.entity),
            "entities": _entities(served, service),
            "number": key.whole,
            "time": key.time,
            "time_label": served.label(key.time) if key.time else None,
            "repeated": served.repeated,
            "default": example.get(served.repeated) if served.repeated else None,
        },
        "fields": [
            field(name, served.features[name], example.get(name)) | {"label": served.label(name)}
            for name in served.order
        ],
    }


def _ahead(served: Served, service: Service) -> dict[str, Any] | None:
    """The most periods to forecast, and fields that hold for all of them, by the table's name."""
    raw = served.raw
    if raw is None or not service.looks_ahead(served):
        return None
    own = {raw.own[name]: name for name in raw.contract.features if name not in raw.joined}
    most = service.settings.far(raw.contract.horizon)
    return {
        "most": most,
        "known": {name: item for name, item in own.items() if item in served.features},
    }


def _entities(served: Served, service: Service) -> list[str] | None:
    """Names to choose from: the contract's, or those of the past if there are few."""
    key = served.key
    if key.constant or key.whole:
        return None
    if key.entities:
        return list(key.entities)
    if service.past is None or served.raw is None:
        return None
    return service.past.entities(served.raw.contract, _MOST) or None


def _short(item: Feature) -> bool:
    """Whether a field is a list to choose from; others are typed, with suggestions."""
    known = len(item.categories or ())
    return known == 0 or (item.allowed is not None and known <= MAX_CATEGORIES)


def field(name: str, item: Feature, example: Any) -> dict[str, Any]:
    """One field of the form: what may be entered, and the value it begins with."""
    return {
        "name": name,
        "type": _TYPES[item.type],
        "unit": item.unit,
        "description": item.description,
        "min": item.min,
        "max": item.max,
        "choices": list(item.categories) if item.categories and _short(item) else None,
        "offered": None if _short(item) else list(item.categories or ())[:_MOST],
        "nullable": item.nullable,
        "default": example,
    }
