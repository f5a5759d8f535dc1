"""The true value, from a person or a program, for one row of an earlier request."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from typing import Any

from ..data.number_format import LARGEST
from ..data.requests import RequestError, shown

_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_FIELDS = {"request", "row", "value"}
MOST_ROWS = 100_000
SENT_BACK = "sent back"  # column of what people say was right; no feature can be called so


@dataclass(frozen=True)
class Feedback:
    """The true value for a row of a request: a number, or a class."""

    request: str
    row: int
    value: float | str


def read(payload: Any, classes: Sequence[str]) -> Feedback:
    """Check the body of a request to /feedback. Raises RequestError naming the field."""
    if type(payload) is not dict:
        raise RequestError(f"the body is {shown(payload)}: give request and value", field="request")
    for name in payload:
        if name not in _FIELDS:
            raise RequestError(
                f"{shown(name)} is unknown: give request, value and perhaps row",
                field=name if name.isidentifier() else "",
            )
    request = payload.get("request")
    if type(request) is not str or not _ID.fullmatch(request):
        raise RequestError(
            f"request is {shown(request)}: give the id of an answer", field="request"
        )
    row = payload.get("row", 0)
    if type(row) is not int or not 0 <= row < MOST_ROWS:
        raise RequestError(
            f"row is {shown(row)}: give its place in the request, 0 is the first", field="row"
        )
    if "value" not in payload:
        raise RequestError("value is missing: give the true value", field="value")
    return Feedback(request, row, _value(payload["value"], classes))


def _value(value: Any, classes: Sequence[str]) -> float | str:
    if classes:
        if type(value) is not str or value not in classes:
            known = ", ".join(classes)
            raise RequestError(f"value is {shown(value)}: known values are {known}", field="value")
        return value
    if type(value) not in (int, float):
        raise RequestError(f"value is {shown(value)}: give a number", field="value")
    if not -inf < value < inf or abs(value) > LARGEST:
        raise RequestError(
            f"value is {shown(value)}: give a finite number a model could predict", field="value"
        )
    return float(value)
