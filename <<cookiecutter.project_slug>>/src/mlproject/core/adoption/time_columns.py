"""Which columns say when: dates, numbers that are dates, and dates spread over columns."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from ...errors import ProjectError
from ..time_names import NAMED
from .date_parts import joined_pattern, spread
from .date_patterns import number_pattern
from .kinds import Look

MISSING = 0.05  # more rows without it, and a column is not the event time
_WORD = re.compile(
    r"date|datum|time|epoch|period|stamp|(^|_)(day|dt|ts|when|created|updated|month|at)($|_)", re.I
)
_YEAR = re.compile(r"^(fiscal|calendar|financial|sales?|report(ing)?|academic|school|survey)?_?"
                   r"(year|yr|yyyy|jahr|annee|année|año|ano|anno|season|fy)$", re.I)  # fmt: skip
_SOME_YEAR = re.compile(r"year|jahr|(^|_)(yr|yyyy|fy|season|ano|anno)(_|$)|annee|année|año", re.I)
_AMOUNT = re.compile(r"revenue|price|amount|salary|income|cost|budget|population|total|volume"
                     r"|balance|gdp|turnover|umsatz|preis|betrag", re.I)  # fmt: skip
_NOT_WHEN = re.compile(r"birth|dob|born|built|renovat|made|founded|model", re.I)
_ID = re.compile(r"(^|[_\W])(id|ids|no|nr|number|phone|tel|fax|zip|code|account|uuid)$|I[dD]$")


class When(NamedTuple):
    """Columns that are an event time together, and how it is written."""

    columns: tuple[str, ...]
    pattern: str | None  # see core/time_formats.py
    note: str = ""
    others: tuple[str, ...] = ()  # patterns that fit as well

    @property
    def name(self) -> str:
        """The columns as TIMESTAMP= takes them."""
        return ",".join(self.columns)


def asked_for(looks: Mapping[str, Look], names: Sequence[str], source: str) -> When:
    """The event time that TIMESTAMP names. Raises ProjectError where it is none."""
    if len(names) > 1:
        pattern = joined_pattern([looks[name] for name in names])
        if pattern is None:
            listed = ", ".join(f"`{name}`" for name in names)
            raise ProjectError(
                f"{source}: {listed} (TIMESTAMP) are no date together: name them like "
                "year,month,day or date,time"
            )
        columns, written = pattern
        return When(columns, written)
    item = looks[names[0]]
    if item.pattern is not None:
        return When((item.name,), item.pattern.format, item.pattern.note, item.pattern.others)
    pattern_of_numbers = number_pattern(item.numbers) if item.numbers is not None else None
    if _is_short_year(item):
        pattern_of_numbers = "%y"
    if pattern_of_numbers:
        return When((item.name,), pattern_of_numbers)
    raise ProjectError(
        f"{source}: column `{item.name}` (TIMESTAMP) does not look like dates: write them like "
        "2024-12-31 or 2024-12-31 23:00, or say how they are written with FORMAT="
    )


def find_times(looks: Mapping[str, Look], target: str) -> tuple[list[When], list[str]]:
    """Event times that the table may have, the likeliest first, and columns that could be one."""
    others = [item for name, item in looks.items() if name != target]
    found = [When((item.name,), *item.pattern) for item in others if item.pattern is not None]
    found += _numbers(others)
    parts = spread(others)
    found += [When(*parts)] if parts else []
    years = [item for item in others if item.numbers is not None and _is_year(item)]
    found += [When((item.name,), "%Y") for item in years if _YEAR.search(_tidy(item.name))]
    missing = {item.name: item.missing / item.rows for item in others}
    sure = [
        item
        for item in found
        if max(missing[name] for name in item.columns) < MISSING and not _NOT_WHEN.search(item.name)
    ]
    sure.sort(key=lambda item: max(missing[name] for name in item.columns))
    perhaps = [item.name for item in found if item not in sure]
    named = {name for item in found for name in item.columns}
    years += [item for item in others if _is_short_year(item)]
    perhaps += [item.name for item in years if item.name not in named]
    return sure, perhaps


def _numbers(others: Sequence[Look]) -> Iterator[When]:
    """Numbers that are days like 20241231, months like 202412, or seconds since 1970."""
    for item in others:
        if item.numbers is None or item.pattern is not None or item.distinct < 3:
            continue
        pattern = number_pattern(item.numbers)
        if pattern is None or pattern == "%Y":
            continue
        named = _ID.search(item.name) or _AMOUNT.search(item.name)
        if _WORD.search(item.name) or (not named and _narrow(item, pattern)):
            yield When((item.name,), pattern)


def _narrow(item: Look, pattern: str) -> bool:
    """Whether numbers without a telling name lie where only times of our days do: 2000 to 2035."""
    if pattern not in NAMED:
        return item.distinct > 10
    unit = {"unix_s": 1e0, "unix_ms": 1e3, "unix_us": 1e6, "unix_ns": 1e9}[pattern]
    known = item.known_numbers
    inside = known.min() >= 946_684_800 * unit and known.max() < 2_051_222_400 * unit
    lasting = known.max() - known.min() >= 60 * unit  # ids of a batch differ in their last digits
    return bool(inside and lasting) and item.distinct > 10


def _tidy(name: str) -> str:
    """`Fiscal Year ` as fiscal_year is written."""
    return re.sub(r"[\W_]+", "_", name).strip("_")


def _is_year(item: Look) -> bool:
    return bool(_SOME_YEAR.search(_tidy(item.name))) and number_pattern(item.known_numbers) == "%Y"


def _is_short_year(item: Look) -> bool:
    """Whether numbers of a column named so are years like 70 to 99."""
    known = item.known_numbers
    inside = len(known) > 0 and bool(((known >= 10) & (known <= 99)).all())
    return inside and bool(_SOME_YEAR.search(_tidy(item.name))) and bool((known % 1 == 0).all())
