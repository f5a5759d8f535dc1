"""Which columns a model leans on, measured by shuffling them."""

from typing import Any

import numpy as np
import pandas as pd

from ..data import labels
from . import estimators, metrics
from .metrics import Array

MOST_ROWS = 2_000


def importance(
    model: Any,
    task: str,
    metric: str,
    frame: pd.DataFrame,
    truth: Array,
    seed: int,
    cut: labels.Cut | None,
) -> list[dict[str, Any]]:
    """How much worse the metric gets when a column is shuffled (Breiman 2001), largest first."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(frame))[:MOST_ROWS])
    some, some_truth = frame.iloc[rows], truth[rows]

    def measured(table: pd.DataFrame) -> float:
        return metrics.compute(task, some_truth, estimators.predict(model, task, table), cut)[
            metric
        ]

    base = measured(some)
    order = rng.permutation(len(rows))
    found = []
    for name in frame.columns:
        value = measured(some.assign(**{name: some[name].to_numpy()[order]}))
        found.append({"feature": name, "loss": -metrics.gain(task, metric, value, base)})
    return sorted(found, key=lambda item: -item["loss"])
