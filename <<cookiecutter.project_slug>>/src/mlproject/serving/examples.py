"""Requests to copy, from the contract of the model served now."""

from typing import Any

from .model import Served


def examples(served: Served, lookup: bool) -> dict[str, Any]:
    """Requests by their way: the last row the model learned from, and an entity of the store."""
    found: dict[str, Any] = {"rows": {"rows": [served.example]}}
    if lookup:
        found["entities"] = {"entities": [_entity(served)]}
    return found


def unnamed(served: Served) -> str:
    """What stands for an entity in the examples, where the contract lists none; else empty."""
    key = served.key
    return "" if key.whole or key.entities or served.repeated else key.entity.upper()


def _entity(served: Served) -> dict[str, Any]:
    key = served.key
    if key.constant:
        return {}
    if key.whole:
        return {key.entity: 0}
    if served.repeated:
        return {key.entity: served.example[served.repeated]}
    return {key.entity: key.entities[0] if key.entities else unnamed(served)}
