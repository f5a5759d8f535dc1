"""Parts of the test rows on which a model is measured separately."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..data.labels import Cut
from .metrics import Array, compute

MOST_VALUES = 24  # a column with more values is cut into quarters


def evaluate_slices(
    table: pd.DataFrame,
    columns: Sequence[str],
    task: str,
    truth: Array,
    prediction: Array,
    least: int,
    cut: Cut | None = None,
) -> list[dict[str, Any]]:
    """Return {column, value, rows, metrics} for every slice of at least `least` rows."""
    return [
        {**name, "metrics": compute(task, truth[rows], prediction[rows], cut)}
        for name, rows in _parts(table, columns)
        if name["rows"] >= least
    ]


def small_slices(table: pd.DataFrame, columns: Sequence[str], least: int) -> list[dict[str, Any]]:
    """Return {column, value, rows} for every smaller slice, which is not measured."""
    return [name for name, _ in _parts(table, columns) if name["rows"] < least]


def _parts(
    table: pd.DataFrame, columns: Sequence[str]
) -> Iterator[tuple[dict[str, Any], npt.NDArray[np.bool_]]]:
    for column in columns:
        groups = _groups(table[column])
        for value in sorted(groups.dropna().unique(), key=str):
            rows = (groups == value).to_numpy()
            yield {"column": column, "value": str(value), "rows": int(rows.sum())}, rows


def _groups(column: "pd.Series[Any]") -> "pd.Series[Any]":
    """A label per row: the value itself, or the quartile that contains it."""
    if column.nunique() > MOST_VALUES and pd.api.types.is_numeric_dtype(column):
        return (
            pd.qcut(column, 4, duplicates="drop")
            .map(lambda cut: f"{cut.left:g} … {cut.right:g}")
            .astype(object)
        )
    if pd.api.types.is_numeric_dtype(column):
        return column.map(lambda value: f"{value:g}" if np.isfinite(value) else None)
    return column
