"""Classify a raw column: number, boolean, category, date, identifier or free text."""

import math
from collections.abc import Collection
from dataclasses import replace
from math import nan

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..data.column_numbers import numbers, plain_numbers
from ..data.columns import Column, encode
from ..data.digits import EXACT
from ..data.feature import MAX_CATEGORIES
from ..data.number_format import NumberFormat, parser, readings
from .date_patterns import Pattern, date_pattern
from .looks import Kind, Look
from .missing_words import LEADING_ZERO, MARKERS, NUMBER_MARKERS, repeated_word, unreadable

_WORDS = ({"true", "false"}, {"yes", "no"})


def look(
    values: "pd.Series", name: str, missing: Collection[str] = (), form: NumberFormat | None = None
) -> Look:
    """Classify a column by all its values; `missing` are additional words for a missing value.

    `form` is the format of its numbers, if known.
    """
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        codes, found = pd.factorize(values)
        return _look(name, "date", codes, tuple(str(item) for item in found), pattern=Pattern(None))
    if pd.api.types.is_numeric_dtype(values.dtype):  # truth values too
        known = numbers(Column(values, name, "", missing), largest=np.inf)
        marked = {word for word in missing if _is_number(word) and (values == float(word)).any()}
        return _long(_numeric(name, known, marked), values)
    missing = _spellings(values, missing)
    words = NUMBER_MARKERS | missing
    parsed = plain_numbers(values, words) if form is None else None
    if (
        parsed is not None
        and not np.isnan(parsed).all()
        and not values.str.match(LEADING_ZERO).any()
    ):
        return _long(_numeric(name, parsed, _among(values, words, parsed)), values)
    try:
        codes, texts = encode(Column(values, name, ""))
    except TypeError:
        return Look(name, "nested", len(values), 0, 0)
    return _text(name, codes, tuple(texts), missing, form)


def _is_number(word: str) -> bool:
    return not math.isnan(float(pd.to_numeric(word, errors="coerce")))


def _spellings(values: "pd.Series", missing: Collection[str]) -> set[str]:
    """The words that mean missing, plus spellings of the same number in the column: -999.0."""
    meant = {float(word) for word in missing if _is_number(word)}
    if not meant:
        return set(missing)
    texts = pd.Series([str(value).strip() for value in values.dropna().unique()], dtype=object)
    same = pd.to_numeric(texts, errors="coerce").isin(meant)
    return {*missing, *texts[same]}


def _among(values: "pd.Series", words: set[str], parsed: npt.NDArray[np.float64]) -> set[str]:
    """Which of the words occur in the gaps of a column of numbers."""
    gaps = np.isnan(parsed)
    return set(values[gaps].dropna().str.strip().unique()) & words if gaps.any() else set()


def _long(found: Look, values: "pd.Series") -> Look:
    """The same column as texts, if its whole numbers have too many digits."""
    known = found.known_numbers if found.numbers is not None else np.empty(0)
    if found.numbers is not None and np.isinf(found.numbers).any():
        known = found.numbers[~np.isnan(found.numbers)]
    if not len(known) or not np.median(np.abs(known)) >= EXACT:
        return found
    codes, texts = encode(Column(values, found.name, "", found.markers))
    digits = [text.lstrip("+-").isdigit() for text in texts if text and text not in found.markers]
    if not all(digits):
        plain = [text.lstrip("+-").replace(".", "", 1).isdigit() for text in texts if text]
        if not all(plain) or len(texts) <= found.distinct:  # no two become one number
            return found
    distinct = len(np.unique(codes[codes >= 0]))
    kind: Kind = "constant" if distinct == 1 else "int"
    return replace(found, kind=kind, distinct=distinct, codes=codes, texts=tuple(texts), long=True)


def _text(
    name: str,
    codes: npt.NDArray[np.intp],
    texts: tuple[str, ...],
    missing: set[str],
    form: NumberFormat | None,
) -> Look:
    present = {text for text in texts if text}
    markers = present & (MARKERS | missing)
    plain = present - markers
    if not plain:
        return Look(name, "empty", len(codes), len(codes), 0, frozenset(markers))
    odd = unreadable(plain) if form is None else None
    if odd is not None:
        numeric = markers | (odd & (NUMBER_MARKERS | repeated_word(odd, codes, texts)))
        values = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(np.float64)
        values[[text in numeric for text in texts]] = np.nan
        return _numeric(name, np.append(values, np.nan)[codes], numeric)
    words = present & (NUMBER_MARKERS | missing)
    forms = [form] if form else readings(sorted(present - words))
    if forms:
        return _dressed(name, codes, texts, words, forms)
    codes = np.where(np.array([text in markers for text in texts])[codes] & (codes >= 0), -1, codes)
    if {text.lower() for text in plain} in _WORDS:
        return _look(name, "bool", codes, texts, markers)
    pattern = date_pattern([text for text in texts if text in plain])
    if pattern is not None:
        return _look(name, "date", codes, texts, markers, pattern)
    if len(plain) == 1:
        return _look(name, "constant", codes, texts, markers)
    known = int((codes >= 0).sum())
    if len(plain) > MAX_CATEGORIES or (len(plain) > 12 and len(plain) > known / 2):
        return _look(name, "text", codes, texts, markers)
    return _look(name, "category", codes, texts, markers)


def _dressed(
    name: str,
    codes: npt.NDArray[np.intp],
    texts: tuple[str, ...],
    words: set[str],
    forms: list[NumberFormat],
) -> Look:
    """Numbers with a unit, a decimal comma or thousands separators."""
    read = parser(forms[0])
    values = np.array([*(nan if text in words else read(text) for text in texts), nan])
    found = _numeric(name, values[codes], words)
    fractions = any(forms[0].decimal in text for text in texts if text not in words)
    kind: Kind = "float" if fractions and found.kind in {"int", "bool"} else found.kind
    doubt = forms[1] if len(forms) > 1 else None
    return replace(found, kind=kind, texts=texts, format=forms[0], doubt=doubt)


def _look(
    name: str,
    kind: Kind,
    codes: npt.NDArray[np.intp],
    texts: tuple[str, ...],
    markers: frozenset[str] | set[str] = frozenset(),
    pattern: Pattern | None = None,
) -> Look:
    missing = int((codes < 0).sum())
    distinct = len(np.unique(codes[codes >= 0]))
    return Look(
        name, kind, len(codes), missing, distinct, frozenset(markers), None, codes, texts, pattern
    )


def _numeric(name: str, values: npt.NDArray[np.float64], markers: set[str] | None = None) -> Look:
    known = values[np.isfinite(values)]
    distinct = len(pd.unique(known))
    kind: Kind = "float"
    if not len(known):
        kind = "empty"
    elif distinct == 1:
        kind = "constant"
    elif distinct == 2 and set(pd.unique(known)) == {0.0, 1.0}:
        kind = "bool"
    elif (known == np.round(known)).all() and np.abs(known).max() < EXACT:
        kind = "int"
    missing = int(np.isnan(values).sum())
    return Look(name, kind, len(values), missing, distinct, frozenset(markers or ()), values)
