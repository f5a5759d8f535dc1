"""Simple forecasts that a candidate has to beat.

`mean` (for classes their shares: `prior`) always; if rows have a time, also the entity's own mean,
its last value and its value one season earlier (for classes, shares per entity: `entity_prior`).
"""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..data.contract import ROW_ID, SERIES, TIMESTAMP, DataContract
from ..data.zones import later
from ..features.lags import lagged, period, seconds
from .metrics import Array, compute

if TYPE_CHECKING:
    from ..params.sections import Evaluate

SEASONAL = "seasonal_naive"
LEAST_SHARE = 0.1  # of the rows: a baseline that knows fewer says nothing about the candidate
DAY = 86_400
_SEASONS = {"D": 7, "B": 5, "W": 52, "MS": 12, "ME": 12, "QS": 4, "QE": 4}


def seasons(frequency: str | None) -> tuple[int, ...]:
    """Periods in the seasons of a frequency: (7,) for 1D, (24, 168) for 1h, () for yearly data."""
    offset = period(frequency) if frequency else None
    if offset is None:
        return ()
    length = seconds(frequency)
    if length is not None and length < DAY and DAY % length == 0:
        day = int(DAY / length)
        return (day, 7 * day) if length == 3600 else (day,)
    name, count = offset.name.partition("-")[0], offset.n
    if name == "D" and count % 7 == 0:
        name, count = "W", count // 7
    season = _SEASONS.get(name, 0)
    return (season // count,) if season % count == 0 and season > count else ()


def predictions(
    contract: DataContract,
    settings: "Evaluate",
    history: pd.DataFrame,
    train: pd.DataFrame,
    rows: pd.DataFrame,
) -> dict[str, Array]:
    """Each baseline's predictions for `rows`: shape (n,), or (n, k) for classes; NaN if none.

    `history` has key and target of every known row, `train` those of the training rows.
    """
    if contract.task != "regression":
        return dict(_of_classes(contract, train, rows))
    return dict(_of_numbers(contract, settings, history, train, rows))


def _of_numbers(
    contract: DataContract,
    settings: "Evaluate",
    history: pd.DataFrame,
    train: pd.DataFrame,
    rows: pd.DataFrame,
) -> Iterator[tuple[str, Array]]:
    entity, target = contract.entity_column, contract.target
    yield "mean", np.full(len(rows), train[target].mean())
    if not contract.has_time or entity == ROW_ID:
        return
    if entity != SERIES:
        means = train.groupby(train[entity].astype(str))[target].mean()
        yield "entity_mean", rows[entity].astype(str).map(means).to_numpy(dtype=float)
    horizon = max(settings.horizon, contract.horizon or 1)
    yield "last_value", _last_value(contract, horizon, history, rows)
    lag = settings.seasonal_naive_lag
    known = [season for season in seasons(contract.frequency) if season >= horizon]
    for place, season in enumerate((lag,) if lag else known):
        past = history.assign(past=lagged(history, contract, season))[[*contract.key, "past"]]
        joined = rows[contract.key].merge(past, on=contract.key, how="left", validate="one_to_one")
        yield f"{SEASONAL}_{season}" if place else SEASONAL, joined["past"].to_numpy(dtype=float)


def _last_value(
    contract: DataContract, horizon: int, history: pd.DataFrame, rows: pd.DataFrame
) -> Array:
    """The newest target of the same entity that is at least `horizon` periods old.

    Without a frequency: any earlier one.
    """
    entity, target = contract.entity_column, contract.target
    asked = rows[contract.key].assign(place=np.arange(len(rows)))
    if horizon > 1:
        back = -(horizon - 1) * pd.tseries.frequencies.to_offset(contract.frequency)
        asked[TIMESTAMP] = later(asked[TIMESTAMP], back, contract.timezone)
    past = history.loc[history[target].notna(), [*contract.key, target]]
    left, right = (
        table.assign(**{entity: table[entity].astype(str)}).sort_values(TIMESTAMP, kind="stable")
        for table in (asked.astype({TIMESTAMP: history[TIMESTAMP].dtype}), past)
    )
    found = pd.merge_asof(left, right, on=TIMESTAMP, by=entity, allow_exact_matches=False)
    return found.sort_values("place")[target].to_numpy(dtype=float)


def _of_classes(
    contract: DataContract, train: pd.DataFrame, rows: pd.DataFrame
) -> Iterator[tuple[str, Array]]:
    entity, count = contract.entity_column, len(contract.classes or ())
    codes = train[contract.target].to_numpy().astype(int)
    shares = np.bincount(codes, minlength=count) / len(codes)
    yield "prior", np.tile(shares, (len(rows), 1))
    if not contract.has_time or entity in (ROW_ID, SERIES):
        return
    seen = pd.crosstab(train[entity].astype(str).to_numpy(), codes)
    seen = seen.reindex(columns=range(count), fill_value=0)
    # one more row, of all entities' shares: no class is impossible because one entity had none
    found = (seen + shares).div(seen.sum(axis=1) + 1, axis=0)
    yield "entity_prior", found.reindex(rows[entity].astype(str)).to_numpy(dtype=float)


def compare(
    task: str, truth: Array, mine: Array, others: Mapping[str, Array], wanted: str | None = None
) -> dict[str, Any]:
    """Metrics of each baseline on the rows it covers, and the candidate's on the same rows.

    Returns `baselines` {name: metrics}; `partial` {name: {rows, candidate: metrics}} for those that
    do not cover every row; `left_out` {name: why} for those that cover too few. The baseline
    `wanted` is never left out: if it covers nothing it has no metrics, and the gate holds.
    """
    found: dict[str, Any] = {"baselines": {}, "partial": {}, "left_out": {}}
    for name, values in others.items():
        known = np.isfinite(values).reshape(len(truth), -1).all(axis=1)
        count = int(known.sum())
        if name != wanted and count < max(2.0, LEAST_SHARE * len(truth)):
            found["left_out"][name] = f"it knows {count:,} of {len(truth):,} rows"
            continue
        found["baselines"][name] = compute(task, truth[known], values[known])
        if count < len(truth):
            beside = compute(task, truth[known], mine[known])
            found["partial"][name] = {"rows": count, "candidate": beside}
    return found
