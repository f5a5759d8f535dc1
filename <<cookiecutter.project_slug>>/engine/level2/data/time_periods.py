"""Quarters, half-years and ISO weeks in common notations: each is the day it starts."""

import re
from collections.abc import Callable

import pandas as pd

_SURE = r"(?: ?\(?[AEFPR]\)?)?"  # actual, estimated, forecast, preliminary, revised
_QUARTER = re.compile(
    r"(?:(?P<y1>\d{4})[-_/ .]?Q(?P<n1>[1-4])|Q(?P<n2>[1-4])[-_/ .']{0,2}(?P<y2>\d{4}|\d{2})"
    rf"|(?P<n3>[1-4])Q[-_/ .]?(?P<y3>\d{{4}}|\d{{2}})){_SURE}",
    re.I,
)
_HALF = re.compile(
    r"(?:(?P<y1>\d{4})[-_/ .]?[HS](?P<n1>[12])|[HS](?P<n2>[12])[-_/ .']{0,2}(?P<y2>\d{4})"
    rf"|(?P<n3>[12])[HS][-_/ .]?(?P<y3>\d{{4}})){_SURE}",
    re.I,
)
_WEEK = re.compile(
    r"(?:(?P<y1>\d{4})[-_/ .]{0,2}(?:W|KW|CW|WK|week)[-_/ .]?(?P<n1>\d{1,2})(?:-(?P<d1>[1-7]))?"
    r"|(?:W|KW|CW|WK|week)[-_/ .]?(?P<n2>\d{1,2})[-_/ .,]{1,3}(?P<y2>\d{4}))",
    re.I,
)
_YEAR_AND = re.compile(
    r"(?P<y1>\d{4})[-_/ .]{1,3}\D?0?(?P<n1>\d{1,2})|\D?0?(?P<n2>\d{1,2})[-_/ .]{1,3}(?P<y2>\d{4})"
)


def _one(found: "re.Match[str]", letter: str) -> str:
    """The group with this letter that matched."""
    return next(text for name, text in found.groupdict().items() if name[0] == letter and text)


def _century(year: str) -> str:
    """Two digits as strptime reads them: 69 to 99 are in the 1900s."""
    return year if len(year) == 4 else f"{'19' if int(year) >= 69 else '20'}{year}"


def _months(shape: "re.Pattern[str]", length: int) -> Callable[[str], str | None]:
    """A reader for periods of that many months."""

    def reader(text: str) -> str | None:
        found = shape.fullmatch(text)
        if found is None:
            return None
        first = length * (int(_one(found, "n")) - 1) + 1
        return f"{_century(_one(found, 'y'))}-{first:02d}-01"

    return reader


def _week(text: str) -> str | None:
    found = _WEEK.fullmatch(text)
    if found is None:
        return None
    year, week = int(_one(found, "y")), int(_one(found, "n"))
    try:
        return pd.Timestamp.fromisocalendar(year, week, int(found["d1"] or 1)).date().isoformat()
    except ValueError:
        return None


def _year_and(letter: str, read: Callable[[str], str | None]) -> Callable[[str], str | None]:
    """A reader for `2024 1`, two joined columns, and `2024-1`; the number may have its letter."""

    def reader(text: str) -> str | None:
        plain = re.sub(rf"(?<![A-Z]){letter} ?(?=\d)", "", text, flags=re.I)
        found = _YEAR_AND.fullmatch(plain)
        return read(f"{_one(found, 'y')}-{letter}{_one(found, 'n')}") if found else None

    return reader


READERS: dict[str, Callable[[str], str | None]] = {
    "quarter": _months(_QUARTER, 3),
    "half_year": _months(_HALF, 6),
    "iso_week": _week,
    "year_quarter": _year_and("Q", _months(_QUARTER, 3)),
    "year_half": _year_and("H", _months(_HALF, 6)),
    "year_week": _year_and("W", _week),
}
