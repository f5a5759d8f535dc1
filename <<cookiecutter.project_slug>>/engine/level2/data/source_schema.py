"""The schema of rows that are pushed, derived from the contract's sources."""

from collections.abc import Mapping
from typing import Any

from .contract import DataContract
from .request_schema import request_schema
from .source_columns import columns_of, windowed


def sent_columns(contract: DataContract, name: str) -> list[str]:
    """The columns that a row of a source needs, under the names of the source's own table."""
    source = contract.sources[name]
    times = [known for known in (source.event_timestamp, source.created_timestamp) if known]
    wanted = dict.fromkeys([*source.entity, *times, *columns_of(contract, name)])
    return [source.raw.get(known, known) for known in wanted]


def pushed_schema(contract: DataContract, limit: int) -> dict[str, Any] | None:
    """JSON Schema of a request that pushes rows; None if there is no source that takes them."""
    cases = [
        {
            "type": "object",
            "properties": {
                "source": {"const": name},
                "rows": {
                    "type": "array",
                    "items": _row(contract, name),
                    "minItems": 1,
                    "maxItems": limit,
                },
            },
            "required": ["source", "rows"],
            "additionalProperties": False,
        }
        for name in contract.sources
        if not windowed(contract, name)
    ]
    return {"oneOf": cases} if cases else None


def counts_schema(told: Mapping[str, str]) -> dict[str, Any]:
    """JSON Schema of the answer: how many rows came to what."""
    numbers = {name: {"type": "integer", "description": text} for name, text in told.items()}
    found = {"source": {"type": "string"}, **numbers}
    return {"type": "object", "properties": found, "required": [*found]}


def _row(contract: DataContract, name: str) -> dict[str, Any]:
    """One row: keys, times and values, none left out."""
    source = contract.sources[name]
    values = request_schema(columns_of(contract, name))["properties"]
    text: dict[str, Any] = {"type": ["string", "integer"]}
    said = {key: text | {"description": "key"} for key in source.entity}
    said[source.event_timestamp] = text | {"description": "event time"}
    if source.created_timestamp:
        said[source.created_timestamp] = text | {"description": "when the row became known"}
    said |= values
    return {
        "type": "object",
        "properties": {source.raw.get(known, known): item for known, item in said.items()},
        "required": sent_columns(contract, name),
        "additionalProperties": False,
    }
