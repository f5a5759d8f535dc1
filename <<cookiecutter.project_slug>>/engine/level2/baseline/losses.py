"""The loss of each labelled row, which the reference counts and later windows are compared with."""

from typing import Any

import numpy as np
import pandas as pd

from ..model.metrics import Array
from .reference import Counts, Grid, Places

TRUTH = "truth"
_LEAST = 1e-12  # of a probability


def losses(task: str, metric: str, truth: Array, prediction: Array) -> Array:
    """The loss of each row: squared or absolute error, or the log loss of its class."""
    if task == "regression":
        error = prediction - truth
        return np.asarray(error**2 if metric in ("rmse", "r2") else np.abs(error))
    chosen = prediction[np.arange(len(truth)), truth.astype(int)]
    return np.asarray(-np.log(np.maximum(chosen, _LEAST)))


def by_slice(found: Array, times: Places, grid: Grid) -> Counts:
    """Rows, sum and sum of squares of losses in each time slice."""
    inside = (times >= 0) & (times < grid.slices)
    sums = [
        np.bincount(times[inside], part[inside], minlength=grid.slices)
        for part in (np.ones_like(found), found, found**2)
    ]
    return np.stack(sums, axis=-1).astype(np.float64)


def predictions(table: pd.DataFrame, told: dict[str, Any]) -> Array:
    """The champion's predictions: numbers, or a column of probabilities for each class."""
    if told["task"] == "regression":
        return table["prediction"].to_numpy(np.float64)
    return table[[f"p_{name}" for name in told["classes"]]].to_numpy(np.float64)
