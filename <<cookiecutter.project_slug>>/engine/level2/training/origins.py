"""Rolling origins: the candidate's kind of model, refitted on the rows before earlier windows.

One window is one sample. Windows as long as the test part go back in time from it; each is used to
test a model trained only on the rows before it, with the chosen parameters.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..model.split import TEST

LEAST_BEFORE = 30  # rows to learn from before an origin
LEAST_AFTER = 10  # rows to judge after it
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Window:
    """Rows before an origin and the window after it, as masks over the training set."""

    start: pd.Timestamp
    end: pd.Timestamp  # the newest moment of the window
    before: Mask
    rows: Mask


def windows(time: "pd.Series[Any]", split: "pd.Series[Any]", count: int) -> tuple[Window, ...]:
    """Up to `count - 1` windows before the test part, the oldest first.

    Each has as many points in time as the test part, with at least as many before it. Empty if the
    test rows are not the newest, because the split is then not by time.
    """
    test = (split == TEST).to_numpy()
    if not test.any() or test.all() or not time[test].min() > time[~test].max():
        return ()
    moments = pd.Index(time.unique()).sort_values()
    place = moments.get_indexer(time)
    first = int(place[test].min())
    length, found = len(moments) - first, []
    for step in range(1, count):
        start = first - step * length
        before, rows = place < start, (place >= start) & (place < start + length)
        if start < length or before.sum() < LEAST_BEFORE or rows.sum() < LEAST_AFTER:
            break
        found.append(Window(moments[start], moments[start + length - 1], before, rows))
    return tuple(reversed(found))
