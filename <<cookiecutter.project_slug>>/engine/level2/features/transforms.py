"""Features derived from the contract's columns: calendar, lags of the target, the entity itself."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from ..base.amounts import plural
from ..data.contract import TIMESTAMP, DataContract
from ..data.feature import Feature
from ..data.zones import later, local
from . import own

if TYPE_CHECKING:
    from ..params.sections import Featurize

# A calendar feature is one line here: name, what it is, and its value for a series of timestamps.
CALENDAR: dict[str, tuple[Feature, Callable[[pd.Series], pd.Series]]] = {
    "hour": (Feature(type="int", min=0, max=23, unit="h"), lambda time: time.dt.hour),
    "weekday": (
        Feature(type="int", min=0, max=6, description="Monday is 0"),
        lambda time: time.dt.weekday,
    ),
    "day_of_year": (Feature(type="int", min=1, max=366), lambda time: time.dt.dayofyear),
    "day": (Feature(type="int", min=1, max=31), lambda time: time.dt.day),
    "week": (
        Feature(type="int", min=1, max=53, description="ISO week"),
        lambda time: time.dt.isocalendar().week,
    ),
    "month": (Feature(type="int", min=1, max=12), lambda time: time.dt.month),
    "quarter": (Feature(type="int", min=1, max=4), lambda time: time.dt.quarter),
}


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
    """So many periods in words: `1 day`, `30 minutes`; `2 periods` of one that has no name."""
    offset = period(frequency) if frequency else None
    name, count = "period", lag
    if offset is not None and offset.name.partition("-")[0] in _PERIODS:
        name, count = _PERIODS[offset.name.partition("-")[0]], lag * offset.n
    return plural(count, name)


def lag_name(target: str, lag: int) -> str:
    """Name of the feature that holds the target `lag` periods back."""
    return f"{target}_lag_{lag}"


def entity_feature(contract: DataContract) -> str:
    """Name of the feature that repeats the entity, which Feast keeps as the join key only."""
    return f"{contract.entity_column}_key"


def model_features(contract: DataContract, settings: "Featurize") -> dict[str, Feature]:
    """Every input of the model, in order: declared ones, then derived ones."""
    return {**contract.features, **derived_features(contract, settings)}


def derived_features(contract: DataContract, settings: "Featurize") -> dict[str, Feature]:
    """The inputs that `derive` adds to the declared ones, in order."""
    found = {name: CALENDAR[name][0] for name in settings.calendar}
    found |= {
        lag_name(contract.target, lag): Feature(
            type="float",
            nullable=True,
            unit=contract.unit,
            description=f"{contract.target} {distance(lag, contract.frequency)} earlier",
        )
        for lag in settings.lags
    }
    found |= {name: own.declared(name).feature for name in settings.own}
    if settings.entity_as_feature:
        found[entity_feature(contract)] = Feature(type="category", categories=contract.entities)
    return found


def derive(table: pd.DataFrame, contract: DataContract, settings: "Featurize") -> pd.DataFrame:
    """Return key columns and every model feature, one row per row of the ingested table.

    A lag is looked up by time, not by position: a missing period gives NaN, not another day.
    """
    names = [*contract.key, *contract.features]
    out = pd.DataFrame({name: table[name] for name in names}, copy=False)
    if settings.calendar:
        clock = local(table[TIMESTAMP], contract.timezone)
        for name in settings.calendar:
            out[name] = CALENDAR[name][1](clock).to_numpy(dtype="int32")
    for lag in settings.lags:
        out[lag_name(contract.target, lag)] = lagged(table, contract, lag)
    for name in settings.own:
        out[name] = own.column(name, table)
    if settings.entity_as_feature:
        out[entity_feature(contract)] = table[contract.entity_column].astype(str).to_numpy()
    return out


def unmet(derived: pd.DataFrame, contract: DataContract, lags: Sequence[int]) -> dict[int, int]:
    """How many rows with a past find nothing so many periods back, by lag; those that are none.

    Their time is off the grid of the frequency, or the row of then is not in the table.
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
    """The pandas offset of a frequency like 1D, None where it is no period forward in time."""
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
    """The target of the same entity `lag` periods earlier, NaN where there is no such row."""
    step = pd.tseries.frequencies.to_offset(contract.frequency) * lag
    past = table[[*contract.key, contract.target]].copy()
    moved = later(past[TIMESTAMP], step, contract.timezone)
    past[TIMESTAMP] = moved.astype(table[TIMESTAMP].dtype)
    joined = table[contract.key].merge(past, on=contract.key, how="left", validate="one_to_one")
    joined.index = table.index
    return joined[contract.target]
