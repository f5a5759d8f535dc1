"""Prediction intervals by split conformal calibration: a prediction plus and minus a half-width.

Of n rows that a model was not fitted to, the half-width is the ceil((n + 1) * coverage)-th smallest
absolute error: a new row of the same kind is then inside with at least that probability, for that
model (Lei et al. 2018, https://doi.org/10.1080/01621459.2017.1307116, theorem 2.2). The model that
is served has learnt from those n rows too, so nothing is guaranteed: `evaluate` counts. Our own few
lines, because crepes 0.9.1 takes one rank too many for usual n and MAPIE wraps estimators, while
what is served here is ONNX and one number.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..base.errors import ProjectError
from .metrics import Array


@dataclass(frozen=True)
class Interval:
    """The nominal coverage, the half-width in units of the target, rows it was calibrated on."""

    coverage: float
    half_width: float
    rows: int

    def around(self, found: Array) -> tuple[Array, Array]:
        """Lower and upper ends of predictions of shape (n,)."""
        return found - self.half_width, found + self.half_width

    def measured(self, truth: Array, found: Array) -> float:
        """The share of rows whose truth lies inside, ends included."""
        low, high = self.around(found)
        return float(np.mean((truth >= low) & (truth <= high)))


def calibrated(coverage: float, truth: Array, found: Array) -> Interval:
    """The interval from predictions of rows that were not fitted.

    Raises ProjectError if there are too few of them.
    """
    rank = math.ceil(round((len(truth) + 1) * coverage, 9))
    if rank > len(truth):
        least = math.ceil(round(coverage / (1 - coverage), 9))
        raise ProjectError(
            f"train.coverage {coverage:g} needs {least:,} validation rows to calibrate an "
            f"interval, there are {len(truth):,}: lower it, or raise "
            "build_dataset.validation_fraction"
        )
    errors = np.sort(np.abs(np.asarray(truth, dtype=float) - found))
    return Interval(coverage, float(errors[rank - 1]), len(truth))


def read(record: Mapping[str, Any]) -> Interval | None:
    """The interval in a model's record; None if it has none."""
    told = record.get("interval")
    return Interval(**told) if told else None
