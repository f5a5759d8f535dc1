"""The canonical table: the contract's columns, typed, one row per (entity, event_timestamp)."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd

from ..base.amounts import beyond, plural
from ..base.errors import ProjectError
from .column_numbers import numbers, weights
from .columns import Column, booleans, categories, groups, keys, labels
from .contract import ROW_ID, TIMESTAMP, DataContract
from .number_format import LARGEST_TARGET, NumberFormat
from .rows import reorder
from .times import constant, event_times, shown


def needed(contract: DataContract) -> tuple[list[str], list[str]]:
    """Raw columns to read: numeric ones and text ones."""
    raw = {new: old for old, new in contract.rename.items()}
    numeric = [
        name
        for name, feature in contract.features.items()
        if feature.type in {"float", "int"} and feature.format is None
    ]
    text = [name for name in contract.features if name not in numeric]
    plain = contract.task == "regression" and contract.target_format is None
    (numeric if plain else text).append(contract.target)
    numeric += [name for name in (contract.event_hour, contract.sample_weight) if name]
    text += [name for name in (contract.entity, *contract.time_columns) if name]
    if contract.group is not None and contract.group not in [*numeric, *text]:
        text.append(contract.group)
    return [raw.get(name, name) for name in numeric], [raw.get(name, name) for name in text]


def canonical(raw: pd.DataFrame, contract: DataContract, max_missing: float = 0.5) -> pd.DataFrame:
    """Return `contract.columns()`: float64 numbers, text categories, class codes, UTC times.

    Rows without a target are dropped, unless they exceed the share `max_missing`. Sorted by event
    time, then entity. Raises ProjectError naming the file's line or row.
    """
    return ordered(*typed(raw, contract, max_missing), contract)


def typed(
    raw: pd.DataFrame, contract: DataContract, max_missing: float
) -> tuple[pd.DataFrame, pd.Index]:
    """The canonical table in raw row order, and the label of each row in its file.

    Callers that drop `raw` before `ordered` hold a large table only once.
    """
    raw = renamed(raw, contract)
    data = dict(arrays(raw, contract))
    target = np.asarray(data[contract.target])
    known = ~np.isnan(target)
    share = 1 - known.mean()
    if not known.any():
        raise ProjectError(
            f"{contract.source}: the target `{contract.target}` is missing in every row: "
            "there is nothing to learn from"
        )
    if share > max_missing:
        much, most = beyond(share, max_missing)
        raise ProjectError(
            f"{contract.source}: the target `{contract.target}` is missing in {much} of "
            f"{plural(len(raw), 'row')}, at most {most} may be (validate.max_missing)"
        )
    lines = raw.index
    if not known.all():
        data, lines = {name: values[known] for name, values in data.items()}, lines[known]
    if contract.task != "regression":
        data[contract.target] = data[contract.target].astype(np.int64)
    return pd.DataFrame({name: data[name] for name in contract.columns()}, copy=False), lines


def renamed(raw: pd.DataFrame, contract: DataContract) -> pd.DataFrame:
    """Apply data.rename. Raises ProjectError if a column of the contract is then missing."""
    for old in contract.rename:
        if old not in raw.columns:
            raise ProjectError(
                f"{contract.source} has no column `{old}` (data.rename in params.yaml)"
            )
    table = raw.copy(deep=False)
    table.columns = [contract.rename.get(column, column) for column in raw.columns]
    wanted = {"target": contract.target, "entity": contract.entity}
    wanted |= {"event_hour": contract.event_hour, "group": contract.group}
    wanted |= {"sample_weight": contract.sample_weight}
    wanted |= {f"features.{name}": name for name in contract.features}
    times = [("event_timestamp", name) for name in contract.time_columns]
    for key, name in [*wanted.items(), *times]:
        if name is not None and name not in table.columns:
            there = ", ".join(f"`{column}`" for column in table.columns[:12])
            more = ", ..." if len(table.columns) > 12 else ""
            raise ProjectError(
                f"{contract.source} has no column `{name}` (data.{key} in params.yaml): "
                f"it has {there}{more}"
            )
        if name is not None and list(table.columns).count(name) > 1:
            raise ProjectError(
                f"{contract.source}: data.rename gives two columns the name `{name}`"
            )
    return table


def arrays(raw: pd.DataFrame, contract: DataContract) -> Iterator[tuple[str, Any]]:
    """Yield each column of the contract, typed, in the raw order of rows."""

    def column(name: str, form: NumberFormat | None = None) -> Column:
        return Column(raw[name], name, contract.source, contract.missing_markers, form)

    if contract.entity is not None:
        yield contract.entity, keys(column(contract.entity))
    elif contract.constant is not None:
        yield contract.entity_column, np.full(len(raw), contract.constant, dtype=object)
    else:
        yield ROW_ID, np.arange(len(raw), dtype=np.int64)
    yield TIMESTAMP, times(raw, contract)
    for name, feature in contract.features.items():
        if feature.type == "category":
            yield name, categories(column(name))
        elif feature.type == "bool":
            yield name, booleans(column(name))
        else:
            yield name, numbers(column(name, feature.format), integers=feature.type == "int")
    target = column(contract.target, contract.target_format)
    plain = contract.task == "regression"
    truth = (
        numbers(target, largest=LARGEST_TARGET) if plain else labels(target, contract.classes or ())
    )
    yield contract.target, truth
    if contract.sample_weight is not None:
        yield contract.sample_weight, weights(column(contract.sample_weight), ~np.isnan(truth))
    if contract.group is not None and contract.group not in (*contract.features, contract.entity):
        yield contract.group, groups(column(contract.group))


def times(table: pd.DataFrame, contract: DataContract) -> "pd.Series":
    """Event times in UTC of a table under the contract's names. Raises ProjectError."""

    def column(name: str) -> Column:
        return Column(table[name], name, contract.source, contract.missing_markers)

    if not contract.has_time:
        return constant(len(table))
    hour = column(contract.event_hour) if contract.event_hour else None
    columns = [column(name) for name in contract.time_columns]
    form, zone = contract.timestamp_format, contract.timezone
    return event_times(columns, form, hour, zone, contract.first_hour)


