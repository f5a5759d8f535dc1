"""Convert one raw column to a typed array; errors name the line or row of a wrong value."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..base.errors import ProjectError, WrongValueError
from .number_format import NumberFormat

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Codes = npt.NDArray[np.intp]

_TRUE, _FALSE = {"true", "yes", "1", "1.0"}, {"false", "no", "0", "0.0"}


@dataclass(frozen=True)
class Column:
    """A raw column, the name used in messages, and the words that mean a missing value."""

    values: "pd.Series"
    name: str
    source: str
    markers: Collection[str] = ()
    format: NumberFormat | None = None  # of numbers that are texts

    def fault(self, position: int, problem: str) -> ProjectError:
        """The error message about one value; `problem` follows the value."""
        index = self.values.index
        value = text_of(self.values.iloc[position])
        row = f"{self.source} {index.name or 'row'} {index[position]}"
        return WrongValueError(row, self.name, value, problem)

    def first(self, wrong: npt.NDArray[np.bool_], problem: str) -> None:
        """Raise ProjectError for the first wrong value, if there is one."""
        if wrong.any():
            raise self.fault(int(wrong.argmax()), problem)


def text_of(value: object) -> str:
    """A value as a person would write it in a CSV: 3.0 is `3`, missing is empty."""
    if value is None or value is pd.NA or value is pd.NaT:
        return ""
    if isinstance(value, float | np.floating):
        if np.isnan(value):
            return ""
        return str(int(value)) if float(value).is_integer() else repr(float(value))
    return str(value).strip()


def encode(column: Column) -> tuple[Codes, Objects]:
    """Return codes (-1 is missing) and the distinct texts they point to."""
    codes, found = pd.factorize(column.values)
    texts = np.array([text_of(value) for value in found], dtype=object)
    missing = np.array([text == "" or text in column.markers for text in texts], dtype=bool)
    if missing.any():
        codes = np.where(missing[codes] & (codes >= 0), -1, codes)
    return codes.astype(np.intp), texts


def spread(codes: Codes, values: Floats) -> Floats:
    """One number per row from one per distinct text; missing is NaN."""
    return np.append(values, np.nan)[codes]


def booleans(column: Column) -> Floats:
    """Return 0, 1 or NaN. Raises ProjectError."""
    codes, texts = encode(column)
    values = np.full(len(texts), np.nan)
    for place, text in enumerate(texts):
        word = text.lower()
        values[place] = 1.0 if word in _TRUE else 0.0 if word in _FALSE else np.nan
    out = spread(codes, values)
    column.first((codes >= 0) & np.isnan(out), "neither true/false, yes/no nor 1/0")
    return out


def categories(column: Column) -> Objects:
    """Return str, None for missing."""
    codes, texts = encode(column)
    out: Objects = np.array([*texts, None], dtype=object)[codes]
    return out


def keys(column: Column) -> Objects:
    """Return str, none missing. Raises ProjectError."""
    out = categories(column)
    column.first(pd.isna(out), "but every row needs its entity")
    return out


def groups(column: Column) -> Objects:
    """Return str, none missing. Raises ProjectError."""
    out = categories(column)
    column.first(pd.isna(out), "but every row needs its group")
    return out


def labels(column: Column, classes: Collection[str]) -> Floats:
    """Return the position of each value in `classes`, NaN for missing. Raises ProjectError."""
    codes, texts = encode(column)
    place = {name: float(number) for number, name in enumerate(classes)}
    values = np.array([place.get(text, np.nan) for text in texts], dtype=np.float64)
    out = spread(codes, values)
    wrong = (codes >= 0) & np.isnan(out)
    column.first(wrong, f"none of the classes {', '.join(classes)} (data.classes)")
    return out
