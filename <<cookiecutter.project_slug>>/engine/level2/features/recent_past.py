"""The end of the known past: as much as the lags of the newest rows need."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from ..data.contract import TIMESTAMP, DataContract
from ..data.zones import later
from .lags import period


def whole(
    past: pd.DataFrame, contract: DataContract
) -> tuple[pd.DataFrame, "pd.Series[pd.Timestamp]"]:
    """All rows, and that nothing is omitted, in the form of `recent`."""
    nothing = past.iloc[:0].set_index(contract.entity_column)
    return past, nothing[TIMESTAMP]


def recent(
    past: pd.DataFrame,
    contract: DataContract,
    lags: Sequence[int],
    also: Iterable[tuple[Any, pd.Timestamp]] = (),
) -> tuple[pd.DataFrame, "pd.Series[pd.Timestamp]"]:
    """The rows to keep, and the newest time of each entity that is omitted.

    `past` holds entity, event time and target. For each entity it keeps the rows in which any lag
    (in periods) of its newest row, or of a later one, is looked up: the newest row and as many
    periods before it as the longest lag. It also keeps the rows needed by a row in `also` (entity
    and event time). Entities of which nothing is omitted are not in the second part.
    """
    entity, zone = contract.entity_column, contract.timezone
    since = past.groupby(entity, sort=False)[TIMESTAMP].max()
    for name, time in also:
        if name in since.index:
            since[name] = min(since[name], time)
    reach = later(past[TIMESTAMP], period(contract.frequency or "") * max(lags), zone)
    kept = (reach.array >= past[entity].map(since).array).astype(bool)
    return past[kept], past[~kept].groupby(entity, sort=False)[TIMESTAMP].max()
