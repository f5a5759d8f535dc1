"""Requests to copy, from the contract of the model served now."""

from typing import Any

from .model import Served


def examples(served: Served, lookup: bool, tables: bool = False) -> dict[str, Any]:
    """Requests by their way, of the last row the model learned from: each is answered as it stands.

    `rows` holds model features, `table` the row as the user's own table has it, `entities` what the
    online store is asked for.
    """
    found: dict[str, Any] = {"rows": {"rows": [served.example]}}
    if tables and served.raw is not None and served.raw.example is not None:
        found["table"] = {"rows": [dict(served.raw.example)]}
    if lookup:
        found["entities"] = {"entities": [_entity(served)]}
    return found


def unnamed(served: Served) -> str:
    """What stands for an entity in the examples, where none is known by name; else empty."""
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
