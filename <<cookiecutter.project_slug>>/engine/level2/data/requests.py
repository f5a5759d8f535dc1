"""Check rows of a prediction request against the contract: typed columns, or an error."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from pydantic_core import from_json

from ..base.errors import ProjectError
from .contract import ROW_ID

MAX_TEXT = 200  # characters of an entity or a category
_KINDS = {bool: "true or false", str: "a text", dict: "an object", list: "a list"}


class RequestError(ProjectError):
    """A request that cannot be answered: its HTTP status, and the field at fault."""

    def __init__(self, sentence: str, status: int = 422, field: str = "", kind: str = "") -> None:
        super().__init__(sentence)
        self.status, self.field, self.kind = status, field, kind


@dataclass(frozen=True)
class Key:
    """What identifies a row: the entity column, its allowed values, the time column if any."""

    entity: str
    entities: tuple[str, ...] | None = None
    time: str | None = None
    constant: str | None = None  # the entity of every row, where the table is one series

    @property
    def whole(self) -> bool:
        """Whether the entity is a row number."""
        return self.entity == ROW_ID

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the key columns in a request."""
        return (self.entity, self.time) if self.time else (self.entity,)

    @property
    def said(self) -> tuple[str, ...]:
        """The key columns that a sender has to know."""
        return tuple(name for name in self.columns if not (self.constant and name == self.entity))

    def read(self, row: Mapping[str, Any], where: str) -> tuple[str | int | None, datetime | None]:
        """Entity and time of a row, None if not given. Raises RequestError."""
        entity, time = row.get(self.entity), row.get(self.time) if self.time else None
        if entity is not None:
            entity = self._entity(entity, f"{where}.{self.entity}")
        else:
            entity = self.constant
        return entity, None if time is None else _time(time, f"{where}.{self.time}")

    def _entity(self, value: Any, where: str) -> str | int:
        if self.whole:
            if type(value) is not int or not 0 <= value < 2**63:
                raise RequestError(
                    f"{where} is {shown(value)}: give a row number", field=self.entity
                )
            return value
        named = text(value, where, self.entity)
        if self.entities is not None and named not in self.entities:
            raise RequestError(
                f"{where} is {shown(value)}: known values are {', '.join(self.entities)}",
                field=self.entity,
                kind="unknown",
            )
        return named


def parse(body: bytes) -> Any:
    """Parse the JSON of a request body. Raises RequestError if it is not valid."""
    with suppress(ValueError):
        return from_json(body)
    try:
        return json.loads(body)  # knows more encodings and says better what is wrong
    except RecursionError:
        raise RequestError("the body is nested too deeply: rows are flat objects", 400) from None
    except UnicodeDecodeError:
        raise RequestError("the body is not UTF-8 text", 400) from None
    except ValueError as error:
        raise RequestError(f"the body is not JSON ({error!s:.100})", 400) from None


def shown(value: Any) -> str:
    """A value of a request as its sender wrote it, shortened, in ASCII."""
    if isinstance(value, str | int | float | bool | None):
        text = json.dumps(value) if not isinstance(value, int) or abs(value) < 1e30 else "too large"
    else:
        text = _KINDS.get(type(value), type(value).__name__)
    return text if len(text) <= 60 else f"{text[:60]}..."


def text(value: Any, where: str, name: str) -> str:
    """A text that can be stored and printed. Raises RequestError."""
    if type(value) is not str:
        raise RequestError(f"{where} is {shown(value)}: give a text", field=name)
    if not 0 < len(value) <= MAX_TEXT or not value.isprintable():
        raise RequestError(
            f"{where} is {shown(value)}: give 1 to {MAX_TEXT} printable characters", field=name
        )
    return value


def _time(value: Any, where: str) -> datetime:
    """An event time; without a zone it is UTC."""
    try:
        time = datetime.fromisoformat(value)
        return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
    except (TypeError, ValueError, OverflowError):
        name = where.rsplit(".", 1)[-1]
        example = "give a time like 2024-12-31T23:00:00Z"
        raise RequestError(f"{where} is {shown(value)}: {example}", field=name) from None
