"""Hour columns beside a day, and clocks that may be 12-hour clocks."""

import re
from collections.abc import Mapping, Sequence

import pandas as pd

from ..data.time_names import NAMED
from .looks import Look

_HOUR = re.compile(
    r"(^|_)(hr|hrs|he|hour|hours|stunde|heure|hora|ora|uur)(_?(ending|end|of_day|no|number))?$",
    re.I,
)


def hour_beside(
    looks: Mapping[str, Look], times: "pd.Series", taken: set[str | None]
) -> str | None:
    """A column of whole hours, 0 to 23 or 1 to 24, beside plain days."""
    if (times != times.dt.normalize()).any():
        return None
    for name, item in looks.items():
        called = re.sub(r"[\W_]+", "_", re.sub(r"([a-z])([A-Z])", r"\1_\2", name)).strip("_")
        if name not in taken and _HOUR.search(called) and item.kind == "int" and not item.missing:
            values = item.known_numbers
            if ends_days(item) or (values.min() >= 0 and 12 <= values.max() <= 23):
                return name
    return None


def ends_days(item: Look) -> bool:
    """Whether hours are numbered 1 to 24."""
    known = item.known_numbers
    whole = item.kind == "int" and not item.missing
    return whole and bool(known.min() >= 1) and bool(known.max() == 24)


def without_hours(looks: Mapping[str, Look], names: Sequence[str]) -> tuple[list[str], str | None]:
    """The columns in TIMESTAMP without the one of hours 1 to 24, and that column."""
    hours = [name for name in names if ends_days(looks[name])]
    hours.sort(key=lambda name: _HOUR.search(name) is None)
    chosen = hours[0] if hours else None
    return [name for name in names if name != chosen], chosen


def half_clock(raw: "pd.Series", clock: "pd.Series", pattern: str | None) -> bool:
    """Whether the times may come from a 12-hour clock whose AM and PM were lost.

    Such a clock shows 12 instead of 0.
    """
    if pattern in NAMED or "%p" in str(pattern) or pd.api.types.is_datetime64_any_dtype(raw.dtype):
        return False
    hours = clock.dt.hour
    return bool(hours.between(1, 12).all()) and hours.nunique() > 2
