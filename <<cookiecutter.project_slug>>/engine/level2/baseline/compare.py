"""Compare one column of the current window with the reference window."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..model.wording import number
from ..params.decide import Signal
from ..params.monitor import Monitor
from . import distances
from .findings import Finding
from .reference import Column, Counts, Grid, Places
from .windows import Windows, mixed

DRAWS = 400  # clean windows that are drawn to learn what is usual
PREDICTION = "prediction"


@dataclass(frozen=True)
class Comparison:
    """Two statistics of a column, each with the largest value that clean windows reach."""

    column: str
    rows: int
    statistic: str  # ks for numbers, w (of chi2) for categories
    psi: float
    psi_limit: float
    gap: float
    gap_limit: float
    reference: tuple[float, ...]  # shares by bin
    current: tuple[float, ...]

    @property
    def drifted(self) -> bool:
        """Whether both statistics exceed their limits: a single one is wrong too often."""
        return self.psi > self.psi_limit and self.gap > self.gap_limit

    @property
    def times(self) -> float:
        """The multiple of the limits that is reached; up to 1 is usual."""
        return min(self.psi / self.psi_limit, self.gap / max(self.gap_limit, 1e-12))


@dataclass(frozen=True)
class Comparer:
    """Compares columns of one current window."""

    grid: Grid
    plan: Windows
    groups: Places  # of the current window's rows
    knobs: Monitor

    def __call__(self, name: str, column: Column, values: "pd.Series") -> Comparison | None:
        """Both statistics and their limits; None for too few values."""
        places = column.places(values, self.groups)
        seen = (places >= 0) & (self.groups >= 0)
        rows = int(seen.sum())
        if rows < self.knobs.min_rows or not column.counts.any():
            return None
        current = np.bincount(places[seen], minlength=column.bins).astype(np.float64)
        weights = np.bincount(self.groups[seen], minlength=column.counts.shape[1]) / rows
        total = column.counts.sum()
        pool = mixed(self.plan.pool[None], column.counts, weights)[0] * total
        pools, drawn = self._clean(column, weights, rows)
        statistic = distances.ks if column.values is None else distances.effect
        psi_limit, gap_limit = self._limits(statistic, pools * total, drawn)
        return Comparison(
            column=name,
            rows=rows,
            statistic="ks" if column.values is None else "w",
            psi=float(distances.psi(pool, current)),
            psi_limit=psi_limit,
            gap=float(statistic(pool, current)),
            gap_limit=gap_limit,
            reference=tuple(float(item) for item in distances.shares(pool)),
            current=tuple(float(item) for item in distances.shares(current)),
        )

    def _clean(self, column: Column, weights: Counts, rows: int) -> tuple[Counts, Counts]:
        """Clean windows comparable to the current one: the same entities and number of rows."""
        windows = mixed(self.plan.windows, column.counts, weights)
        pools = mixed(self.plan.pools, column.counts, weights)
        often = -(-DRAWS // len(windows))
        rng = np.random.default_rng(0)
        drawn = rng.multinomial(rows, np.repeat(windows, often, axis=0)).astype(np.float64)
        return np.repeat(pools, often, axis=0), drawn

    def _limits(
        self, statistic: Callable[[Counts, Counts], Counts], pools: Counts, drawn: Counts
    ) -> tuple[float, float]:
        margin = self.knobs.margin
        usual = margin * float(distances.psi(pools, drawn).max())
        return max(self.knobs.max_psi, usual), margin * float(statistic(pools, drawn).max())


def finding(item: Comparison, signal: Signal, seasonal: bool, alarm: bool) -> Finding:
    """The sentence for a column that drifted."""
    with_what = "the same season of earlier years" if seasonal else "the champion's data"
    detail = (
        f"`{item.column}` is distributed differently than in {with_what}: PSI {number(item.psi)}, "
        f"clean windows stay below {number(item.psi_limit)}; {item.statistic.upper()} "
        f"{number(item.gap)}, they stay below {number(item.gap_limit)}"
    )
    return Finding(signal, "drift", item.column, item.psi, item.psi_limit, detail, alarm)
