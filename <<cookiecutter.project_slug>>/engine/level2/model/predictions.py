"""What is remembered of an answered request, and who remembers it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol

from pydantic_core import to_json


def name(milliseconds: int, noise: str) -> str:
    """An id of a request that says when it came (since 1970), and is like no other by its noise."""
    return f"{milliseconds:012x}{noise}"


def named_at(request: str) -> float | None:
    """When a request came, in seconds, by an id made by `name`; None for another kind of id."""
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
    """The features of each row as JSON. Kept so, they take less room than as numbers."""
    rows = zip(*columns.values(), strict=True)
    return [
        to_json(dict(zip(columns, row, strict=True)), inf_nan_mode="null").decode() for row in rows
    ]


class Sink(Protocol):
    """A place for entries. One thread calls it; `write` keeps all or raises."""

    def write(self, entries: Sequence[Entry]) -> None:
        """Keep entries so that they outlive the process."""

    def close(self) -> None:
        """Let go of the place."""
