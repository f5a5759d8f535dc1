"""Time differences between the rows of a series."""

import calendar

import numpy as np
import numpy.typing as npt
import pandas as pd

REGULAR = 0.9  # of steps that must be equal
_UNITS = (("D", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
_STARTS = (
    ("MS", 28, 31),
    ("QS", 89, 92),
    ("2QS", 181, 184),
    ("YS", 365, 366),
)  # days between first days
_ENDS = (("ME", 28, 31), ("QE", 89, 92), ("2QE", 181, 184), ("YE", 365, 366))


def frequency_of(clock: "pd.Series", groups: npt.NDArray[np.intp]) -> str | None:
    """Return the time between rows of one entity, like `1D`, `15min`, `MS`, or None.

    `clock` are local times without zone: a day counts as one even if an hour of it is missing.
    """
    micros = clock.to_numpy("datetime64[us]").view(np.int64)
    order = np.lexsort((micros, groups))
    steps = np.diff(micros[order])[np.diff(groups[order]) == 0]
    steps = steps[steps > 0]
    if len(steps) < 10:
        return None
    days = steps / 86_400e6
    midnight = bool((clock == clock.dt.normalize()).all())
    by_month = _by_month(clock, days) if midnight else None
    if by_month:
        return by_month
    sizes, counts = np.unique(steps, return_counts=True)
    if counts.max() >= REGULAR * len(steps):
        seconds, rest = divmod(int(sizes[counts.argmax()]), 1_000_000)
        return (
            None
            if rest
            else next(f"{seconds // size}{unit}" for unit, size in _UNITS if seconds % size == 0)
        )
    working = midnight and bool((clock.dt.weekday < 5).all())
    return "B" if working and float(np.isin(days, (1, 3)).mean()) >= REGULAR else None


def _by_month(clock: "pd.Series", days: npt.NDArray[np.float64]) -> str | None:
    """Months, quarters, half-years and years, counted from their first or last days."""
    for ends, names in ((clock.dt.is_month_start, _STARTS), (clock.dt.is_month_end, _ENDS)):
        if bool(ends.all()):
            for name, low, high in names:
                if float(((days >= low) & (days <= high)).mean()) >= REGULAR:
                    return _anchored(name, clock)
    return None


def _anchored(name: str, clock: "pd.Series") -> str | None:
    """The month in which the quarters or years of the series start or end."""
    if name in {"MS", "ME"}:
        return name
    month = int(clock.dt.month.iloc[0])
    usual = {"QS": (1, 4, 7, 10), "QE": (3, 6, 9, 12), "YS": (1,), "YE": (12,)}[name[-2:]]
    return name if month in usual else f"{name}-{calendar.month_abbr[month].upper()}"