def ordered(table: pd.DataFrame, lines: pd.Index, contract: DataContract) -> pd.DataFrame:
    """Sort `table` in place by event time and entity.

    Raises ProjectError for a duplicate key, naming its rows as in `lines`.
    """
    if contract.entity_column == ROW_ID:
        if contract.has_time:
            moments = table[TIMESTAMP].to_numpy("datetime64[us]").view(np.int64)
            reorder(table, np.argsort(moments, kind="stable"))
        table[ROW_ID] = np.arange(len(table), dtype=np.int64)
        return table
    time = table[TIMESTAMP].to_numpy("datetime64[us]").view(np.int64)
    entity = pd.factorize(table[contract.entity_column], sort=True)[0]
    later = (time[1:] > time[:-1]) | ((time[1:] == time[:-1]) & (entity[1:] > entity[:-1]))
    if later.all():  # sorted already: no copy of a large table
        return table
    order = np.lexsort((np.arange(len(table)), entity, time))
    same = (np.diff(time[order]) == 0) & (np.diff(entity[order]) == 0)
    if same.any():
        place = int(same.argmax())
        _refuse_duplicate(table, contract, lines, int(order[place]), int(order[place + 1]))
    reorder(table, order)
    return table


def _refuse_duplicate(
    table: pd.DataFrame, contract: DataContract, lines: pd.Index, one: int, two: int
) -> None:
    parts = []
    if contract.entity is not None:
        parts.append(f"{contract.entity} `{table[contract.entity].iloc[one]}`")
    if contract.event_timestamp is not None:
        moment = shown(table[TIMESTAMP].iloc[one], contract.timezone)
        parts.append(f"{contract.time_name} {moment}")
    word = lines.name or "row"
    hint = (
        "keep one"
        if contract.entity
        else "keep one, name the column that tells them apart in data.entity, or set "
        "data.independent_rows: true"
    )
    raise ProjectError(
        f"{contract.source} {word}s {lines[one]} and {lines[two]} both have "
        f"{' and '.join(parts)}: {hint}"
    )
