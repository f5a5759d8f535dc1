"""Digits that float32, the model's number type, can hold; and the centre that preserves them."""

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]

EXACT = 2.0**53  # whole numbers up to here are exact in float64, longer ones are names
_PLAIN = 2.0**24  # the same of float32
_LOSS = 0.01  # share of the different values that may become equal: chance among many decimals
_MUCH = 0.1  # beyond that share it is never chance
_COARSE = 1e-6  # rounding, in quartile ranges, that no model could tell from noise


def center_of(values: Floats) -> float:
    """The constant to subtract so that float32 keeps the values apart; 0 if that does not help.

    `values` are those of one feature, without missing ones.
    """
    if not merged(values, 0.0):
        return 0.0
    middle = (float(values.min()) + float(values.max())) / 2
    centers = [0.0, float(round(middle)), float(round(float(np.median(values))))]
    return min(centers, key=lambda center: _lost(values, center))


def merged(values: Floats, center: float) -> int:
    """How many different values float32 makes equal although a model could need the difference."""
    known = values[np.isfinite(values)]
    lost = _lost(known, center) if len(known) else 0
    share = lost / len(pd.unique(known)) if lost else 0.0
    if share <= _LOSS:
        return 0
    moved = known - center
    error = float(np.abs(moved - moved.astype(np.float32)).max())
    low, high = np.quantile(known, [0.25, 0.75])
    return lost if share > _MUCH or error > _COARSE * (high - low) else 0


def _lost(values: Floats, center: float) -> int:
    """Number of different values minus number of different float32 values."""
    moved = values - center
    if np.abs(moved).max() <= _PLAIN and (moved == np.round(moved)).all():
        return 0
    single = moved.astype(np.float32)
    if (single == moved).all():
        return 0
    return len(pd.unique(values)) - len(pd.unique(single))


def single(values: "pd.Series[float]", center: float) -> "pd.Series[float]":
    """A feature as the model sees it: float32, minus its centre."""
    if center:
        values = values.astype(np.float64) - center
    return values.astype(np.float32, copy=False)
