"""A candidate and its baselines, as in evaluation.json: gains and origins won."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .metrics import gain


def beside(evaluation: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The candidate's metrics on the rows that a baseline covers."""
    partial = evaluation.get("partial", {}).get(name)
    return dict(partial["candidate"] if partial else evaluation["candidate"]["metrics"])


def gains(evaluation: Mapping[str, Any]) -> dict[str, float]:
    """How much better the candidate is than each baseline, on the same rows; NaN if unknown."""
    task, metric = evaluation["task"], evaluation["metric"]
    return {
        name: gain(
            task, metric, number(beside(evaluation, name).get(metric)), number(values.get(metric))
        )
        for name, values in evaluation["baselines"].items()
    }


def hardest(found: Mapping[str, float]) -> tuple[str, float]:
    """The baseline that is hardest to beat and the gain over it; a NaN gain counts as hardest."""
    return min(found.items(), key=lambda item: -math.inf if math.isnan(item[1]) else item[1])


def number(value: Any) -> float:
    """A finite number or NaN: a missing value compares as worse than anything."""
    good = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    return float(value) if good else math.nan


def record(
    window: Mapping[str, Any],
    task: str,
    metric: str,
    metrics: Mapping[str, float],
    compared: Mapping[str, Any],
) -> dict[str, Any]:
    """One origin: its window, the candidate's metrics, the best baseline, the gain over it.

    `compared` is the result of `baselines.compare` on the window's rows.
    """
    judged = {"task": task, "metric": metric, "candidate": {"metrics": metrics}, **compared}
    found = gains(judged)
    best, better = hardest(found) if found else ("", math.nan)
    return {
        **window,
        "metrics": dict(metrics),
        "baseline": {"name": best, metric: compared["baselines"].get(best, {}).get(metric)},
        "gain": better,
    }


def won(records: Sequence[Mapping[str, Any]], margin: float) -> int:
    """Origins in which the candidate is better than the best baseline by the margin."""
    return sum(number(item.get("gain")) >= margin for item in records)


def needed(count: int, share: float) -> int:
    """Number of origins out of `count` that a share requires: 2 of 3, 2 of 2, 3 of 4 for 0.6."""
    return math.ceil(share * count - 1e-9)


def spread(records: Sequence[Mapping[str, Any]], metric: str) -> tuple[float, float]:
    """Smallest and largest value of a metric over the origins; NaN if one has none."""
    values = [number(item["metrics"].get(metric)) for item in records]
    unknown = any(math.isnan(value) for value in values)
    return (math.nan, math.nan) if unknown else (min(values), max(values))
