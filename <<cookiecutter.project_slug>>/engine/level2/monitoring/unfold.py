"""The reference window as rows again, for tools that need tables instead of counts."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..baseline.reference import Column, Counts, Places, Reference, labels
from ..baseline.windows import by_entity, plan_for

ROWS = 5_000


def unfold(
    reference: Reference, table: pd.DataFrame, entity: str | None, names: Iterable[str]
) -> pd.DataFrame:
    """Each column as the current window was compared with it: same season, same entities.

    Values are spread evenly in their bins; it is not known which values were in one row.
    """
    groups = reference.grid.groups(table, entity)
    pool = plan_for(reference, table).pool[None]
    return pd.DataFrame(
        {
            name: _column(column, by_entity(pool, column.counts)[0], groups, table[name])
            for name, column in reference.columns.items()
            if name in names
        }
    )


def alike(reference: Reference, table: pd.DataFrame, names: Iterable[str]) -> pd.DataFrame:
    """The same columns of the current window: categories as texts, numbers finite or missing."""
    return pd.DataFrame(
        {
            name: table[name].astype("float64").where(np.isfinite(table[name].astype("float64")))
            if column.values is None
            else labels(table[name]).where(table[name].notna(), None)
            for name, column in reference.columns.items()
            if name in names
        }
    )


def _column(column: Column, shares: Counts, groups: Places, values: "pd.Series") -> "pd.Series":
    seen = (column.places(values, groups) >= 0) & (groups >= 0)
    weights = np.bincount(groups[seen], minlength=len(shares)) / seen.sum()
    known = ROWS - round(column.missing * ROWS)
    often = _apportioned(shares * weights[:, None], known)
    if column.values is not None:
        found = np.repeat([*column.values, "(other)"], often.sum(axis=0)).astype(object)
        return pd.Series([*found, *[None] * (ROWS - known)], dtype=object)
    parts = [_spread(inner, row) for inner, row in zip(column.edges, often, strict=True)]
    return pd.Series(np.concatenate([*parts, np.full(ROWS - known, np.nan)]))


def _apportioned(shares: Counts, total: int) -> npt.NDArray[np.intp]:
    """Whole numbers that sum to `total`, as close to the shares as possible."""
    ends = np.rint(np.cumsum(shares.ravel()) / shares.sum() * total)
    return np.diff(ends, prepend=0.0).astype(np.intp).reshape(shares.shape)


def _spread(inner: tuple[float, ...], often: npt.NDArray[np.intp]) -> Counts:
    """That many values of each bin, evenly from its lower to its upper edge."""
    edges = np.array([inner[0], *inner, inner[-1]]) if inner else np.zeros(len(often) + 1)
    parts = [
        edges[place] + (edges[place + 1] - edges[place]) * (np.arange(count) + 0.5) / count
        for place, count in enumerate(often)
        if count
    ]
    return np.concatenate(parts) if parts else np.empty(0)
