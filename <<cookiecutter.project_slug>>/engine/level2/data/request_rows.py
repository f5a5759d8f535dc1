"""Rows of a prediction request as typed columns, each value checked against the contract."""

from collections.abc import Mapping
from math import isfinite
from operator import le
from typing import Any

import numpy as np

from .feature import Feature
from .request_values import bounds, missing_value, value_check
from .requests import Key, RequestError, shown

_ABSENT = object()
_FEW = 4  # rows that are not worth looking at a column at a time
_NUMBERS = frozenset({float, int})


class RowChecker:
    """Turns rows into the model's input columns. Raises RequestError naming row and field."""

    def __init__(self, features: Mapping[str, Feature], key: Key) -> None:
        self.features, self.key = features, key
        self._checks = [(name, value_check(name, item), item) for name, item in features.items()]
        self._known = {*features, *key.columns}
        numbers = {name: item for name, item in features.items() if item.type in ("float", "int")}
        self._limits = {name: (*bounds(item), item.type == "int") for name, item in numbers.items()}
        self._lows = [low for low, _, _ in self._limits.values()]
        self._highs = [high for _, high, _ in self._limits.values()]
        self._whole = [name for name, (_, _, whole) in self._limits.items() if whole]
        self._others = [part for part in self._checks if part[0] not in numbers]

    def columns(self, rows: list[Any], place: str = "rows") -> dict[str, list[Any]]:
        """One list of values per feature."""
        if len(rows) == 1 and (plain := self._plain(rows[0])):
            return {name: [value] for name, value in plain.items()}
        return self._together(rows) or self._one_by_one(rows, place)

    def _together(self, rows: list[Any]) -> dict[str, list[Any]] | None:
        """Columns of valid rows, checked a column at a time; None if one may be invalid."""
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
                    missing_value(feature, None, "", name) if value is None else check(value, "")
                    for value in column
                ]
            except RequestError:
                return None
        return found

    def _one_by_one(self, rows: list[Any], place: str) -> dict[str, list[Any]]:
        """The same, row by row; the first wrong value is named with its row."""
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
                    found[name].append(missing_value(feature, value, f"{where}.{name}", name))
                else:
                    found[name].append(check(value, where))
        return found

    def _plain(self, row: Any) -> dict[str, float | str] | None:
        """The values of a complete row of allowed values, else None."""
        if type(row) is not dict or not self._known.issuperset(row):
            return None
        numbers: list[Any] = [row.get(name) for name in self._limits]
        if not _NUMBERS.issuperset(map(type, numbers)):
            return None
        if not (all(map(le, self._lows, numbers)) and all(map(le, numbers, self._highs))):
            return None  # nor is any comparison true of NaN
        if self._whole and any(row[name] % 1 for name in self._whole):
            return None
        found: dict[str, float | str] = dict(zip(self._limits, map(float, numbers), strict=True))
        try:
            for name, check, _ in self._others:
                found[name] = check(row[name], "")
        except (KeyError, RequestError):
            return None
        return found

    def _strange(self, row: Mapping[str, Any], where: str) -> None:
        name = next(name for name in row if name not in self._known)
        raise RequestError(
            f"{where} has the field {shown(name)}, which is not one of {', '.join(self.features)}",
            field=name if name.isidentifier() else "",
            kind="strange",
        )


def arrays(columns: Mapping[str, list[Any]], features: Mapping[str, Feature]) -> dict[str, Any]:
    """Columns for a scorer: numbers and texts. Columns with a centre keep all their digits."""
    numeric = [name for name, item in features.items() if item.numeric]
    kind = np.float64 if any(item.center for item in features.values()) else np.float32
    numbers = np.array([columns[name] for name in numeric], dtype=kind)
    found = {name: np.array(columns[name], dtype=object) for name in features.keys() - {*numeric}}
    return {**found, **dict(zip(numeric, numbers, strict=True))}


def _plain_numbers(column: list[Any], low: float, high: float, whole: bool) -> list[float] | None:
    """A complete column of allowed numbers, None otherwise."""
    if not {float, int}.issuperset(map(type, column)):
        return None
    try:
        fits = all(map(isfinite, column)) and min(column) >= low and max(column) <= high
    except OverflowError:  # an integer beyond every float
        return None
    if not fits or (whole and not all(value == int(value) for value in column)):
        return None
    return list(map(float, column))
