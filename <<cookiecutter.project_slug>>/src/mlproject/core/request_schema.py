"""What a prediction request must look like, derived from the contract's features."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .amounts import plural
from .contract import TIMESTAMP, DataContract
from .feature import MAX_CATEGORIES, Feature
from .metrics import Array
from .raw_rows import Raw, times_of
from .requests import MAX_TEXT, Key
from .time_names import EXCEL

if TYPE_CHECKING:
    import pandas as pd

DIALECT = "https://json-schema.org/draft/2020-12/schema"
MOST_EXAMPLES = 5  # of the values of a category that is no list
_TYPES = {"float": "number", "int": "integer", "bool": "boolean", "category": "string"}
_EDGES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


def request_schema(features: Mapping[str, Feature]) -> dict[str, Any]:
    """JSON Schema of one row: a property per feature and nothing else; required unless nullable."""
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": {name: _property(feature) for name, feature in features.items()},
        "required": [name for name, feature in features.items() if not feature.nullable],
        "additionalProperties": False,
    }


def _property(feature: Feature) -> dict[str, Any]:
    """One feature: type, bounds or allowed values, and what it means."""
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
) -> dict[str, Any]:
    """JSON Schema of a whole request: rows of features, or entities where a store is read.

    With `raw` also rows of the table that was adopted, under its own names.
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
    return {
        "$schema": DIALECT,
        "type": "object",
        "properties": ways,
        "oneOf": [{"required": [name]} for name in ways],
        "additionalProperties": False,
    }


def _table_row(raw: Raw) -> dict[str, Any]:
    """One row of the table: what is read to predict, and whatever else it has."""
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
        "description": "A row of the table under its own names; other columns are not read",
        "properties": properties,
        "required": [name for name in raw.needed if name not in optional],
    }


def serving_record(
    contract: DataContract,
    features: Mapping[str, Feature],
    frame: "pd.DataFrame",
    truth: Array,
    lags: Mapping[str, int],
    step: float | None,
    entity: Any = None,
    table: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What the prediction service must know of a model beside its features.

    `lags` names the inputs that are the target of periods before, `step` is a period in seconds,
    `entity` one that the online store knows, `table` how rows of the table itself are read.
    """
    numbers = contract.task == "regression"
    row = {name: written(frame[name].iloc[-1], item) for name, item in features.items()}
    typical = {name: written(_typical(frame[name], item), item) for name, item in features.items()}
    return {
        "name": contract.name,
        "entity": contract.entity_column,
        "entities": list(contract.entities) if contract.entities else None,
        "constant": contract.constant,
        "time": time_name(contract, features),
        "unit": contract.unit,
        "order": list(features),  # that of the contract; objects are written sorted
        "known": entity,
        "table": table,
        "example": row,
        "typical": typical,
        "lags": dict(lags),
        "step": step,
        "edges": sorted({float(edge) for edge in np.quantile(truth, _EDGES)}) if numbers else [],
    }


def time_name(contract: DataContract, features: Mapping[str, Feature]) -> str | None:
    """What a request calls the event time: as the table does, where no input is called so."""
    name = contract.time_name
    taken = name in features or name == contract.entity_column
    return TIMESTAMP if name and taken else name


def _typical(values: "pd.Series", feature: Feature) -> Any:
    """The median of numbers, the most frequent of truth values and categories; of what is there."""
    if not feature.numeric:
        counts = values[values != ""].value_counts()
        return counts.index[0] if len(counts) else ""
    known = values.dropna()
    if feature.type == "bool" and len(known):
        return float(known.mean() > 0.5)
    return known.quantile(0.5, interpolation="lower") if len(known) else np.nan


def written(value: Any, feature: Feature) -> Any:
    """A value as the model sees it, as a request writes it."""
    if not feature.numeric:
        return str(value) or None
    if value != value:
        return None
    if feature.center:
        whole = feature.type == "int"
        return round(value + feature.center) if whole else float(f"{value + feature.center:.15g}")
    if feature.type == "float":
        return float(str(np.float32(value)))  # the shortest number that is this float32
    return bool(value) if feature.type == "bool" else int(value)


def _list(items: Mapping[str, Any], limit: int) -> dict[str, Any]:
    return {"type": "array", "items": items, "minItems": 1, "maxItems": limit}


def newest(key: Key) -> str:
    """What a request by entity asks for, in a sentence."""
    if key.constant:
        return "The table is one series: {} asks with its newest features"
    return f"Only {key.entity}: its features are read from the online store"


def _entity(key: Key) -> dict[str, Any]:
    if key.constant:
        told = "the one series of the table: filled in where it is left out"
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
    """An entity as a text: one of those known, or any of up to MAX_TEXT characters."""
    found = {"type": "string", "description": "what the row is about"}
    return found | ({"enum": [*entities]} if entities else {"minLength": 1, "maxLength": MAX_TEXT})
