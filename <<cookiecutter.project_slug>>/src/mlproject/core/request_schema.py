"""What a prediction request must look like, derived from the contract's features."""

from collections.abc import Mapping
from typing import Any

from .contract import Feature

DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {"float": "number", "int": "integer", "bool": "boolean", "category": "string"}


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
    if feature.categories is not None:
        found["enum"] = [*feature.categories, None] if feature.nullable else [*feature.categories]
    words = " ".join(part for part in (feature.description, feature.unit) if part)
    return found | ({"description": words} if words else {})
