"""Earlier windows of the same length: how much clean ones differ from their own season."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..data.contract import TIMESTAMP
from .distances import shares
from .reference import Counts, Grid, Reference, seconds

YEAR = 365.2425 * 86_400
AROUND = 15 * 86_400  # seconds of days around a season that belong to it
MOST_WINDOWS = 200

Mask = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Windows:
    """Masks over the slices of a grid: the current window's pool, and windows with their pools."""

    pool: Mask  # (slices,)
    windows: Mask  # (windows, slices)
    pools: Mask  # (windows, slices)
    seasonal: bool


def plan(grid: Grid, first: float, last: float) -> Windows:
    """The pool for a current window from `first` to `last`, and the windows to learn from.

    With two years or more, a window is compared with the same days of other years, plus 15 days
    around them; with less, with everything but itself. Without time, with everything.
    """
    if not grid.step or grid.slices < 2:
        everything = np.ones((1, grid.slices))
        return Windows(everything[0], everything, everything, seasonal=False)
    centres = (grid.start + (np.arange(grid.slices) + 0.5) * grid.step).astype(np.float64)
    length = min(max(last - first, grid.step), 0.5 * grid.slices * grid.step)
    seasonal = bool(grid.slices * grid.step >= 2 * YEAR - 2 * AROUND)
    latest = grid.start + grid.slices * grid.step - length
    starts = np.linspace(grid.start, latest, min(MOST_WINDOWS, grid.slices))
    inside = (centres >= starts[:, None]) & (centres < starts[:, None] + length)
    pools = np.stack([_pool(centres, start, start + length, seasonal) for start in starts])
    keep = inside.any(axis=1) & pools.any(axis=1)
    if not keep.any():  # hardly longer than the window itself
        everything = np.ones((1, grid.slices))
        return Windows(everything[0], everything, everything, seasonal=False)
    pool = _pool(centres, first, max(last, first + grid.step), seasonal)
    return Windows(
        pool.astype(float), inside[keep].astype(float), pools[keep].astype(float), seasonal
    )


def plan_for(reference: Reference, table: pd.DataFrame) -> Windows:
    """The plan for a table as the current window."""
    if not reference.grid.step:
        return plan(reference.grid, 0.0, 0.0)
    time = seconds(table[TIMESTAMP])
    return plan(reference.grid, float(time.min()), float(time.max()) + 1)


def _pool(centres: Counts, first: float, last: float, seasonal: bool) -> npt.NDArray[np.bool_]:
    """Slices of the same season outside the window's own time."""
    middle, half = (first + last) / 2, (last - first) / 2 + AROUND
    if not seasonal:
        return np.asarray((centres < first) | (centres >= last))
    away = np.abs(centres - middle)
    turned = np.abs((centres - middle + YEAR / 2) % YEAR - YEAR / 2)
    return np.asarray((turned <= half) & (away > half))


def mixed(masks: Mask, counts: Counts, weights: Counts) -> Counts:
    """Shares by bin under each mask, entities weighted as in the current window."""
    return np.asarray(np.einsum("web,e->wb", by_entity(masks, counts), weights))


def by_entity(masks: Mask, counts: Counts) -> Counts:
    """Shares by bin of each entity under each mask."""
    slices, entities, bins = counts.shape
    found = (masks @ counts.reshape(slices, -1)).reshape(-1, entities, bins)
    every = counts.sum(axis=0)
    empty = found.sum(axis=-1, keepdims=True) == 0  # an entity that was not there then
    return shares(np.where(empty, every, found))
