"""Parse times: strptime patterns, and named formats that no pattern can express."""

import re

import numpy as np
import pandas as pd

from .month_names import english
from .time_names import EPOCHS, EXCEL
from .time_periods import READERS

_MONTH = re.compile(
    r"\b(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"
    r"(?:uary|ruary|ch|il|e|y|ust|t|tember|ober|ember)?\b\.?",
    re.I,
)
_DAY = re.compile(
    r"\b(?:mon|tue|tues|wed|wednes|thu|thur|thurs|fri|sat|satur|sun)(?:day)?\b\.?,?", re.I
)
_ORDINAL = re.compile(r"(\d)(?:st|nd|rd|th)\b", re.I)
_ABBREVIATED = {
    "UTC": "+0000", "GMT": "+0000", "WET": "+0000", "WEST": "+0100", "CET": "+0100",
    "CEST": "+0200", "EET": "+0200", "EEST": "+0300", "EST": "-0500", "EDT": "-0400",
    "MST": "-0700", "MDT": "-0600", "PST": "-0800", "PDT": "-0700",
}  # fmt: skip
_ZONE = re.compile(rf" ?\b(?:{'|'.join(_ABBREVIATED)})$")
_BRACKETED = re.compile(r"\[[A-Za-z_]+(?:/[A-Za-z_+-]+)*\]$")
_HALF = re.compile(r"(?<=[\d\s])([ap])\. ?m\.?(?!\w)", re.I)
_COMMA = re.compile(r"(:\d{2}),(?=\d{1,9}\b)")
OFFSET = re.compile(r"(?:\d{1,2}:\d{2}|T\d{4}).*?(?:(Z)|([+-])(\d{2})(?::?(\d{2}))?)$")


def plainer(texts: "pd.Series[str]", pattern: str | None) -> "pd.Series[str]":
    """Texts without what a pattern cannot express: zone names, `a.m.`, `,5` s, long months."""
    texts = texts.str.replace("\u202f", " ", regex=False).str.replace(_COMMA, r"\1.", regex=True)
    if pattern is not None and "%p" in pattern:
        texts = texts.str.replace(_HALF, r"\1m", regex=True)
    if texts.str.contains(_ZONE).any() or texts.str.endswith("]").any():
        texts = texts.str.replace(_BRACKETED, "", regex=True)
        texts = texts.str.replace(_ZONE, lambda found: _ABBREVIATED[found[0].strip()], regex=True)
    if pattern is None or ("%b" not in pattern and "%B" not in pattern):
        return texts
    texts = pd.Series(english(texts.tolist()), index=texts.index, dtype=object)
    texts = texts.str.replace(_DAY, " ", regex=True).str.replace(",", " ", regex=False)
    texts = texts.str.replace(_ORDINAL, r"\1", regex=True)
    texts = texts.str.replace(_MONTH, lambda found: found[1], regex=True)
    return texts.str.split().str.join(" ")


def plain_pattern(pattern: str) -> str:
    """The pattern for texts simplified by `plainer`."""
    pattern = pattern.replace("%S,%f", "%S.%f")
    if "%b" not in pattern and "%B" not in pattern:
        return pattern
    pattern = pattern.replace("%B", "%b").replace("%b.", "%b").replace(",", " ")
    return " ".join(pattern.split())


def read_texts(texts: "pd.Series[str]", pattern: str | None) -> "pd.Series[pd.Timestamp]":
    """Times of distinct texts, in UTC; NaT if one does not match.

    `pattern` is a strptime pattern, one of `NAMED`, or None for ISO 8601. A text without an offset
    is returned as if it were UTC.
    """
    if pattern in EPOCHS:
        return _epoch(texts, EPOCHS[pattern])
    if pattern == EXCEL:
        return _serial(texts)
    if pattern is not None and "." not in pattern:  # whole numbers of a column that had gaps
        texts = texts.str.replace(r"(?<=\d)\.0(?= |$)", "", regex=True)
    if pattern in READERS:
        return pd.to_datetime(texts.map(READERS[pattern]), errors="coerce", utc=True)
    texts = plainer(texts, pattern)
    written = "ISO8601" if pattern is None else plain_pattern(pattern)
    return pd.to_datetime(texts, format=written, errors="coerce", utc=True)


def _epoch(texts: "pd.Series[str]", unit: float) -> "pd.Series[pd.Timestamp]":
    """Parse whole numbers digit by digit, because nanoseconds do not fit into a float."""
    found = np.full(len(texts), np.datetime64("NaT", "us"))
    for place, text in enumerate(texts):
        try:
            whole = int(text) if "." not in text and "e" not in text.lower() else None
            micros = round((float(text) if whole is None else whole) * unit)
            if unit < 1 and whole is not None:
                micros = whole // 1_000
            found[place] = np.datetime64(micros, "us")
        except (ValueError, OverflowError):
            continue
    return pd.Series(found, index=texts.index).dt.tz_localize("UTC")


def _serial(texts: "pd.Series[str]") -> "pd.Series[pd.Timestamp]":
    """Days since the end of 1899 as in Excel, to the millisecond; none before March 1900.

    Excel treats 1900 as a leap year, so numbers below 61 are a day off.
    """
    days = pd.to_numeric(texts, errors="coerce").astype("float64")
    millis = (days.where((days >= 61) & (days < 2_958_466)) * 86_400_000).round()
    since = pd.to_timedelta(millis, unit="ms")
    return (pd.Timestamp("1899-12-30") + since).astype("datetime64[us]").dt.tz_localize("UTC")
