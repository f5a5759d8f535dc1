"""The record of an answered request, and the interface that stores it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pydantic_core import to_json


def name(milliseconds: int, noise: str) -> str:
    """A unique request id that contains its time (since 1970) and random digits."""
    return f"{milliseconds:012x}{noise}"


def named_at(request: str) -> float | None:
    """The time of a request in seconds, from an id made by `name`; None for other ids."""
    try:
        return int(request[:12], 16) / 1000 if len(request) == 32 else None
    except ValueError:
        return None


class Entry(NamedTuple):
    """One answered request: a key, the features and the prediction of each row."""

    request: str
    at: float
    model: str
    version: str
    keys: list[tuple[str | int | None, datetime | None]]
    features: list[str]  # JSON objects, null is missing
    predictions: list[Any]


def as_json(columns: Mapping[str, list[Any]]) -> list[str]:
    """The features of each row as JSON, which needs less memory than numbers."""
    rows = zip(*columns.values(), strict=True)
    return [
        to_json(dict(zip(columns, row, strict=True)), inf_nan_mode="null").decode() for row in rows
    ]


class Sink(Protocol):
    """Stores entries. One thread calls it; `write` stores all or raises."""

    def write(self, entries: Sequence[Entry]) -> None:
        """Store entries durably."""

    def close(self) -> None:
        """Release the resource."""
