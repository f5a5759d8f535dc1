"""Whole numbers that are dates: days, months, years written in digits, or time since 1970."""

import numpy as np
import pandas as pd

from ..data.digits import EXACT
from .date_patterns import SHARE

_DIGITS = (
    ("%Y%m%d%H%M%S", 17_000_000_000_000, 23_000_000_000_000),
    ("%Y%m%d%H%M", 170_000_000_000, 230_000_000_000),
    ("%Y%m%d", 17_000_000, 23_000_000),
    ("%Y%m", 170_000, 230_000),
)


def number_pattern(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> str | None:
    """The date pattern of whole numbers: 20241231, 202412, 2024, or an epoch in s, ms, us or ns."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    if _written_out(known, "%Y%m%d%H", 1_980_000_000, 2_060_000_000):
        return "%Y%m%d%H"  # 2024123123, which is also a second of the year 2034
    for name, unit in (("unix_s", 1e0), ("unix_ms", 1e3), ("unix_us", 1e6), ("unix_ns", 1e9)):
        if known.min() >= 315_532_800 * unit and known.max() < 2_840_140_800 * unit:
            return name  # 1980 to 2059
    if np.abs(known).max() >= EXACT:
        return None
    whole = known.astype(np.int64)
    for pattern, low, high in _DIGITS:
        if ((whole > low) & (whole < high)).all():
            return pattern if _written_out(known, pattern, low, high) else None
    if _written_out(known, "%Y%j", 1_700_000, 2_300_000, 1.0):
        return "%Y%j"
    return "%Y" if ((whole > 1700) & (whole < 2300)).all() and (whole == known).all() else None


def _written_out(
    known: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    pattern: str,
    low: int,
    high: int,
    share: float = SHARE,
) -> bool:
    """Whether the digits of numbers between two bounds are year, month and so on."""
    if not ((known > low) & (known < high)).all():
        return False
    texts = pd.Series(np.unique(known).astype(np.int64)).astype(str)
    return bool(pd.to_datetime(texts, format=pattern, errors="coerce").notna().mean() >= share)
