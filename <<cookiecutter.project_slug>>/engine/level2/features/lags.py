"""Lags: the entity's target a number of periods earlier, looked up by time."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..base.amounts import plural
from ..data.contract import TIMESTAMP, DataContract
from ..data.zones import later

_PERIODS = {
    "D": "day",
    "B": "working day",
    "h": "hour",
    "min": "minute",
    "s": "second",
    "W": "week",
    "MS": "month",
    "ME": "month",
    "QS": "quarter",
    "QE": "quarter",
    "YS": "year",
    "YE": "year",
}


def distance(lag: int, frequency: str | None) -> str:
    """A number of periods in words: `1 day`, `30 minutes`; `2 periods` if it has no name."""
    offset = period(frequency) if frequency else None
    name, count = "period", lag
    if offset is not None and offset.name.partition("-")[0] in _PERIODS:
        name, count = _PERIODS[offset.name.partition("-")[0]], lag * offset.n
    return plural(count, name)


def lag_name(target: str, lag: int) -> str:
    """Name of the feature that holds the target `lag` periods back."""
    return f"{target}_lag_{lag}"


def unmet(derived: pd.DataFrame, contract: DataContract, lags: Sequence[int]) -> dict[int, int]:
    """How many rows with a past find no row exactly that many periods back, for each lag.

    Their time is off the frequency's grid, or the earlier row is missing from the table.
    """
    entity, time = derived[contract.entity_column], derived[TIMESTAMP]
    first = derived.groupby(entity, sort=False, observed=True)[TIMESTAMP].min()
    found = {}
    for lag in lags:
        missing = derived[lag_name(contract.target, lag)].isna().to_numpy()
        step = pd.tseries.frequencies.to_offset(contract.frequency) * lag
        since = entity[missing].map(later(first, step, contract.timezone))
        found[lag] = int((time[missing].to_numpy() >= since.to_numpy()).sum())
    return {lag: count for lag, count in found.items() if count}


def period(frequency: str) -> Any:
    """The pandas offset of a frequency like 1D, None if it is not a period forward in time."""
    try:
        offset = pd.tseries.frequencies.to_offset(frequency)
    except ValueError:
        return None
    return offset if offset.n > 0 else None


def seconds(frequency: str | None) -> float | None:
    """A period in seconds, None for months and others whose length varies."""
    if frequency is None or frequency.startswith("B"):
        return None
    days = [pd.Timestamp(day) for day in ("2024-01-01", "2024-02-01", "2024-04-01")]
    lengths = {(day + period(frequency) - day).total_seconds() for day in days}
    return lengths.pop() if len(lengths) == 1 else None


def lagged(table: pd.DataFrame, contract: DataContract, lag: int) -> "pd.Series[float]":
    """The entity's target `lag` periods earlier, NaN if there is no such row."""
    step = pd.tseries.frequencies.to_offset(contract.frequency) * lag
    past = table[[*contract.key, contract.target]].copy()
    moved = later(past[TIMESTAMP], step, contract.timezone)
    past[TIMESTAMP] = moved.astype(table[TIMESTAMP].dtype)
    joined = table[contract.key].merge(past, on=contract.key, how="left", validate="one_to_one")
    joined.index = table.index
    return joined[contract.target]
