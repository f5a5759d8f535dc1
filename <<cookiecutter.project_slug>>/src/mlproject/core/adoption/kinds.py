"""What one raw column seems to be: number, truth value, category, date, identifier or free text."""

import re
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..columns import Column, encode, plain_numbers
from ..contract import MAX_CATEGORIES
from .date_patterns import Pattern, date_pattern

Kind = Literal["empty", "constant", "float", "int", "bool", "category", "date", "text", "nested"]

# What stands for a missing value in any column, and what does so only among numbers.
MARKERS = {"?", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A", "<NA>", "NaT"}
NUMBER_MARKERS = MARKERS | {
    "-",
    "--",
    ".",
    "None",
    "none",
    "missing",
    "Missing",
    "unknown",
    "#VALUE!",
}
_WORDS = ({"true", "false"}, {"yes", "no"})
_LEADING_ZERO = r"0\d"
_DRESSED = re.compile(r"[$€£]?\s?[+-]?\d{1,3}(?:[.,' ]\d{3})*(?:[.,]\d+)?\s?[%$€£]?")


@dataclass(frozen=True)
class Look:
    """A column as judged; `numbers` only for numbers, `texts` and `codes` only for the rest."""

    name: str
    kind: Kind
    rows: int
    missing: int
    distinct: int
    markers: frozenset[str] = frozenset()
    numbers: npt.NDArray[np.float64] | None = None
    codes: npt.NDArray[np.intp] | None = None
    texts: tuple[str, ...] = ()
    pattern: Pattern | None = None
    notes: tuple[str, ...] = field(default=())

    @property
    def unique(self) -> bool:
        """Whether no value comes twice."""
        return self.distinct == self.rows - self.missing and self.distinct > 1

    @property
    def known_numbers(self) -> npt.NDArray[np.float64]:
        """The values of a column of numbers, without gaps."""
        numbers = np.empty(0) if self.numbers is None else self.numbers
        return numbers[np.isfinite(numbers)]

    @property
    def known(self) -> int:
        """Rows that have a value."""
        return self.rows - self.missing


def look(values: "pd.Series", name: str) -> Look:
    """Judge a column by all its values."""
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        codes, found = pd.factorize(values)
        return _look(name, "date", codes, tuple(str(item) for item in found), pattern=Pattern(None))
    if pd.api.types.is_numeric_dtype(values.dtype):  # truth values too
        return _numeric(name, values.to_numpy(dtype=np.float64, na_value=np.nan))
    parsed = plain_numbers(values, NUMBER_MARKERS)
    if (
        parsed is not None
        and np.isfinite(parsed).any()
        and not values.str.match(_LEADING_ZERO).any()
    ):
        markers = set(values[values.isin(NUMBER_MARKERS)].unique())
        return _numeric(name, parsed, markers)
    try:
        codes, texts = encode(Column(values, name, ""))
    except TypeError:
        return Look(name, "nested", len(values), 0, 0)
    return _text(name, codes, tuple(texts))


def _text(name: str, codes: npt.NDArray[np.intp], texts: tuple[str, ...]) -> Look:
    present = {text for text in texts if text}
    markers = present & MARKERS
    plain = present - markers
    if not plain:
        return Look(name, "empty", len(codes), len(codes), 0, frozenset(markers))
    odd = _unreadable(plain)
    if odd is not None:
        numeric = markers | (odd & (NUMBER_MARKERS | _repeated(odd, codes, texts)))
        values = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").to_numpy(np.float64)
        values[[text in numeric for text in texts]] = np.nan
        return _numeric(name, np.append(values, np.nan)[codes], numeric)
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


def _unreadable(plain: set[str]) -> set[str] | None:
    """Texts that are no number in a column of numbers; None where it is none.

    A few slips among many numbers leave it a column of numbers: `ingest` then names the line.
    """
    if any(re.match(_LEADING_ZERO, text) for text in plain):
        return None  # 007 is a code
    texts = sorted(plain)
    parsed = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").isna().to_numpy()
    odd = {text for text, bad in zip(texts, parsed, strict=True) if bad}
    real = odd - NUMBER_MARKERS
    if len(odd) == len(plain) or len(real) > max(1, 0.05 * len(plain)) or (real and len(plain) < 8):
        return None
    return odd


def _repeated(odd: set[str], codes: npt.NDArray[np.intp], texts: tuple[str, ...]) -> set[str]:
    """The one word that comes again and again among numbers: it must mean missing."""
    words = [place for place, text in enumerate(texts) if text in odd - NUMBER_MARKERS]
    if len(words) == 1 and int((codes == words[0]).sum()) > 1:
        return {texts[words[0]]}
    return set()


def _numeric(name: str, values: npt.NDArray[np.float64], markers: set[str] | None = None) -> Look:
    known = values[np.isfinite(values)]
    distinct = len(np.unique(known))
    kind: Kind = "float"
    if not len(known):
        kind = "empty"
    elif distinct == 1:
        kind = "constant"
    elif set(np.unique(known[:1000])) <= {0.0, 1.0} and set(np.unique(known)) == {0.0, 1.0}:
        kind = "bool"
    elif (known == np.round(known)).all() and np.abs(known).max() < 2**53:
        kind = "int"
    missing = int(np.isnan(values).sum())
    return Look(name, kind, len(values), missing, distinct, frozenset(markers or ()), values)


def dressed_number(found: Look) -> str:
    """An example when the texts are numbers in local dress (1,234.5 or 12,5 or 7 %), else empty."""
    texts = [text for text in found.texts if text and text not in found.markers]
    few = texts[:: max(1, len(texts) // 500)]
    fits = sum(
        _DRESSED.fullmatch(text) is not None and any(c in text for c in ",.' %$€£") for text in few
    )
    return few[0] if few and fits > 0.9 * len(few) else ""
