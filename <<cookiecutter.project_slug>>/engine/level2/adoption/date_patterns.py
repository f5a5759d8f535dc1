"""How dates are written in a column, decided by all of its values."""

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
    """How times are written (see `time_formats`), None for ISO 8601, and what was unclear.

    `others` fit every value as well and nothing tells which is meant.
    """

    format: str | None
    note: str = ""
    others: tuple[str, ...] = ()


def date_pattern(texts: list[str]) -> Pattern | None:
    """Return how distinct texts, in order of appearance, are dates; None where they are not."""
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
    """The pattern of months, and what else these may be: `1995-1` to `1995-4` of many years.

    Written `1995-01` they are months; without the zero nothing tells.
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
    """Whether `01-31` or `31 Jan`, read as a year and a month, are days of a year nobody says.

    Their numbers go from 1 or 2 to 28 and more, and as years they are out of order.
    """
    if "%y" not in pattern or "%d" in pattern:
        return False
    times = _parse(texts, pattern).dropna()
    years = times.dt.year - 2000
    inside = years.min() in {1, 2} and 28 <= years.max() <= 31
    return bool(inside) and _unevenness(times) == float("inf")


def fits(texts: list[str], pattern: str | None) -> bool:
    """Whether nearly all texts are times that are written so."""
    return bool(texts) and _share(texts, pattern) >= SHARE


def _fits(texts: list[str], shape: "re.Pattern[str]") -> bool:
    return sum(shape.match(text) is not None for text in texts) >= SHARE * len(texts)


def _parse(texts: list[str], pattern: str | None) -> "pd.Series":
    return read_texts(pd.Series(texts, dtype=object).astype(str), pattern)


def _share(texts: list[str], pattern: str | None) -> float:
    return float(_parse(texts, pattern).notna().mean())


def _decide(texts: list[str], patterns: list[str]) -> Pattern:
    """Month or day first, where every value allows both: the one that makes an even series."""
    uneven = {item: _unevenness(_parse(texts, item)) for item in patterns}
    chosen = min(patterns, key=lambda item: uneven[item])  # the first where they are equal
    others = tuple(item for item in patterns if item != chosen)
    both = f"{chosen} and {', '.join(others)} both fit every value"
    if all(uneven[item] > uneven[chosen] for item in others):
        return Pattern(chosen, f"{both}, it gives a regular series")
    return Pattern(chosen, both, others)


def _unevenness(times: "pd.Series") -> float:
    """How much longer the longest step is than the usual one; infinite for dates out of order."""
    steps = times.diff().dropna() / pd.Timedelta(days=1)
    if not len(steps) or (steps <= 0).any():
        return float("inf")
    return round(float(steps.max() / steps.median()), 1)
