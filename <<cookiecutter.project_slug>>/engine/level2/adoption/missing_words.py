"""Words that mean a missing value, in any column and in columns of numbers."""

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

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
LEADING_ZERO = r"0\d"


def unreadable(plain: set[str]) -> set[str] | None:
    """Texts in a column of numbers that are not numbers, or None if it is not such a column.

    A few errors among many numbers still make it a column of numbers: `ingest` then names the line.
    """
    if any(re.match(LEADING_ZERO, text) for text in plain):
        return None  # 007 is a code
    texts = sorted(plain)
    parsed = pd.to_numeric(pd.Series(texts, dtype=object), errors="coerce").isna().to_numpy()
    odd = {text for text, bad in zip(texts, parsed, strict=True) if bad}
    real = odd - NUMBER_MARKERS
    if len(odd) == len(plain) or len(real) > max(1, 0.05 * len(plain)) or (real and len(plain) < 8):
        return None
    return odd


def repeated_word(odd: set[str], codes: npt.NDArray[np.intp], texts: tuple[str, ...]) -> set[str]:
    """The one word that is repeated among numbers: it must mean missing."""
    words = [place for place, text in enumerate(texts) if text in odd - NUMBER_MARKERS]
    if len(words) == 1 and int((codes == words[0]).sum()) > 1:
        return {texts[words[0]]}
    return set()
