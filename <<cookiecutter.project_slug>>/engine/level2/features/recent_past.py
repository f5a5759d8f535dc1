"""The end of what is known of the past: as much as lags of the newest rows are looked up in."""

from collections.abc import Iterable, Sequence
from typing import Any

import pandas as pd

from ..data.contract import TIMESTAMP, DataContract
from ..data.zones import later
from .lags import period


def whole(
    past: pd.DataFrame, contract: DataContract
) -> tuple[pd.DataFrame, "pd.Series[pd.Timestamp]"]:
    """All rows, and that nothing is left out, as `recent` returns it."""
    nothing = past.iloc[:0].set_index(contract.entity_column)
    return past, nothing[TIMESTAMP]


def recent(
    past: pd.DataFrame,
    contract: DataContract,
    lags: Sequence[int],
    also: Iterable[tuple[Any, pd.Timestamp]] = (),
) -> tuple[pd.DataFrame, "pd.Series[pd.Timestamp]"]:
    """The rows that are kept, and the newest time of each entity that is not.

    `past` holds entity, event time and target. Of each entity the rows are kept that any of the
    lags (in periods) of its newest row, or of a later one, is looked up in: the newest row and so
    many periods before it as the longest lag. For a row in `also` (entity and event time) those
    that it needs too. An entity of which nothing is left out is not in the second part.
    """
    entity, zone = contract.entity_column, contract.timezone
    since = past.groupby(entity, sort=False)[TIMESTAMP].max()
    for name, time in also:
        if name in since.index:
            since[name] = min(since[name], time)
    reach = later(past[TIMESTAMP], period(contract.frequency or "") * max(lags), zone)
    kept = (reach.array >= past[entity].map(since).array).astype(bool)
    return past[kept], past[~kept].groupby(entity, sort=False)[TIMESTAMP].max()
