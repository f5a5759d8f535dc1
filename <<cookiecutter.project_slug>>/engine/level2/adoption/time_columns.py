"""Find the time columns: dates, numbers that are dates, and dates split over columns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ..base.errors import ProjectError
from ..data.time_names import EPOCHS, EXCEL
from .date_parts import joined_pattern, spread
from .date_patterns import fits
from .hours import without_hours
from .looks import Look
from .number_patterns import number_pattern
from .time_looks import is_short_year, is_year, narrow, serial_days, some_texts, tidy_name

MISSING = 0.05  # more rows without it, and a column is not the event time
_WORD = re.compile(
    r"date|julian|doy|yday|datum|time|epoch|period|stamp|(^|_)(day|dt|ts|when|created|updated|month|at)($|_)",
    re.I,
)
_YEAR = re.compile(r"^(fiscal|calendar|financial|sales?|report(ing)?|academic|school|survey)?_?"
                   r"(year|yr|yyyy|jahr|jaar|annee|année|año|ano|anno|season|fy)$",
                   re.I)  # fmt: skip
_AMOUNT = re.compile(r"revenue|price|amount|salary|income|cost|budget|population|total|volume"
                     r"|balance|gdp|turnover|umsatz|preis|betrag", re.I)  # fmt: skip
_CALLED = re.compile(
    r"^(time|date|datum|zeit)$|(date|datum|timestamp|stamp|datetime)$|fiscal|(^|_)fy(_|$)"
    r"|(^|_)period$|^(year|jahr)_?(week|month|quarter)",
    re.I,
)
_DATED = re.compile(
    r"[^\W\d_]{2,12}\.?,? \d{1,2}([./-])\d{1,2}\1\d{2,4}( .*)?"
    r"|\d{1,2}\.? ?(de )?[^\W\d_]{3,12}\.?,? ?(de )?\d{2,4}( .*)?|\d{4}[/-]\d{1,3}\b.*"
)
_DATE = re.compile(
    r"(?i:(^|_)(date|datum|fecha|datetime)(_|$))|[a-z](Date|Datum|Fecha)$"
    r"|(?i:(?<!up)(?<!man)(?<!candi)(?<!vali)date$)"
)
_NOT_WHEN = re.compile(r"birth|dob|born|built|renovat|made|founded|model", re.I)
_ID = re.compile(r"(^|[_\W])(id|ids|no|nr|number|phone|tel|fax|zip|code|account|uuid)$|I[dD]$")


class When(NamedTuple):
    """Columns that together form an event time, and how it is written."""

    columns: tuple[str, ...]
    pattern: str | None  # see data/time_formats.py
    note: str = ""
    others: tuple[str, ...] = ()  # patterns that fit as well
    hour: str | None = None  # a further column, of hours 1 to 24

    @property
    def name(self) -> str:
        """The columns as TIMESTAMP= expects them."""
        return ",".join(self.columns)


def asked_for(looks: Mapping[str, Look], names: Sequence[str], source: str) -> When:
    """The event time named by TIMESTAMP. Raises ProjectError if it is not one."""
    if len(names) > 1:
        pattern = joined_pattern([looks[name] for name in names])
        fewer, hour = without_hours(looks, names)
        if pattern is None and hour:
            return asked_for(looks, fewer, source)._replace(hour=hour)
        if pattern is None:
            listed = ", ".join(f"`{name}`" for name in names)
            raise ProjectError(
                f"{source}: {listed} (TIMESTAMP) do not form a date: name them like "
                "year,month,day or date,time"
            )
        columns, written = pattern
        return When(columns, written)
    item = looks[names[0]]
    if item.pattern is not None:
        return When((item.name,), item.pattern.format, item.pattern.note, item.pattern.others)
    pattern_of_numbers = number_pattern(item.numbers) if item.numbers is not None else None
    if is_short_year(item):
        pattern_of_numbers = "%y"
    if pattern_of_numbers is None and serial_days(item) and _DATE.search(tidy_name(item.name)):
        pattern_of_numbers = EXCEL
    if pattern_of_numbers:
        return When((item.name,), pattern_of_numbers)
    if serial_days(item):
        raise ProjectError(
            f"{source}: column `{item.name}` (TIMESTAMP) holds numbers, which may be days as Excel "
            f"counts them: say FORMAT={EXCEL}, or write them like 2024-12-31"
        )
    raise ProjectError(
        f"{source}: column `{item.name}` (TIMESTAMP) does not look like dates: write them like "
        "2024-12-31 or 2024-12-31 23:00, or say how they are written with FORMAT="
    )


def written_so(looks: Mapping[str, Look], target: str, pattern: str, source: str) -> When:
    """The column whose values match FORMAT. Raises ProjectError if there is none."""
    wanted = None if pattern == "ISO8601" else pattern
    for item in looks.values():
        if item.name != target and _written_as(item, wanted):
            return When((item.name,), wanted)
    raise ProjectError(
        f"{source}: no column is written like FORMAT={pattern}: correct it, or name the "
        "column with TIMESTAMP="
    )


def _written_as(item: Look, wanted: str | None) -> bool:
    """Whether a column matches the format; if any number would, its values must be plausible."""
    if item.numbers is not None and wanted == EXCEL:
        return serial_days(item)
    if item.numbers is not None and wanted in EPOCHS:
        return number_pattern(item.numbers) == wanted
    return fits(some_texts(item), wanted)


def find_times(looks: Mapping[str, Look], target: str) -> tuple[list[When], list[str]]:
    """Possible event times, the likeliest first, and columns that could be one."""
    others = [item for name, item in looks.items() if name != target]
    found = [When((item.name,), *item.pattern) for item in others if item.pattern is not None]
    found += _numbers(others)
    parts = spread(others)
    found += [When(*parts)] if parts else []
    years = [item for item in others if item.numbers is not None and is_year(item)]
    found += [When((item.name,), "%Y") for item in years if _YEAR.search(tidy_name(item.name))]
    missing = {item.name: item.missing / item.rows for item in others}
    sure = [
        item
        for item in found
        if max(missing[name] for name in item.columns) < MISSING and not _NOT_WHEN.search(item.name)
    ]
    sure.sort(key=lambda item: max(missing[name] for name in item.columns))
    perhaps = [item.name for item in found if item not in sure]
    named = {name for item in found for name in item.columns}
    years += [item for item in others if is_short_year(item)]
    perhaps += [item.name for item in years if item.name not in named]
    perhaps += [item.name for item in others if item.name not in named and _unread(item)]
    return sure, list(dict.fromkeys(perhaps))


def _unread(item: Look) -> bool:
    """Whether a column is named or written like a time that could not be parsed."""
    if item.kind in {"bool", "empty", "constant"} or item.missing > MISSING * item.rows:
        return False
    named = _CALLED.search(tidy_name(item.name)) is not None
    if item.numbers is not None and not _ID.search(item.name):
        days = number_pattern(item.numbers) == "%Y%j"  # and no reason to take them for the time
        parts = item.kind == "float" and _YEAR.search(tidy_name(item.name)) is not None  # 1995.25
        named = named or days or parts
    return named or sum(_DATED.fullmatch(text) is not None for text in some_texts(item)) > 20


def _numbers(others: Sequence[Look]) -> Iterator[When]:
    """Numbers that are days like 20241231 or 2024366, months like 202412, or seconds since 1970."""
    for item in others:
        if item.numbers is None or item.pattern is not None or item.distinct < 3:
            continue
        pattern = number_pattern(item.numbers)
        if pattern is None and serial_days(item) and _DATE.search(tidy_name(item.name)):
            pattern = EXCEL
        if pattern is None or pattern == "%Y":
            continue
        named = _ID.search(item.name) or _AMOUNT.search(item.name)
        if _WORD.search(item.name) or (not named and narrow(item, pattern)):
            yield When((item.name,), pattern)
