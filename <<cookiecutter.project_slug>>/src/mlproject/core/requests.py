"""Rows of a prediction request against the contract: typed columns, or a sentence that refuses."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from math import inf, isfinite, nan
from typing import Any

import numpy as np

from ..errors import ProjectError
from .contract import ROW_ID, Feature

LARGEST = 3.4028234663852886e38  # of a float32, which is what the model sees
MAX_TEXT = 200  # characters of an entity or a category
_KINDS = {bool: "true or false", str: "a text", dict: "an object", list: "a list"}
_ABSENT = object()
_FEW = 4  # rows that are not worth looking at a column at a time


class RequestError(ProjectError):
    """A request that cannot be answered: its HTTP status, and the field that is at fault."""

    def __init__(self, sentence: str, status: int = 422, field: str = "", kind: str = "") -> None:
        super().__init__(sentence)
        self.status, self.field, self.kind = status, field, kind


@dataclass(frozen=True)
class Key:
    """What names a row: the entity column, its allowed values, the time column if there is one."""

    entity: str
    entities: tuple[str, ...] | None = None
    time: str | None = None
    constant: str | None = None  # the entity of every row, where the table is one series

    @property
    def whole(self) -> bool:
        """Whether an entity is the number of a row."""
        return self.entity == ROW_ID

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the key columns in a request."""
        return (self.entity, self.time) if self.time else (self.entity,)

    @property
    def said(self) -> tuple[str, ...]:
        """Those of them that a sender has to know of."""
        return tuple(name for name in self.columns if not (self.constant and name == self.entity))

    def read(self, row: Mapping[str, Any], where: str) -> tuple[str | int | None, datetime | None]:
        """Entity and time of a row, None where it does not say. Raises RequestError."""
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
        text = _text(value, where, self.entity)
        if self.entities is not None and text not in self.entities:
            raise RequestError(
                f"{where} is {shown(value)}: known are {', '.join(self.entities)}",
                field=self.entity,
                kind="unknown",
            )
        return text


def parse(body: bytes) -> Any:
    """JSON of a request body. Raises RequestError for what is none."""
    try:
        return json.loads(body)
    except RecursionError:
        raise RequestError("the body is nested too deeply: rows are flat objects", 400) from None
    except UnicodeDecodeError:
        raise RequestError("the body is not UTF-8 text", 400) from None
    except ValueError as error:
        raise RequestError(f"the body is not JSON ({error!s:.100})", 400) from None


def shown(value: Any) -> str:
    """A value of a request as its sender wrote it, cut short, in ASCII."""
    if isinstance(value, str | int | float | bool | None):
        text = json.dumps(value) if not isinstance(value, int) or abs(value) < 1e30 else "too large"
    else:
        text = _KINDS.get(type(value), type(value).__name__)
    return text if len(text) <= 60 else f"{text[:60]}..."


def batch(payload: Any, name: str, limit: int) -> list[Any]:
    """The list of rows under `name`. Raises RequestError where it is none, empty or too long."""
    rows = payload[name]
    if type(rows) is not list:
        raise RequestError(f"{name} is {shown(rows)}: give a list of rows", field=name)
    if not 0 < len(rows) <= limit:
        raise RequestError(f"{name} has {len(rows):,} rows: give 1 to {limit:,}", field=name)
    return rows


class RowChecker:
    """Turns rows into the model's input columns. Raises RequestError naming row and field."""

    def __init__(self, features: Mapping[str, Feature], key: Key) -> None:
        self.features, self.key = features, key
        self._checks = [(name, _check(name, item), item) for name, item in features.items()]
        self._known = {*features, *key.columns}
        self._limits = {
            name: (*bounds(item), item.type == "int")
            for name, item in features.items()
            if item.type in ("float", "int")
        }

    def columns(self, rows: list[Any], place: str = "rows") -> dict[str, list[Any]]:
        """One list of values per feature."""
        return self._together(rows) or self._one_by_one(rows, place)

    def _together(self, rows: list[Any]) -> dict[str, list[Any]] | None:
        """Columns of rows that fit, checked a column at a time; None where one may not."""
        if len(rows) < _FEW or not all(type(row) is dict for row in rows):
            return None
        if not all(map(self._known.issuperset, rows)):
            return None
        found: dict[str, list[Any]] = {}
        for name, check, feature in self._checks:
            column = [row.get(name) for row in rows]
            plain = _plain_numbers(column, *self._limits[name]) if name in self._limits else None
            try:
                found[name] = plain or [
                    _missing(feature, None, "", name) if value is None else check(value, "")
                    for value in column
                ]
            except RequestError:
                return None
        return found

    def _one_by_one(self, rows: list[Any], place: str) -> dict[str, list[Any]]:
        """The same; the first value that is wrong is named with its row."""
        found: dict[str, list[Any]] = {name: [] for name in self.features}
        for number, row in enumerate(rows):
            where = f"{place}[{number}]"
            if type(row) is not dict:
                raise RequestError(
                    f"{where} is {shown(row)}: give an object of fields", field=place
                )
            if not self._known.issuperset(row):
                self._strange(row, where)
            for name, check, feature in self._checks:
                value = row.get(name, _ABSENT)
                if value is None or value is _ABSENT:
                    found[name].append(_missing(feature, value, f"{where}.{name}", name))
                else:
                    found[name].append(check(value, where))
        return found

    def _strange(self, row: Mapping[str, Any], where: str) -> None:
        name = next(name for name in row if name not in self._known)
        raise RequestError(
            f"{where} has the field {shown(name)}, which is none of {', '.join(self.features)}",
            field=name if name.isidentifier() else "",
            kind="strange",
        )


