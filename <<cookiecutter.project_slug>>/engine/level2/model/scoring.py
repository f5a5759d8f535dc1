"""Rows of a table like the adopted one, as model inputs.

Names, types and times are parsed by the functions that read the raw table, calendar and lags are
derived as for training, so that predictions see the same features as training.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..base.errors import ProjectError, WrongValueError
from ..data.canonical import arrays, renamed
from ..data.contract import TIMESTAMP, DataContract
from ..data.featurize import Featurize
from ..data.raw_rows import own_names
from ..data.time_written import written
from ..data.typed_rows import model_columns
from ..data.zones import later
from ..features.lags import lag_name, lagged, period
from ..features.transforms import derive, model_features

_NUMBERS = {"float", "int"}
_NO_INPUT = {"group": None, "sample_weight": None}  # columns that only training reads
_SLACK = pd.Timedelta(days=7)  # around the part of the past that is looked at


class Inputs(NamedTuple):
    """Rows in their original order."""

    keys: pd.DataFrame  # entity and event time, as the project names them
    columns: dict[str, Any]  # one array per feature of the model
    beyond: dict[str, npt.NDArray[np.bool_]]  # lags whose period is later than all that is known
    before: dict[str, npt.NDArray[np.bool_]]  # lags whose period was left out of what is known


def inputs(
    raw: pd.DataFrame,
    contract: DataContract,
    settings: Featurize,
    past: pd.DataFrame | None,
    given: Mapping[str, Mapping[int, float]] | None = None,
    cut: "pd.Series[pd.Timestamp] | None" = None,
    known: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> Inputs:
    """Keys and model features of raw rows; the target's column may be present and is ignored.

    `past` holds entity, event time and target of each known row (None: nothing is known), `given`
    lags that rows give themselves, by position (NaN: unknown), `cut` by entity the newest time that
    `past` omits. `known` gives the columns of further sources for typed rows that lack them. The
    index of `raw` counts its rows and has their name. Raises ProjectError naming
    row and column, the column as in the table.
    """
    own = own_names(contract)
    try:
        table = _typed(raw, contract, known)
        calm = settings.model_copy(update={"lags": ()})
        derived = derive(table, contract, calm)
        beyond, before = {}, {}
        for lag in settings.lags:
            name = lag_name(contract.target, lag)
            values, late = _looked_up(table, contract, lag, past)
            early = np.isnan(values) & ~_after(table, contract, lag, cut)
            for place, value in (given or {}).get(name, {}).items():
                values[place], late[place], early[place] = value, False, False
            derived[name], beyond[name], before[name] = values, late, early
        derived.index = raw.index
        features = model_features(contract, settings)
        columns = model_columns(derived, features, contract.source, ())
    except WrongValueError as fault:
        raise fault.called(own.get(fault.column, fault.column)) from None
    return Inputs(derived[contract.key], columns, beyond, before)


def table_of(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str], contract: DataContract
) -> pd.DataFrame:
    """Rows of JSON as a table. Numbers are numbers, whatever the table's own notation."""
    own = own_names(contract)
    plain = {own[name] for name, item in contract.features.items() if item.type in _NUMBERS}
    columns = {}
    for name in names:
        values = [row.get(name) for row in rows]
        told = {type(value) for value in values if value is not None}
        number = name in plain and told and told <= {int, float}
        columns[name] = pd.Series(values, dtype=np.float64 if number else object)
    return pd.DataFrame(columns, index=pd.RangeIndex(len(rows)))


def _typed(
    raw: pd.DataFrame,
    contract: DataContract,
    known: Callable[[pd.DataFrame], pd.DataFrame] | None = None,
) -> pd.DataFrame:
    """Keys and declared features, typed as in `ingest`, and a target of unknown values."""
    if known is not None:
        return _with_sources(raw, contract, known)
    own = own_names(contract)
    named = {own[name]: name for name in own if own[name] != name}
    apart = contract.model_copy(update={**_NO_INPUT, "rename": named})
    target = own[contract.target]
    missing = [name for name in own.values() if name not in raw.columns and name != target]
    if missing:
        raise ProjectError(f"{contract.source} has no column {', '.join(missing)}")
    nothing = pd.Series(np.nan, index=raw.index, dtype=np.float64)
    known = raw[[name for name in own.values() if name != target]].assign(**{target: nothing})
    data = dict(arrays(renamed(known, apart), apart))
    return pd.DataFrame({name: data[name] for name in apart.columns()}, copy=False)


def _with_sources(
    raw: pd.DataFrame, contract: DataContract, known: Callable[[pd.DataFrame], pd.DataFrame]
) -> pd.DataFrame:
    """The same where columns of sources that the rows do not give are looked up."""
    own = own_names(contract)
    given = {
        name: item.model_copy(update={"source": None})
        for name, item in contract.features.items()
        if item.source is None or own[name] in raw.columns
    }
    alone = contract.model_copy(update={**_NO_INPUT, "features": given, "sources": {}})
    table = _typed(raw, alone)
    whole = {**known(table), **table}
    names = [*contract.key, *contract.features, contract.target]
    return pd.DataFrame({name: whole[name] for name in names}, copy=False)


def _looked_up(
    table: pd.DataFrame, contract: DataContract, lag: int, past: pd.DataFrame | None
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    """The target that many periods before each row; and where that is beyond the known past."""
    if past is None or not len(past):
        return np.full(len(table), np.nan), np.ones(len(table), dtype=bool)
    key, step = contract.key, period(contract.frequency or "") * lag
    since = table[TIMESTAMP].min() - step - _SLACK
    near = past[(past[TIMESTAMP] >= since) & (past[TIMESTAMP] <= table[TIMESTAMP].max())]
    asked = table[key].drop_duplicates()
    named = pd.MultiIndex.from_frame(near[key])
    new = asked[~pd.MultiIndex.from_frame(asked).isin(named)]
    both = pd.concat([near[[*key, contract.target]], new], ignore_index=True)
    both = both.assign(**{"": lagged(both, contract, lag).to_numpy()})
    values = table[key].merge(both[[*key, ""]], on=key, how="left", validate="many_to_one")[""]
    last = past.groupby(contract.entity_column, sort=False)[TIMESTAMP].max()
    reach = table[contract.entity_column].map(later(last, step, contract.timezone))
    late = ~(table[TIMESTAMP].to_numpy() <= reach.to_numpy())
    return values.to_numpy(np.float64).copy(), late & values.isna().to_numpy()


def _after(
    table: pd.DataFrame,
    contract: DataContract,
    lag: int,
    cut: "pd.Series[pd.Timestamp] | None",
) -> npt.NDArray[np.bool_]:
    """Whether the period that far before each row is later than what the past omits."""
    if cut is None or not len(cut):
        return np.ones(len(table), dtype=bool)
    step = period(contract.frequency or "") * lag
    end = table[contract.entity_column].map(later(cut, step, contract.timezone))
    return ~(table[TIMESTAMP].to_numpy() <= end.to_numpy())


def raw_example(
    contract: DataContract, features: Mapping[str, Any], entity: Any, time: pd.Timestamp
) -> dict[str, Any] | None:
    """A row of the table as JSON, with declared features; None if its time cannot be written."""
    own = own_names(contract)
    told = {contract.entity: entity} if contract.entity else {}
    row = {own[name]: value for name, value in {**told, **written(contract, time)}.items()}
    row |= {own[name]: value for name, value in features.items()}
    try:
        found = _typed(table_of([row], list(row), contract), contract)
    except (ProjectError, KeyError):
        return None
    return row if not contract.has_time or found[TIMESTAMP].iloc[0] == time else None
