"""The row at fault where one of the team's feature functions fails, named for its author."""

from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from ..base.errors import ProjectError
from ..data.contract import TIMESTAMP, DataContract
from ..data.times import shown


def culprit(compute: Callable[[pd.DataFrame], Any], table: pd.DataFrame) -> int | None:
    """Position of the first row on which a function that failed on the table fails.

    None if it fails on no row alone, or even without rows: then no row is to blame.
    """

    def fails(rows: pd.DataFrame) -> bool:
        try:
            compute(rows.copy())
        except ProjectError:
            return True
        return False

    if fails(table.iloc[:0]):
        return None
    passes, failing = 0, len(table)  # numbers of rows from the top
    while failing - passes > 1:
        middle = (passes + failing) // 2
        passes, failing = (passes, middle) if fails(table.iloc[:middle]) else (middle, failing)
    return failing - 1 if fails(table.iloc[failing - 1 : failing]) else None


def named(table: pd.DataFrame, place: int, inputs: Sequence[str], contract: DataContract) -> str:
    """`in the row with area = a, event_timestamp = 2019-01-01, heat = 0.0`: key and inputs."""
    row, held = table.iloc[place], {}
    entity = () if contract.constant else (contract.entity_column,)
    time = (TIMESTAMP,) if contract.has_time else ()
    for name in dict.fromkeys((*entity, *time, *inputs)):
        value = row[name]
        times = isinstance(value, pd.Timestamp)
        held[name] = shown(value, contract.timezone) if times else f"{value!s:.40}"
    return "in the row with " + ", ".join(f"{name} = {value}" for name, value in held.items())
