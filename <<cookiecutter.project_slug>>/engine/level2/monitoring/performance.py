"""How large the champion's errors are on new labels, compared with its test rows."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..baseline.findings import Finding
from ..baseline.losses import TRUTH, losses, predictions
from ..baseline.reference import Counts, Grid
from ..data import labels
from ..model import intervals, wording
from ..model.metrics import compute
from ..params.monitor import Monitor
from ..prediction_log.feedback import SENT_BACK


@dataclass(frozen=True)
class Performance:
    """Mean loss of the labelled rows, its limit, the familiar metric, and intervals' coverage."""

    rows: int
    loss: float
    usual: float
    limit: float
    metric: str
    value: float
    accepted: float | None
    coverage: float | None = None  # that the intervals promise; None: the champion has none
    covered: float | None = None  # the share of labelled rows inside


def judge(
    labelled: pd.DataFrame, grid: Grid, reference: Counts, told: dict[str, Any], knobs: Monitor
) -> tuple[Performance, list[Finding]] | None:
    """Compare labelled rows with windows of the champion's test rows; None for too few."""
    if len(labelled) < knobs.min_rows or not reference[:, 0].any():
        return None
    task, metric = told["task"], told["metric"]
    truth = labelled[TRUTH].to_numpy(np.float64)
    prediction = predictions(labelled, told)
    found = losses(task, metric, truth, prediction)
    usual, limit = _allowed(grid, reference, len(found), knobs)
    now = Performance(
        rows=len(found),
        loss=float(found.mean()),
        usual=usual,
        limit=limit,
        metric=metric,
        value=compute(task, truth, prediction, labels.read(told)).get(metric, math.nan),
        accepted=told["metrics"].get(metric),
        **_covered(told, truth, prediction),
    )
    return now, [*_grown(now), *_uncovered(now, knobs)]


def _covered(told: dict[str, Any], truth: Any, prediction: Any) -> dict[str, float]:
    interval = intervals.read(told)
    if interval is None:
        return {}
    return {"coverage": interval.coverage, "covered": interval.measured(truth, prediction)}


def _uncovered(now: Performance, knobs: Monitor) -> Iterator[Finding]:
    """An alarm if too few of the labels lie in the interval of their prediction."""
    least = knobs.coverage
    if least is None or now.covered is None or now.covered >= least:
        return
    share = math.floor(1_000 * now.covered) / 10  # never rounded up to what is wanted
    detail = (
        f"{share:g}% of {now.rows:,} labels are inside the {100 * (now.coverage or 0):.6g}% "
        f"interval of their prediction, at least {100 * least:.6g}% are wanted (monitor.coverage)"
    )
    yield Finding("performance", "coverage", TRUTH, now.covered, least, detail)


def _grown(now: Performance) -> Iterator[Finding]:
    """An alarm if the mean loss is above its limit."""
    if now.loss <= now.limit:
        return
    metric = now.metric
    detail = (
        f"the champion's errors have grown: mean loss {wording.number(now.loss)} on {now.rows:,} "
        f"labelled rows, {wording.number(now.usual)} when it was accepted, "
        f"{wording.number(now.limit)} is allowed; {wording.label(metric)} "
        f"{wording.metric(metric, now.value)}, accepted with {wording.metric(metric, now.accepted)}"
    )
    yield Finding("performance", "loss", TRUTH, now.loss, now.limit, detail)


def sent_back(
    table: pd.DataFrame, grid: Grid, reference: Counts, told: dict[str, Any], knobs: Monitor
) -> Finding | None:
    """An alarm if the feedback alone shows that the champion's errors have grown.

    People report wrong predictions: all other rows count as right, so this is a lower bound of the
    mean loss. A measured label takes precedence.
    """
    if SENT_BACK not in table or not reference[:, 0].any():
        return None
    known = table[SENT_BACK].notna()
    rows = table[known & table[TRUTH].isna()] if TRUTH in table else table[known]
    if len(rows) < knobs.min_rows:
        return None
    said = rows[SENT_BACK].to_numpy(np.float64)
    least = float(losses(told["task"], told["metric"], said, predictions(rows, told)).sum())
    least /= len(table)
    usual, limit = _allowed(grid, reference, len(table), knobs)
    if least <= limit:
        return None
    detail = (
        f"{len(rows):,} of {len(table):,} predictions were corrected by feedback: mean loss "
        f"{wording.number(least)} even if all others were right, {wording.number(usual)} when the "
        f"champion was accepted, {wording.number(limit)} is allowed"
    )
    return Finding("performance", "sent_back", SENT_BACK, least, limit, detail)


def _allowed(grid: Grid, reference: Counts, count: int, knobs: Monitor) -> tuple[float, float]:
    """The usual mean loss, and the largest allowed one for `count` rows."""
    rows, total, squares = reference.sum(axis=0)
    usual = total / rows
    noise = 3 * np.sqrt(max(squares / rows - usual**2, 0.0) / count)
    limit = max(knobs.max_loss * usual, knobs.margin * _worst(grid, reference, knobs) + noise)
    return float(usual), float(limit)


def _worst(grid: Grid, reference: Counts, knobs: Monitor) -> float:
    """The largest mean loss of a window as long as the current one."""
    length = max(1, int(knobs.window_days * 86_400 // grid.step)) if grid.step else grid.slices
    seen = np.flatnonzero(reference[:, 0])
    part = reference[seen[0] : seen[-1] + 1]
    length = min(length, len(part))
    sums = np.cumsum(np.vstack([np.zeros(3), part]), axis=0)
    windows = sums[length:] - sums[:-length]
    whole = windows[:, 0] >= 0.5 * windows[:, 0].max()
    return float((windows[whole, 1] / windows[whole, 0]).max())
