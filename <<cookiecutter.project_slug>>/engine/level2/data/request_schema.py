"""The schema of a prediction request, derived from the contract's features."""

from collections.abc import Mapping, Sequence
from typing import Any

from ..base.amounts import plural
from .feature import MAX_CATEGORIES, Feature
from .raw_rows import Raw, times_of
from .requests import MAX_TEXT, Key
from .time_names import EXCEL

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_AHEAD = "number of periods after the last known row of each entity"
MOST_EXAMPLES = 5  # of the values of a category that is no list
_TYPES = {"float": "number", "int": "integer", "bool": "boolean", "category": "string"}


def request_schema(features: Mapping[str, Feature]) -> dict[str, Any]:
    """JSON Schema of one row: one property per feature, no others; required unless nullable."""
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": {name: _property(feature) for name, feature in features.items()},
        "required": [name for name, feature in features.items() if not feature.nullable],
        "additionalProperties": False,
    }


def _property(feature: Feature) -> dict[str, Any]:
    """One feature: type, bounds or allowed values, and meaning."""
    kind = _TYPES[feature.type]
    found: dict[str, Any] = {"type": [kind, "null"] if feature.nullable else kind}
    if feature.min is not None:
        found["minimum"] = feature.min
    if feature.max is not None:
        found["maximum"] = feature.max
    told = [feature.meaning] if feature.meaning else []
    names = feature.categories or ()
    if feature.allowed is not None and len(names) <= MAX_CATEGORIES:
        found["enum"] = [*names, None] if feature.nullable else [*names]
    elif names:
        found |= {"minLength": 1, "maxLength": MAX_TEXT, "examples": [*names[:MOST_EXAMPLES]]}
        others = "others are refused" if feature.allowed is not None else "others count as unseen"
        told.append(f"{plural(len(names), 'value')} known, {others}")
    return found | ({"description": "; ".join(told)} if told else {})


def body_schema(
    features: Mapping[str, Feature],
    key: Key,
    limit: int,
    lookup: bool = True,
    raw: Raw | None = None,
    ahead: int = 0,
) -> dict[str, Any]:
    """JSON Schema of a whole request: rows of features, or entities if a store is read.

    With `raw`, also rows of the adopted table, under its own names; with `ahead`, entities whose
    next periods are forecast, up to that many.
    """
    row = request_schema(features)
    named = {key.entity: _entity(key)}
    if key.time:
        named[key.time] = {"type": "string", "format": "date-time", "description": "event time"}
    full = {**row, "properties": {**named, **row["properties"]}}
    del full["$schema"]
    entity = {
        "type": "object",
        "properties": named,
        "required": [] if key.constant else [key.entity],
        "additionalProperties": False,
    }
    ways = {"rows": _list({"anyOf": [full, _table_row(raw)]} if raw else full, limit)}
    if lookup:
        ways["entities"] = _list(entity, limit) | {"description": newest(key)}
    cases: list[dict[str, Any]] = [{"required": [name]} for name in ways]
    if ahead and raw is not None:
        ways["ahead"] = {"type": "integer", "minimum": 1, "maximum": ahead, "description": _AHEAD}
        cases = [case | {"not": {"required": ["ahead"]}} for case in cases]
        future = {"entities": _list(_future(raw, key, ahead), limit)}
        cases.append({"required": ["entities", "ahead"], "properties": future})
        if lookup:
            cases[1]["properties"] = {"entities": ways["entities"]}
        ways["entities"] = {"type": "array", "items": {"type": "object"}}
        if lookup:
            ways["entities"]["description"] = newest(key)
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": ways,
        "oneOf": cases,
        "additionalProperties": False,
    }


def _future(raw: Raw, key: Key, ahead: int) -> dict[str, Any]:
    """An entity with what is known of its next periods: for each column a list of values."""
    contract = raw.contract
    properties: dict[str, Any] = {
        raw.own[name]: {"type": "array", "items": _property(item), "minItems": 1, "maxItems": ahead}
        for name, item in contract.features.items()
    }
    needed = [*raw.unknown_ahead]
    if contract.entity:
        properties[raw.own[contract.entity]] = _about(key.entities)
        needed.append(raw.own[contract.entity])
    return {
        "type": "object",
        "description": "One value for each period of every column that is known",
        "properties": properties,
        "required": needed,
        "additionalProperties": False,
    }


def _table_row(raw: Raw) -> dict[str, Any]:
    """One row of the table: the columns read to predict, and any others."""
    contract = raw.contract
    properties = {raw.own[name]: _property(item) for name, item in contract.features.items()}
    iso = len(contract.time_columns) == 1 and contract.timestamp_format is None
    number = "number" if contract.timestamp_format == EXCEL else "integer"
    for name in times_of(contract):
        kind = {"type": "string", "format": "date-time"} if iso else {"type": ["string", number]}
        properties[raw.own[name]] = {**kind, "description": "event time"}
    if contract.event_hour:
        least = contract.first_hour
        hour = {"type": "integer", "minimum": least, "maximum": least + 23}
        properties[raw.own[contract.event_hour]] = hour
    if contract.entity:
        properties[raw.own[contract.entity]] = _about(contract.entities)
    optional = {raw.own[name] for name, item in contract.features.items() if item.nullable}
    return {
        "type": "object",
        "description": "A row of the table under its own names; other columns are ignored",
        "properties": properties,
        "required": [name for name in raw.needed if name not in optional],
    }


def _list(items: Mapping[str, Any], limit: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": limit}


def newest(key: Key) -> str:
    """What a request by entity returns, in a sentence."""
    if key.constant:
        return "The table is one series: {} predicts from its newest features"
    return f"Only {key.entity}: its features are read from the online store"


def _entity(key: Key) -> dict[str, Any]:
    if key.constant:
        told = "the single series of the table: filled in if left out"
        return {
            "type": "string",
            "enum": [key.constant],
            "default": key.constant,
            "description": told,
        }
    if key.whole:
        return {"type": "integer", "minimum": 0, "description": "row of the ingested table"}
    return _about(key.entities)


def _about(entities: Sequence[str] | None) -> dict[str, Any]:
    """An entity as a text: a known one, or any of up to MAX_TEXT characters."""
    found = {"type": "string", "description": "what the row is about"}
    return found | ({"enum": [*entities]} if entities else {"minLength": 1, "maxLength": MAX_TEXT})
