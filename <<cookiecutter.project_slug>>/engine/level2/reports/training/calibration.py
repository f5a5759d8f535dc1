"""Calibration of predicted probabilities, drawn only if there are enough rows."""

import math

import numpy as np
import numpy.typing as npt

from ...model import wording
from ...model.metrics import Array
from .charts import Chart, Line, Points

Codes = npt.NDArray[np.int_]
MOST_GROUPS = 10
LEAST_GROUPS = 3  # fewer points are not a curve
LEAST_GROUP_ROWS = 50  # an observed share is within 14 points of the true one, 19 times in 20
LEAST_CLASS_ROWS = 30  # of the rarer of two classes


def groups(rows: int) -> int:
    """Number of groups of rows: at most ten, each with at least LEAST_GROUP_ROWS."""
    return max(1, min(MOST_GROUPS, rows // LEAST_GROUP_ROWS))


def too_few(truth: Codes, classes: tuple[str, ...]) -> str:
    """Why calibration cannot be assessed, as a sentence; empty if it can."""
    least = LEAST_GROUPS * LEAST_GROUP_ROWS
    found = f"there are {len(truth):,}"
    wanted = f"{least:,} test rows"
    rare = ""
    if len(classes) == 2:
        counts = np.bincount(truth, minlength=2)
        code = int(counts.argmin())
        if counts[code] < LEAST_CLASS_ROWS:
            rare = f", {counts[code]:,} of them {wording.clean(classes[code], 20)}"
        wanted += f", {LEAST_CLASS_ROWS} of each class"
    if len(truth) >= least and not rare:
        return ""
    return f"Calibration is not assessed: it needs at least {wanted}; {found}{rare}."


def calibration_points(truth: Codes, probabilities: Array) -> tuple[Array, Array, Array]:
    """Mean predicted probability, observed share and rows of groups of about equal size.

    Binary: the positive class. More classes: each class against the rest, pooled. Equal predictions
    are in one group, because their order says nothing about the truth.
    """
    if probabilities.shape[1] == 2:
        predicted, observed = probabilities[:, 1], (truth == 1).astype(float)
    else:
        predicted = probabilities.ravel()
        observed = np.eye(probabilities.shape[1])[truth].ravel()
    order = np.argsort(predicted, kind="stable")
    ascending = predicted[order]
    wanted = np.linspace(0, len(order), groups(len(truth)) + 1)[1:].round().astype(int)
    ends = np.unique(np.searchsorted(ascending, ascending[wanted - 1], side="right"))
    parts = np.split(order, ends[:-1])
    means = [(predicted[part].mean(), observed[part].mean(), len(part)) for part in parts]
    mean, seen, rows = np.array(means, dtype=float).T
    return mean, seen, rows


def calibration_chart(truth: Codes, probabilities: Array, classes: tuple[str, ...]) -> Chart | None:
    """Predicted against observed, with the range of pure chance; None for too few rows."""
    if too_few(truth, classes):
        return None
    mean, seen, rows = calibration_points(truth, probabilities)
    weight = rows / rows.sum()
    gap = float(np.sum(np.abs(mean - seen) * weight))
    # of a binomial share: the mean absolute deviation of a normal is sqrt(2 / pi) of its spread
    spread = np.sqrt(mean * (1 - mean) / rows)
    chance = float(np.sum(spread * weight)) * math.sqrt(2 / math.pi)
    name = wording.clean(classes[1], 20) if len(classes) == 2 else "a class"
    line = np.array([0.0, 1.0])
    return Chart(
        "calibration",
        f"Off by {100 * gap:.1f} points on average",
        f"predicted probability of {name}",
        "observed share",
        (
            Line(line, line, "guide", "perfect", dashed=True),
            Line(mean, seen, "candidate", "groups of rows"),
            Points(mean, seen, "candidate"),
        ),
        tall=True,
        note=f"Predicted probability against observed share in {len(rows)} groups; chance alone "
        f"would make {100 * chance:.1f} points of it.",
    )
