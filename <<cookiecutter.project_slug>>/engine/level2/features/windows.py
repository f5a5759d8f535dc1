"""Windows over events: what a key's rows come to, from each time at which that changes.

A window (t - length, t] changes when a row enters it and when one leaves. With a row for each of
these times, a join to the newest row gives what the window holds at any time asked for.
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..data.contract import TIMESTAMP
from ..data.durations import duration
from ..data.feature import Feature, Window


def changes(events: pd.DataFrame, features: Mapping[str, Feature]) -> pd.DataFrame:
    """Keys, time of change, and each window from then on, in order of time.

    `events` holds keys, event time (UTC) and the columns that windows are over.
    """
    windows = {name: item.window for name, item in features.items() if item.window is not None}
    over = {window.column for window in windows.values()}
    keys = [name for name in events.columns if name != TIMESTAMP and name not in over]
    points = [events] + [
        events[[*keys, TIMESTAMP]].assign(**{TIMESTAMP: events[TIMESTAMP] + duration(length)})
        for length in sorted({window.length for window in windows.values()})
    ]
    whole = pd.concat(points, ignore_index=True).assign(**{_ROW: 1.0})
    whole.loc[len(events) :, _ROW] = float("nan")  # a row that leaves is none that enters
    whole = whole.sort_values([*keys, TIMESTAMP], kind="stable", ignore_index=True)
    last = ~whole.duplicated([*keys, TIMESTAMP], keep="last")
    found = {name: _rolled(whole, keys, window)[last] for name, window in windows.items()}
    table = whole.loc[last, [*keys, TIMESTAMP]].assign(**found)
    return table.sort_values([TIMESTAMP, *keys], kind="stable", ignore_index=True)


_ROW = "row__"  # no name of a contract has two underscores together


def _rolled(whole: pd.DataFrame, keys: list[str], window: Window) -> Any:
    """One window at every row of a table that is in order of keys and time."""
    column = window.column or _ROW
    rolling = whole.groupby(keys, sort=False)[[TIMESTAMP, column]].rolling(
        duration(window.length), on=TIMESTAMP, closed="right", min_periods=0
    )
    return getattr(rolling[column], window.function)().to_numpy()
