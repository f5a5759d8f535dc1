"""Features derived from the contract's columns: calendar, lags, the team's own, the entity."""

from collections.abc import Callable

import pandas as pd

from ..data.contract import TIMESTAMP, DataContract
from ..data.feature import Feature
from ..data.featurize import Featurize
from ..data.zones import local
from . import own
from .lags import distance, lag_name, lagged

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


def entity_feature(contract: DataContract) -> str:
    """Name of the feature that repeats the entity, which Feast keeps only as the join key."""
    return f"{contract.entity_column}_key"


def model_features(contract: DataContract, settings: Featurize) -> dict[str, Feature]:
    """Every input of the model, in order: declared ones, then derived ones."""
    return {**contract.features, **derived_features(contract, settings)}


def derived_features(contract: DataContract, settings: Featurize) -> dict[str, Feature]:
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


def derive(table: pd.DataFrame, contract: DataContract, settings: Featurize) -> pd.DataFrame:
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
        out[name] = own.column(name, table, contract)
    if settings.entity_as_feature:
        out[entity_feature(contract)] = table[contract.entity_column].astype(str).to_numpy()
    return out
