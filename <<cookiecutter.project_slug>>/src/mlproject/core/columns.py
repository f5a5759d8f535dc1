"""One raw column into one typed array; a value that does not fit is blamed by line or row."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..errors import ProjectError, WrongValueError
from .number_format import LARGEST, NumberFormat, parser

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]
Codes = npt.NDArray[np.intp]

NOT_A_NUMBER = (
    "not a number: correct it, or name it as missing (MISSING= of adopt, data.missing_markers)"
)
_TRUE, _FALSE = {"true", "yes", "1", "1.0"}, {"false", "no", "0", "0.0"}


@dataclass(frozen=True)
class Column:
    """A raw column, the name it is called by, and what stands for a missing value."""

    values: "pd.Series"
    name: str
    source: str
    markers: Collection[str] = ()
    format: NumberFormat | None = None  # of numbers that are texts

    def fault(self, position: int, problem: str) -> ProjectError:
        """The sentence that blames one value; `problem` follows the value."""
        index = self.values.index
        value = text_of(self.values.iloc[position])
        row = f"{self.source} {index.name or 'row'} {index[position]}"
        return WrongValueError(row, self.name, value, problem)

    def first(self, wrong: npt.NDArray[np.bool_], problem: str) -> None:
        """Blame the first wrong value, if there is one. Raises ProjectError."""
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


def _spread(codes: Codes, values: Floats) -> Floats:
    """One number per row from one per distinct text; missing is NaN."""
    return np.append(values, np.nan)[codes]


def plain_numbers(values: "pd.Series", missing: Collection[str]) -> Floats | None:
    """Parse a column of texts at once; None where anything but numbers and `missing` is there."""
    if not isinstance(values.dtype, pd.StringDtype):
        return None
    values = values.str.strip()
    gaps = values.isin(["", *missing]).to_numpy(dtype=bool) | values.isna().to_numpy(dtype=bool)
    texts = values.mask(gaps) if gaps.any() else values
    try:  # Arrow reads no 1_2 as 12, as Python would
        parsed = texts.astype("double[pyarrow]").to_numpy(dtype=np.float64, na_value=np.nan)
    except (ValueError, TypeError):
        return None
    return None if (np.isnan(parsed) & ~gaps).any() else parsed


def numbers(column: Column, integers: bool = False, largest: float = LARGEST) -> Floats:
    """Return float64, NaN for missing. Raises ProjectError for text, fractions, huge numbers."""
    values = column.values
    if values.dtype == np.float64:
        out: Floats = _unmarked(values.to_numpy(), column.markers)
    elif pd.api.types.is_numeric_dtype(values.dtype):
        out = values.to_numpy(dtype=np.float64, na_value=np.nan)
        out = _unmarked(out, column.markers)
    elif column.format is not None:
        out = _dressed_numbers(column, column.format)
    elif (parsed := plain_numbers(values, column.markers)) is not None:
        out = parsed
    else:
        out = _blamed_numbers(column)
    check_size(column, out, largest)
    if integers:
        column.first(
            np.isfinite(out) & (out != np.round(out)), "not a whole number: declare type float"
        )
    return out


def check_size(column: Column, values: Floats, largest: float = LARGEST) -> None:
    """Refuse infinity and what no model can hold. Raises ProjectError naming the value."""
    wrong = np.abs(values) > largest
    if not wrong.any():
        return
    place = int(wrong.argmax())
    written = text_of(column.values.iloc[place])
    if np.isinf(values[place]) and not any(letter.isdigit() for letter in written):
        raise column.fault(place, "an infinite value: correct it or leave it empty")
    raise column.fault(
        place,
        f"a number beyond {largest:.2g}, the largest a model can take here: correct it, or name "
        "it as missing (MISSING= of adopt, data.missing_markers)",
    )


def _unmarked(values: Floats, markers: Collection[str]) -> Floats:
    """Numbers that stand for missing, like -999, as NaN; no copy where there are none."""
    for marker in markers:
        try:
            same = values == float(marker)
        except ValueError:
            continue
        if same.any():
            values = np.where(same, np.nan, values)
    return values


def _dressed_numbers(column: Column, form: NumberFormat) -> Floats:
    """Numbers in the column's format. Raises ProjectError for the first text that is none."""
    codes, texts = encode(column)
    found, read = pd.factorize(column.values)[1], parser(form)
    values = np.array(
        [  # a number of JSON or of a workbook is not written in any format
            float(value) if isinstance(value, int | float | np.number) else read(text)
            for value, text in zip(found, texts, strict=True)
        ],
        dtype=np.float64,
    )
    out = _spread(codes, values)
    column.first(
        np.isnan(out) & (codes >= 0),
        f"not a number written like {form.example}: correct it, or name it as missing "
        "(MISSING= of adopt, data.missing_markers)",
    )
    return out


def _blamed_numbers(column: Column) -> Floats:
    """Parse text by text. Raises ProjectError for the first that is no number."""
    codes, texts = encode(column)
    parsed = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(np.float64)
    bad = np.isnan(parsed) & np.array([text.lower() != "nan" for text in texts], dtype=bool)
    column.first(np.append(bad, False)[codes], NOT_A_NUMBER)
    exact = np.full(len(texts), np.nan)
    good = ~np.isnan(parsed)
    exact[good] = texts[good].astype(np.float64)  # to_numeric is off by one bit at times
    return _spread(codes, exact)


def booleans(column: Column) -> Floats:
    """Return 0, 1 or NaN. Raises ProjectError."""
    codes, texts = encode(column)
    values = np.full(len(texts), np.nan)
    for place, text in enumerate(texts):
        word = text.lower()
        values[place] = 1.0 if word in _TRUE else 0.0 if word in _FALSE else np.nan
    out = _spread(codes, values)
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
    out = _spread(codes, values)
    wrong = (codes >= 0) & np.isnan(out)
    column.first(wrong, f"none of the classes {', '.join(classes)} (data.classes)")
    return out
