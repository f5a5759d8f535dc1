"""How dates are written in a column, decided by all of its values."""

import re
from typing import NamedTuple

import numpy as np
import pandas as pd

SHARE = 0.9  # of values that must be dates; `ingest` then names the line of one that is not

_ISO = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{2}:?\d{2}.*)?)?$")
_DATES = (
    "%m/%d/%Y", "%d/%m/%Y", "%m/%d/%y", "%d/%m/%y", "%Y/%m/%d",
    "%d.%m.%Y", "%d.%m.%y", "%Y.%m.%d", "%m-%d-%Y", "%d-%m-%Y",
    "%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%d %B %Y", "%b %d, %Y", "%B %d, %Y", "%b %Y", "%B %Y",
)  # fmt: skip
_TIMES = ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p", "T%H:%M:%S")
_SHAPE = re.compile(
    r"(\d{1,4}[-/. ]\d{1,2}[-/.]\d{2,4}|\d{1,2}[- ][A-Za-z]{3,9}[- ]\d{2,4}"
    r"|[A-Za-z]{3,9} \d{1,4}.*)"
)


class Pattern(NamedTuple):
    """A strptime pattern, None for ISO 8601, and what was unclear about it."""

    format: str | None
    note: str = ""


def date_pattern(texts: list[str]) -> Pattern | None:
    """Return how distinct texts, in order of appearance, are dates; None where they are not."""
    few = texts[:: max(1, len(texts) // 50)][:60]
    if sum(_ISO.match(text) is not None for text in few) >= SHARE * len(few):
        iso = pd.to_datetime(pd.Series(texts), format="ISO8601", errors="coerce", utc=True)
        return Pattern(None) if iso.notna().mean() >= SHARE else None
    if sum(_SHAPE.match(text) is not None for text in few) < SHARE * len(few):
        return None
    fitting = [item for item in _patterns() if _share(few, item) >= SHARE]
    shares = {item: _share(texts, item) for item in fitting}
    best = max(shares.values(), default=0.0)
    if best < SHARE:
        return None
    equal = [item for item in fitting if shares[item] == best]
    return Pattern(equal[0]) if len(equal) == 1 else _decide(texts, equal)


def number_pattern(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> str | None:
    """How whole numbers are dates: 20241231, 202412 or 2024."""
    known = values[np.isfinite(values)].astype(np.int64)
    for pattern, low, high in (("%Y%m%d", 17_000_000, 23_000_000), ("%Y%m", 170_000, 230_000)):
        if ((known > low) & (known < high)).all():
            fits = pd.to_datetime(pd.Series(known).astype(str), format=pattern, errors="coerce")
            return pattern if fits.notna().mean() >= SHARE else None
    return "%Y" if ((known > 1700) & (known < 2300)).all() else None


def _patterns() -> list[str]:
    return [date + time for time in _TIMES for date in _DATES]


def _parse(texts: list[str], pattern: str) -> "pd.Series":
    return pd.to_datetime(pd.Series(texts), format=pattern, errors="coerce")


def _share(texts: list[str], pattern: str) -> float:
    return float(_parse(texts, pattern).notna().mean())


def _decide(texts: list[str], patterns: list[str]) -> Pattern:
    """Month or day first, where every value allows both: the one that makes an even series."""
    uneven = {item: _unevenness(_parse(texts, item)) for item in patterns}
    chosen = min(patterns, key=lambda item: uneven[item])  # the first where they are equal
    others = [item for item in patterns if item != chosen]
    clear = all(uneven[item] > uneven[chosen] for item in others)
    why = "it makes the even series" if clear else "the first of them is taken"
    return Pattern(chosen, f"{chosen} and {', '.join(others)} both fit every value, {why}")


def _unevenness(times: "pd.Series") -> float:
    """How much longer the longest step is than the usual one; infinite for dates out of order."""
    steps = times.diff().dropna() / pd.Timedelta(days=1)
    if not len(steps) or (steps <= 0).any():
        return float("inf")
    return round(float(steps.max() / steps.median()), 1)
