"""One value of a prediction request, checked against its column of the contract."""

from collections.abc import Callable
from math import inf, nan
from typing import Any

import numpy as np

from ..base.amounts import listed
from .feature import Feature
from .number_format import LARGEST
from .requests import RequestError, shown, text


def bounds(feature: Feature) -> tuple[float, float]:
    """Smallest and largest value, including their float32 values, which stores may return."""
    low, high = feature.min, feature.max
    return (
        -LARGEST if low is None else min(low, float(np.float32(low))),
        LARGEST if high is None else max(high, float(np.float32(high))),
    )


def missing_value(feature: Feature, value: Any, where: str, name: str) -> float | str:
    """The value for a missing one. Raises RequestError if the model needs it."""
    if not feature.nullable:
        what = "null" if value is None else "missing"
        raise RequestError(f"{where} is {what}: the model needs it", field=name, kind="missing")
    return nan if feature.numeric else ""


def value_check(name: str, feature: Feature) -> Callable[[Any, str], float | str]:
    """Return a function from a value and its place to the model's value. It raises RequestError."""
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
    allowed = frozenset(feature.categories or ())  # what is seen most, whatever else is taken

    def check(value: Any, where: str) -> str:
        if type(value) is str and value in allowed:
            return value
        said = text(value, f"{where}.{name}", name)
        if feature.allowed is not None:
            raise RequestError(
                f"{where}.{name} is {shown(value)}: known values are {listed(feature.allowed)}",
                field=name,
                kind="unknown",
            )
        return said

    return check
