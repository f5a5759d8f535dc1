"""Whether two forms of a model give the same numbers, on real and on unusual rows."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..data.feature import Feature
from .frames import MISSING_CATEGORY
from .metrics import Array


def probe_rows(
    frame: pd.DataFrame, features: Mapping[str, Feature], count: int, seed: int
) -> pd.DataFrame:
    """Up to `count` real rows, then edge rows: extremes, zeros, missing, unknown categories.

    Missing numbers are probed if the contract allows them.
    """
    real = frame.sample(min(count, len(frame)), random_state=seed).reset_index(drop=True)
    edges = []
    for name, feature in features.items():
        values = (
            [frame[name].min(), frame[name].max(), 0.0, -1.0]
            if feature.numeric
            else ["never seen before", MISSING_CATEGORY]
        )
        if feature.numeric and feature.nullable:
            values.append(np.nan)
        rows = real.iloc[np.arange(len(values)) % len(real)].copy()
        rows[name] = pd.Series(values, index=rows.index, dtype=frame[name].dtype)
        edges.append(rows)
    return pd.concat([real, *edges], ignore_index=True)


def compare(left: Array, right: Array) -> dict[str, float | int]:
    """Return rows, max_difference and relative_difference (to the spread of `left`).

    NaN on either side counts as infinite difference.
    """
    difference = np.abs(left - right)
    largest = float(np.max(difference)) if np.isfinite(difference).all() else float("inf")
    spread = float(np.std(left)) if np.isfinite(left).all() else float("nan")
    relative = largest / max(spread, 1e-12) if largest else 0.0
    return {"rows": len(left), "max_difference": largest, "relative_difference": relative}
