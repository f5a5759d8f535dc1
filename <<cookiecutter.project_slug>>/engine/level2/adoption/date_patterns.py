"""Decide from all values of a column how its dates are written."""

import re
from typing import NamedTuple

import pandas as pd

from ..data.month_names import english, foreign
from ..data.time_formats import plain_pattern, read_texts
from .date_shapes import candidates

SHARE = 0.9  # of values that must be dates; `ingest` then names the line of one that is not
MOST = 60  # texts that are tried first
MANY_YEARS = 3  # with few numbers beside them, and these may be months, quarters or halves

_ISO = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{1,2}(:?\d{2}.*)?)?)?$|\d{8}T\d{4,6}")
_YEAR_MONTH = re.compile(r"\d{4}[-_/ .]\d{1,2}|\d{1,2}[-_/ .]\d{4}")


class Pattern(NamedTuple):
    """How times are written (see `time_formats`, None for ISO 8601), and what was unclear.

    `others` are patterns that fit every value as well, so that the values alone cannot decide.
    """

    format: str | None
    note: str = ""
    others: tuple[str, ...] = ()


def date_pattern(texts: list[str]) -> Pattern | None:
    """The date pattern of distinct texts, in order of appearance; None if they are not dates."""
    few = texts[:: max(1, len(texts) // 50)][:MOST]
    if foreign(few):
        texts, few = english(texts), english(few)
    if not few or not any(character.isdigit() for character in few[0]):
        return None
    if _fits(few, _ISO) and _share(few, None) >= SHARE:
        return _months(texts, Pattern(None)) if _share(texts, None) >= SHARE else None
    for name in ("quarter", "half_year", "iso_week"):
        if _share(few, name) >= SHARE:
            return Pattern(name) if _share(texts, name) >= SHARE else None
    fitting = [item for item in candidates(few) if _share(few, item) >= SHARE]
    shares = {item: _share(texts, item) for item in fitting}
    best = max(shares.values(), default=0.0)
    if best < SHARE:
        return None
    ways: dict[str, str] = {}
    for item in fitting:
        if shares[item] == best:
            ways.setdefault(plain_pattern(item), item)
    equal = list(ways.values())
    if all(_days_of_no_year(texts, item) for item in equal):
        return None
    return _months(texts, Pattern(equal[0])) if len(equal) == 1 else _decide(texts, equal)


def _months(texts: list[str], found: Pattern) -> Pattern:
    """The pattern of months and the alternatives: `1995-1` to `1995-4` may be quarters.

    `1995-01` is a month; without the zero both readings are possible.
    """
    if not all(_YEAR_MONTH.fullmatch(text) for text in texts):
        return found
    times = _parse(texts, found.format).dropna()
    most = int(times.dt.month.max()) if len(times) else 1
    if not 1 < most <= 4 or times.dt.year.nunique() < MANY_YEARS:
        return found
    name, other = ("half_year", "year_half") if most <= 2 else ("quarter", "year_quarter")
    note = f"every number beside the year is at most {most}, months or {name.replace('_', '-')}s"
    if found.format is None:
        return Pattern(None, f"{note}: read as months, or say FORMAT={other}")
    return Pattern(found.format, note, (other,))


def _days_of_no_year(texts: list[str], pattern: str) -> bool:
    """Whether `01-31` or `31 Jan`, parsed as year and month, are really days without a year.

    Their numbers then run from 1 or 2 to at least 28, and as years they would be out of order.
    """
    if "%y" not in pattern or "%d" in pattern:
        return False
    times = _parse(texts, pattern).dropna()
    years = times.dt.year - 2000
    inside = years.min() in {1, 2} and 28 <= years.max() <= 31
    return bool(inside) and _unevenness(times) == float("inf")


def fits(texts: list[str], pattern: str | None) -> bool:
    """Whether nearly all texts match the pattern."""
    return bool(texts) and _share(texts, pattern) >= SHARE


def _fits(texts: list[str], shape: "re.Pattern[str]") -> bool:
    return sum(shape.match(text) is not None for text in texts) >= SHARE * len(texts)


def _parse(texts: list[str], pattern: str | None) -> "pd.Series":
    return read_texts(pd.Series(texts, dtype=object).astype(str), pattern)


def _share(texts: list[str], pattern: str | None) -> float:
    return float(_parse(texts, pattern).notna().mean())


def _decide(texts: list[str], patterns: list[str]) -> Pattern:
    """Choose month first or day first if both fit: the one that gives a regular series."""
    uneven = {item: _unevenness(_parse(texts, item)) for item in patterns}
    chosen = min(patterns, key=lambda item: uneven[item])  # the first where they are equal
    others = tuple(item for item in patterns if item != chosen)
    both = f"{chosen} and {', '.join(others)} both fit every value"
    if all(uneven[item] > uneven[chosen] for item in others):
        return Pattern(chosen, f"{both}, it gives a regular series")
    return Pattern(chosen, both, others)


def _unevenness(times: "pd.Series") -> float:
    """Ratio of the longest step to the typical one; infinite for unordered dates."""
    steps = times.diff().dropna() / pd.Timedelta(days=1)
    if not len(steps) or (steps <= 0).any():
        return float("inf")
    return round(float(steps.max() / steps.median()), 1)
