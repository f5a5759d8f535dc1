"""Example requests, from the contract of the current model."""

from typing import Any

from ..data.raw_rows import Raw
from .model import Served


def examples(
    served: Served, lookup: bool, tables: bool = False, ahead: bool = False
) -> dict[str, Any]:
    """Example requests of each form, of the last training row; each can be sent as it is.

    `rows` holds model features, `table` the row as in the user's own table, `entities` the key for
    the online store, `ahead` that of an entity whose next period is forecast.
    """
    found: dict[str, Any] = {"rows": {"rows": [served.example]}}
    if tables and served.raw is not None and served.raw.example is not None:
        found["table"] = {"rows": [dict(served.raw.example)]}
    if lookup:
        found["entities"] = {"entities": [_entity(served)]}
    if ahead and served.raw is not None and (served.raw.example or not served.raw.unknown_ahead):
        found["ahead"] = {"entities": [_next(served, served.raw)], "ahead": 1}
    return found


def _next(served: Served, raw: Raw) -> dict[str, Any]:
    """An entity with the columns that somebody has to know ahead."""
    told, entity = raw.example or {}, raw.contract.entity and raw.own[raw.contract.entity]
    found = {entity: told.get(entity, next(iter(_entity(served).values())))} if entity else {}
    return found | {own: [told.get(own)] for own in raw.unknown_ahead}


def unnamed(served: Served) -> str:
    """The placeholder for an entity in the examples, if no name is known; else empty."""
    key = served.key
    if served.known is not None:
        return ""
    return "" if key.whole or key.entities or served.repeated else key.entity.upper()


def _entity(served: Served) -> dict[str, Any]:
    key = served.key
    if key.constant:
        return {}
    if served.known is not None:
        return {key.entity: served.known}
    if key.whole:
        return {key.entity: 0}
    if served.repeated:
        return {key.entity: served.example[served.repeated]}
    return {key.entity: key.entities[0] if key.entities else unnamed(served)}
