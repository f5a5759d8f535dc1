"""How a written time is read: strptime patterns, and named formats that no pattern can say."""

import re
from collections.abc import Callable

import numpy as np
import pandas as pd

from .time_names import EPOCHS

_QUARTER = re.compile(
    r"(?:(?P<y1>\d{4})[-_/ .]?Q(?P<q1>[1-4])|Q(?P<q2>[1-4])[-_/ .']{0,2}(?P<y2>\d{4}|\d{2})"
    r"|(?P<q3>[1-4])Q[-_/ .]?(?P<y3>\d{4}|\d{2}))",
    re.I,
)
_WEEK = re.compile(
    r"(?:(?P<y1>\d{4})[-_/ .]{0,2}(?:W|KW|CW|WK|week)[-_/ .]?(?P<w1>\d{1,2})(?:-(?P<d1>[1-7]))?"
    r"|(?:W|KW|CW|WK|week)[-_/ .]?(?P<w2>\d{1,2})[-_/ .,]{1,3}(?P<y2>\d{4}))",
    re.I,
)
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
    """Texts without what a pattern cannot say: zones by name, `a.m.`, `,5` s, months at length."""
    texts = texts.str.replace("\u202f", " ", regex=False).str.replace(_COMMA, r"\1.", regex=True)
    if pattern is not None and "%p" in pattern:
        texts = texts.str.replace(_HALF, r"\1m", regex=True)
    if texts.str.contains(_ZONE).any() or texts.str.endswith("]").any():
        texts = texts.str.replace(_BRACKETED, "", regex=True)
        texts = texts.str.replace(_ZONE, lambda found: _ABBREVIATED[found[0].strip()], regex=True)
    if pattern is None or ("%b" not in pattern and "%B" not in pattern):
        return texts
    texts = texts.str.replace(_DAY, " ", regex=True).str.replace(",", " ", regex=False)
    texts = texts.str.replace(_ORDINAL, r"\1", regex=True)
    texts = texts.str.replace(_MONTH, lambda found: found[1], regex=True)
    return texts.str.split().str.join(" ")


def plain_pattern(pattern: str) -> str:
    """The pattern for texts that `plainer` has made plain."""
    pattern = pattern.replace("%S,%f", "%S.%f")
    if "%b" not in pattern and "%B" not in pattern:
        return pattern
    pattern = pattern.replace("%B", "%b").replace("%b.", "%b").replace(",", " ")
    return " ".join(pattern.split())


def read_texts(texts: "pd.Series[str]", pattern: str | None) -> "pd.Series[pd.Timestamp]":
    """Times of distinct texts, in UTC; NaT for one that is not written so.

    `pattern` is a strptime pattern, one of `NAMED`, or None for ISO 8601. A text without an offset
    comes back as if it were UTC.
    """
    if pattern in EPOCHS:
        return _epoch(texts, EPOCHS[pattern])
    if pattern is not None and "." not in pattern:  # whole numbers of a column that had gaps
        texts = texts.str.replace(r"(?<=\d)\.0(?= |$)", "", regex=True)
    if pattern in _READERS:
        return pd.to_datetime(texts.map(_READERS[pattern]), errors="coerce", utc=True)
    texts = plainer(texts, pattern)
    written = "ISO8601" if pattern is None else plain_pattern(pattern)
    return pd.to_datetime(texts, format=written, errors="coerce", utc=True)


def _epoch(texts: "pd.Series[str]", unit: float) -> "pd.Series[pd.Timestamp]":
    """Whole numbers are read digit by digit: nanoseconds do not fit into a float."""
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


def _quarter(text: str) -> str | None:
    found = _QUARTER.fullmatch(text)
    if found is None:
        return None
    year = found["y1"] or found["y2"] or found["y3"]
    quarter = int(found["q1"] or found["q2"] or found["q3"])
    return f"{_century(year)}-{3 * quarter - 2:02d}-01"


def _century(year: str) -> str:
    """Two digits as strptime reads them: 69 to 99 are of the last century."""
    return year if len(year) == 4 else f"{'19' if int(year) >= 69 else '20'}{year}"


def _week(text: str) -> str | None:
    found = _WEEK.fullmatch(text)
    if found is None:
        return None
    year, week = int(found["y1"] or found["y2"]), int(found["w1"] or found["w2"])
    try:
        return pd.Timestamp.fromisocalendar(year, week, int(found["d1"] or 1)).date().isoformat()
    except ValueError:
        return None


def _year_and(letter: str, read: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """A reader of `2024 1`, two columns joined, where the second may have its letter or not."""

    def reader(text: str) -> str | None:
        year, _, number = text.partition(" ")
        number = number.strip().upper().removeprefix(letter).strip()
        return read(f"{year}-{letter}{number}")

    return reader


_READERS: dict[str, Callable[[str], str | None]] = {
    "quarter": _quarter,
    "iso_week": _week,
    "year_quarter": _year_and("Q", _quarter),
    "year_week": _year_and("W", _week),
}
