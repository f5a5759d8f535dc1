"""Distances between the rows of a series."""

import numpy as np
import numpy.typing as npt
import pandas as pd

REGULAR = 0.9  # of steps that must be equal
_UNITS = (("D", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


def frequency_of(times: "pd.Series", groups: npt.NDArray[np.intp]) -> str | None:
    """Return the distance between rows of one entity like `1D`, `1h`, `15min`, `MS`, else None."""
    micros = times.dt.tz_localize(None).to_numpy("datetime64[us]").view(np.int64)
    order = np.lexsort((micros, groups))
    steps = np.diff(micros[order])[np.diff(groups[order]) == 0]
    steps = steps[steps > 0]
    if len(steps) < 10:
        return None
    sizes, counts = np.unique(steps, return_counts=True)
    if counts.max() >= REGULAR * len(steps):
        seconds, rest = divmod(int(sizes[counts.argmax()]), 1_000_000)
        return (
            None
            if rest
            else next(f"{seconds // size}{unit}" for unit, size in _UNITS if seconds % size == 0)
        )
    days = steps / 86_400e6
    firsts = bool(((times.dt.day == 1) & (times == times.dt.normalize())).all())
    return "MS" if firsts and ((days >= 28) & (days <= 31)).mean() >= REGULAR else None
