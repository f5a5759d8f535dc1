"""The rows of a further table, typed: keys, event time, time of creation, columns."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..base.errors import ProjectError
from .column_numbers import numbers
from .columns import Column, booleans, categories
from .contract import ALL, TIMESTAMP, DataContract
from .feature import Feature
from .source import Source
from .source_columns import CREATED, join_keys, read_of, windowed
from .times import event_times, shown


def keyed(table: pd.DataFrame, contract: DataContract, source: Source) -> dict[str, "pd.Series"]:
    """The join keys of rows of the main table, under Feast's names."""
    alone = pd.Series(ALL, index=table.index, dtype=object)
    return {
        key: table[column].astype(object) if source.entity else alone
        for key, column in join_keys(contract, source).items()
    }


def typed(raw: pd.DataFrame, contract: DataContract, name: str) -> pd.DataFrame:
    """Join keys, event time, time of creation if there is one, and columns, in order of time.

    Raises ProjectError naming the file's line or row of a wrong value or of a row that is there
    twice.
    """
    source, features = contract.sources[name], read_of(contract, name)
    _there(raw, name, source, features)

    def column(known: str, item: Feature | None = None) -> Column:
        values = raw[source.raw.get(known, known)]
        form = item.format if item else None
        return Column(values, known, source.path, source.missing_markers, form)

    found = {}
    for key, known in join_keys(contract, source).items():
        found[key] = np.full(len(raw), ALL, dtype=object)
        if source.entity:
            found[key] = categories(part := column(known))
            part.first(pd.isna(found[key]), "but every row needs its key")
    times = {TIMESTAMP: source.event_timestamp, CREATED: source.created_timestamp}
    for label, when in times.items():
        if when is not None:
            moments = event_times(column(when), source.timestamp_format, None, source.timezone)
            found[label] = moments.to_numpy("datetime64[us]")
    found |= {known: _values(column(known, item), item) for known, item in features.items()}
    table = pd.DataFrame(found, copy=False)
    for label in {TIMESTAMP, CREATED} & {*found}:
        table[label] = table[label].dt.tz_localize("UTC")
    order = [label for label in found if label not in features]
    if not windowed(contract, name):
        _once(table, order, raw, source)
    return table.sort_values([TIMESTAMP, *order], kind="stable", ignore_index=True)


def _there(raw: pd.DataFrame, name: str, source: Source, features: Mapping[str, Feature]) -> None:
    """Raise ProjectError if a column is missing."""
    wanted = [*source.entity, source.event_timestamp, source.created_timestamp, *features]
    for known in wanted:
        if known is not None and (own := source.raw.get(known, known)) not in raw.columns:
            there = ", ".join(f"`{column}`" for column in raw.columns[:12])
            raise ProjectError(
                f"{source.path} has no column `{own}` (data.sources.{name} in params.yaml): "
                f"it has {there}"
            )


def _values(column: Column, feature: Feature) -> "np.ndarray":
    if feature.type == "category":
        return categories(column)
    if feature.type == "bool":
        return booleans(column)
    return numbers(column, integers=feature.type == "int")


def _once(table: pd.DataFrame, key: list[str], raw: pd.DataFrame, source: Source) -> None:
    """Raise ProjectError if two rows say something about the same key and time."""
    again = table.duplicated(key).to_numpy()
    if not again.any():
        return
    second = int(again.argmax())
    first = int((table[key] == table[key].iloc[second]).all(axis=1).to_numpy().argmax())
    word = raw.index.name or "row"
    of = [
        f"{name} `{table[name].iloc[second]}`" for name in key if name not in (TIMESTAMP, CREATED)
    ]
    at = [
        shown(table[name].iloc[second], source.timezone)
        for name in key
        if name in (TIMESTAMP, CREATED)
    ]
    right = (
        "keep one"
        if source.created_timestamp
        else ("keep one, or name the column that says when each became known (created_timestamp)")
    )
    raise ProjectError(
        f"{source.path} {word}s {raw.index[first]} and {raw.index[second]} are both of "
        f"{' and '.join([*(of if source.entity else []), *at])}: {right}"
    )
