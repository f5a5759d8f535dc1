"""Plots for any task: which features matter, and how tuning went."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...model import wording
from ...model.metrics import DIRECTIONS
from .charts import Bars, Chart, Line, Points
from .trials import Branch, best_so_far

MOST_FEATURES = 15
MOST_OUTSIDE = 3  # trials that the note names


def importance_chart(importance: Sequence[dict[str, Any]], task: str, metric: str) -> Chart | None:
    """How much worse the metric gets if one feature is shuffled."""
    known = [item for item in importance if item["loss"] is not None][:MOST_FEATURES]
    if not known:
        return None
    name, first = wording.label(metric), known[0]
    feature = wording.middle(first["feature"], 18)
    verb = "grows" if DIRECTIONS[task][metric] == "minimize" else "falls"
    lost = f"{verb} by {wording.share(max(0.0, float(first['loss'])), 0)}"
    losses = np.array([100 * float(item["loss"]) for item in known])
    return Chart(
        "importance",
        f"{feature} matters most",
        f"{name} gets worse by (%)",
        "",
        (Bars(tuple(wording.middle(item["feature"], 24) for item in known), losses, "candidate"),),
        note=f"With {wording.clean(first['feature'], 40)} shuffled, {name} {lost}.",
    )


def tuning_chart(branches: Sequence[Branch], task: str, metric: str, unit: str) -> Chart | None:
    """Every trial and the best so far, family by family."""
    marks: list[Points | Line] = []
    winner, results = "", []
    for rank, branch in enumerate(item for item in branches if item.trials):
        number = np.array([number for number, _ in branch.trials])
        value = np.array([value for _, value in branch.trials])
        name = wording.clean(wording.label(branch.family), 30)
        best = np.array(best_so_far(task, metric, value.tolist()))
        marks.append(Points(number, value, str(rank)))
        marks.append(Line(number, best, str(rank), name, steps=True))
        winner = wording.middle(name, 26) if branch.chosen else winner
        reached = f"{name} reaches {wording.metric(metric, branch.best, unit)}"
        results.append((not branch.chosen, reached))
    if not marks:
        return None
    limits = _limits(branches, task, metric)
    outside = _outside(branches, limits, metric, unit) if limits else []
    title = f"{winner} wins" if winner else "Trials of the search"
    note = "; ".join([*(text for _, text in sorted(results)[:3]), *outside]) + "."
    shown = unit if metric in wording.IN_UNIT_OF_TARGET else ""
    label = wording.axis(f"{wording.label(metric)}, validation rows", shown)
    return Chart("tuning", title, "trial", label, tuple(marks), limits=limits, note=note)


def _limits(branches: Sequence[Branch], task: str, metric: str) -> tuple[float, float] | None:
    """Leave hopeless trials outside, so that they do not flatten all others."""
    values = np.array([value for branch in branches for _, value in branch.trials])
    smaller = DIRECTIONS[task][metric] == "minimize"
    best = float(values.min() if smaller else values.max())
    reach = abs(float(np.median(values)) - best) * 4
    bests = [branch.best for branch in branches if branch.best is not None]
    reach = max(reach, *(1.1 * abs(value - best) for value in bests))
    worst = float(values.max() if smaller else values.min())
    if not reach or abs(worst - best) <= reach:
        return None
    room = 0.05 * reach
    return (best - room, best + reach) if smaller else (best - reach, best + room)


def _outside(
    branches: Sequence[Branch], limits: tuple[float, float], metric: str, unit: str
) -> list[str]:
    """A clause naming the trials outside the plot; empty if it shows all."""
    low, high = limits
    trials = [
        f"{wording.clean(wording.label(branch.family), 30)} {number} "
        f"({wording.metric(metric, value, unit)})"
        for branch in branches
        for number, value in branch.trials
        if not low <= value <= high
    ]
    more = f" and {len(trials) - MOST_OUTSIDE} more" if len(trials) > MOST_OUTSIDE else ""
    return [f"outside the plot: {', '.join(trials[:MOST_OUTSIDE])}{more}"] if trials else []
