"""Check whether one column of numbers or texts looks like a time."""

import re

import numpy as np

from ..data.time_names import NAMED
from .looks import Look
from .number_patterns import number_pattern

_SOME_YEAR = re.compile(r"year|jahr|(^|_)(yr|yyyy|fy|season|ano|anno)(_|$)|annee|année|año", re.I)


def serial_days(item: Look) -> bool:
    """Whether all numbers are in the range of Excel serial dates from 1982 to 2064."""
    known = item.known_numbers
    return len(known) > 0 and bool(known.min() >= 30_000) and bool(known.max() <= 60_000)


def some_texts(item: Look) -> list[str]:
    """A few values of a column, as texts."""
    if item.numbers is None:
        return [text for text in item.texts if text and text not in item.markers][:60]
    return [f"{value:.0f}" for value in item.known_numbers[:60] if float(value).is_integer()]


def narrow(item: Look, pattern: str) -> bool:
    """Whether numbers without a telling name are all in the range of times from 2000 to 2035."""
    if pattern == "%Y%j":  # or numbers that count on from 2024001
        return _whole_years(item.known_numbers)
    if pattern not in NAMED:
        return item.distinct > 10
    unit = {"unix_s": 1e0, "unix_ms": 1e3, "unix_us": 1e6, "unix_ns": 1e9}[pattern]
    known = item.known_numbers
    inside = known.min() >= 946_684_800 * unit and known.max() < 2_051_222_400 * unit
    lasting = known.max() - known.min() >= 60 * unit  # ids of a batch differ in their last digits
    return bool(inside and lasting) and item.distinct > 10


def _whole_years(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> bool:
    """Whether days run to the end of each year but the last, which a counter would not."""
    years, days = values // 1_000, values % 1_000
    ends = [days[years == year].max() for year in np.unique(years)[:-1]]
    return len(ends) > 0 and min(ends) >= 350


def tidy_name(name: str) -> str:
    """`Fiscal Year ` as fiscal_year."""
    return re.sub(r"[\W_]+", "_", name).strip("_")


def is_year(item: Look) -> bool:
    """Whether the numbers of a column with such a name are years like 1995."""
    return (
        bool(_SOME_YEAR.search(tidy_name(item.name))) and number_pattern(item.known_numbers) == "%Y"
    )


def is_short_year(item: Look) -> bool:
    """Whether the numbers of a column with such a name are years like 70 to 99."""
    known = item.known_numbers
    inside = len(known) > 0 and bool(((known >= 10) & (known <= 99)).all())
    return inside and bool(_SOME_YEAR.search(tidy_name(item.name))) and bool((known % 1 == 0).all())