def arrays(columns: Mapping[str, list[Any]], features: Mapping[str, Feature]) -> dict[str, Any]:
    """Columns as the model takes them: float32 numbers and texts."""
    numeric = [name for name, item in features.items() if item.numeric]
    numbers = np.array([columns[name] for name in numeric], dtype=np.float32)
    found = {name: np.array(columns[name], dtype=object) for name in features.keys() - {*numeric}}
    return {**found, **dict(zip(numeric, numbers, strict=True))}


def bounds(feature: Feature) -> tuple[float, float]:
    """Least and largest value; a limit also stands for its float32, which stores may return."""
    low, high = feature.min, feature.max
    return (
        -LARGEST if low is None else min(low, float(np.float32(low))),
        LARGEST if high is None else max(high, float(np.float32(high))),
    )


def _plain_numbers(column: list[Any], low: float, high: float, whole: bool) -> list[float] | None:
    """A column without gaps in which every number is allowed, None where that is not so."""
    if not {float, int}.issuperset(map(type, column)):
        return None
    try:
        fits = all(map(isfinite, column)) and min(column) >= low and max(column) <= high
    except OverflowError:  # an integer beyond every float
        return None
    if not fits or (whole and not all(value == int(value) for value in column)):
        return None
    return list(map(float, column))


def _missing(feature: Feature, value: Any, where: str, name: str) -> float | str:
    if not feature.nullable:
        what = "null" if value is None else "missing"
        raise RequestError(f"{where} is {what}: the model needs it", field=name, kind="missing")
    return nan if feature.numeric else ""


def _check(name: str, feature: Feature) -> Callable[[Any, str], float | str]:
    if feature.type == "category":
        return _category(name, feature)
    if feature.type == "bool":
        return _truth(name)
    return _number(name, feature)


def _truth(name: str) -> Callable[[Any, str], float]:
    def check(value: Any, where: str) -> float:
        if type(value) is not bool:
            raise RequestError(f"{where}.{name} is {shown(value)}: give true or false", field=name)
        return float(value)

    return check


def _number(name: str, feature: Feature) -> Callable[[Any, str], float]:
    low, high = bounds(feature)
    whole, unit = feature.type == "int", f" {feature.unit}" if feature.unit else ""

    def check(value: Any, where: str) -> float:
        if type(value) is not float and type(value) is not int:
            raise RequestError(f"{where}.{name} is {shown(value)}: give a number", field=name)
        if not -inf < value < inf:
            raise RequestError(
                f"{where}.{name} is not a finite number: null is missing", field=name
            )
        if not low <= value <= high:
            edge = f"above {high:g}" if value > high else f"below {low:g}"
            raise RequestError(
                f"{where}.{name} is {shown(value)}, {edge}{unit}: outside what the contract allows",
                field=name,
                kind="out_of_range",
            )
        if whole and value != int(value):
            raise RequestError(f"{where}.{name} is {shown(value)}: give a whole number", field=name)
        return float(value)

    return check


def _category(name: str, feature: Feature) -> Callable[[Any, str], str]:
    allowed = frozenset(feature.categories or ())

    def check(value: Any, where: str) -> str:
        if type(value) is str and value in allowed:
            return value
        text = _text(value, f"{where}.{name}", name)
        if feature.categories is not None:
            raise RequestError(
                f"{where}.{name} is {shown(value)}: known are {', '.join(feature.categories)}",
                field=name,
                kind="unknown",
            )
        return text

    return check


def _text(value: Any, where: str, name: str) -> str:
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
