"""Convert a raw column of numbers, in any notation, to float64."""

from collections.abc import Collection

import numpy as np
import numpy.typing as npt
import pandas as pd

from .columns import Column, Floats, encode, spread, text_of
from .number_format import LARGEST, NumberFormat, parser

NOT_A_NUMBER = (
    "not a number: correct it, or name it as missing (MISSING= of adopt, data.missing_markers)"
)


def plain_numbers(values: "pd.Series", missing: Collection[str]) -> Floats | None:
    """Parse a column of texts at once; None if it contains anything but numbers and `missing`."""
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


def weights(column: Column, counts: npt.NDArray[np.bool_]) -> Floats:
    """Weights of rows as float64, at least 0; only the rows of `counts` need one.

    Raises ProjectError naming the row.
    """
    out = numbers(column)
    advice = "a weight of data.sample_weight must be a number of at least 0"
    column.first(counts & np.isnan(out), f"missing: {advice}")
    column.first(counts & (out < 0), f"negative: {advice}")
    return out


def check_size(column: Column, values: Floats, largest: float = LARGEST) -> None:
    """Refuse infinity and numbers too large for a model. Raises ProjectError naming the value."""
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
    """Replace numbers that mean missing, like -999, by NaN; no copy if there are none."""
    for marker in markers:
        try:
            same = values == float(marker)
        except ValueError:
            continue
        if same.any():
            values = np.where(same, np.nan, values)
    return values


def _dressed_numbers(column: Column, form: NumberFormat) -> Floats:
    """Parse numbers in the column's format. Raises ProjectError for the first invalid text."""
    codes, texts = encode(column)
    found, read = pd.factorize(column.values)[1], parser(form)
    values = np.array(
        [  # a number of JSON or of a workbook is not written in any format
            float(value) if isinstance(value, int | float | np.number) else read(text)
            for value, text in zip(found, texts, strict=True)
        ],
        dtype=np.float64,
    )
    out = spread(codes, values)
    column.first(
        np.isnan(out) & (codes >= 0),
        f"not a number written like {form.example}: correct it, or name it as missing "
        "(MISSING= of adopt, data.missing_markers)",
    )
    return out


def _blamed_numbers(column: Column) -> Floats:
    """Parse text by text. Raises ProjectError for the first one that is not a number."""
    codes, texts = encode(column)
    parsed = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(np.float64)
    bad = np.isnan(parsed) & np.array([text.lower() != "nan" for text in texts], dtype=bool)
    column.first(np.append(bad, False)[codes], NOT_A_NUMBER)
    exact = np.full(len(texts), np.nan)
    good = ~np.isnan(parsed)
    exact[good] = texts[good].astype(np.float64)  # to_numeric is off by one bit at times
    return spread(codes, exact)
