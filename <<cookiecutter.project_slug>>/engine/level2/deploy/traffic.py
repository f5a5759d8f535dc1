"""The requests that two versions answered in the same window, and whether the new one may stay."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ..params.canary import Canary

SLOWER = 0.01  # seconds: a smaller increase of the latency is never an objection
Counts = dict[str, float]
Curve = tuple[NDArray[np.float64], NDArray[np.float64]]


@dataclass(frozen=True)
class Traffic:
    """Counters of one or more pods; `le` of a histogram counts what is at most so much."""

    requests: float = 0
    failed: float = 0  # answered with 5xx
    seconds: Counts = field(default_factory=dict)  # by upper bound, cumulative
    numbers: Counts = field(default_factory=dict)  # predicted, by upper bound, cumulative
    labels: Counts = field(default_factory=dict)  # predicted classes

    def since(self, earlier: "Traffic | None") -> "Traffic":
        """What was counted after `earlier`; everything, if the counters began again."""
        if earlier is None or earlier.requests > self.requests:
            return self
        return Traffic(
            self.requests - earlier.requests,
            self.failed - earlier.failed,
            _less(self.seconds, earlier.seconds),
            _less(self.numbers, earlier.numbers),
            _less(self.labels, earlier.labels),
        )

    @property
    def failing(self) -> float:
        """Share of the requests that failed."""
        return self.failed / self.requests if self.requests else 0.0

    @property
    def p95(self) -> float:
        """Seconds within which 95 % of the requests were answered, linear within a bucket."""
        curve = _distribution(self.seconds)
        return 0.0 if curve is None else float(np.interp(0.95, curve[1], curve[0]))


def total(parts: Iterable[Traffic]) -> Traffic:
    """The traffic of several pods together."""
    found = list(parts)
    return Traffic(
        sum(part.requests for part in found),
        sum(part.failed for part in found),
        *(
            _sum([getattr(part, name) for part in found])
            for name in ("seconds", "numbers", "labels")
        ),
    )


def distance(one: Traffic, other: Traffic) -> float:
    """How far the predictions are apart, 0 to 1.

    Of numbers the largest distance of the distributions (Kolmogorov-Smirnov), linear within a
    bucket; of classes half the sum of the differences of their shares (total variation).
    """
    if one.labels or other.labels:
        names = one.labels.keys() | other.labels.keys()
        mine, theirs = _shares(one.labels), _shares(other.labels)
        return sum(abs(mine.get(name, 0) - theirs.get(name, 0)) for name in names) / 2
    curves = _distribution(one.numbers), _distribution(other.numbers)
    if curves[0] is None or curves[1] is None:
        return 0.0
    places = np.union1d(curves[0][0], curves[1][0])
    gaps = _share_below(places, curves[0]) - _share_below(places, curves[1])
    return float(np.abs(gaps).max())


def enough(old: Traffic, new: Traffic, limits: Canary) -> bool:
    """Whether both versions answered enough requests to be compared."""
    return min(old.requests, new.requests) >= limits.min_requests


def objections(old: Traffic, new: Traffic, limits: Canary) -> list[str]:
    """Why the new version may not stay; empty if it may. Each names its knob of params.yaml."""
    apart, found = distance(old, new), []
    if new.failing - old.failing > limits.max_failed_increase:
        found.append(
            f"{new.failing:.1%} of its requests failed, of the others {old.failing:.1%} "
            f"(canary.max_failed_increase {limits.max_failed_increase:g})"
        )
    if new.p95 - old.p95 > SLOWER and new.p95 > limits.max_latency_ratio * old.p95:
        found.append(
            f"its p95 is {1000 * new.p95:.0f} ms, of the others {1000 * old.p95:.0f} ms "
            f"(canary.max_latency_ratio {limits.max_latency_ratio:g})"
        )
    if apart > limits.max_prediction_distance:
        found.append(
            f"its predictions are {apart:.2f} from those of the others "
            f"(canary.max_prediction_distance {limits.max_prediction_distance:g})"
        )
    return found


def summary(old: Traffic, new: Traffic) -> str:
    """One line on both: requests, failures, latency, distance of the predictions."""
    return (
        f"{new.requests:,.0f} requests beside {old.requests:,.0f}: failed {new.failing:.1%} "
        f"({old.failing:.1%}), p95 {1000 * new.p95:.0f} ms ({1000 * old.p95:.0f}), "
        f"predictions {distance(old, new):.2f} apart"
    )


def _less(now: Counts, before: Counts) -> Counts:
    return {key: value - before.get(key, 0) for key, value in now.items()}


def _sum(parts: list[Counts]) -> Counts:
    found: Counts = {}
    for part in parts:
        for key, value in part.items():
            found[key] = found.get(key, 0) + value
    return found


def _shares(counts: Counts) -> Counts:
    every = sum(counts.values())
    return {key: value / every for key, value in counts.items()} if every else {}


def _share_below(places: NDArray[np.float64], curve: Curve) -> NDArray[np.float64]:
    bounds, shares = curve
    return np.interp(places, bounds, shares, left=0.0)


def _distribution(counts: Counts) -> Curve | None:
    """Upper bounds, ascending and finite, and the shares up to each; the rest lies above them."""
    every = counts.get("+Inf", 0)
    finite = sorted((float(bound), count) for bound, count in counts.items() if bound != "+Inf")
    if not every or not finite:
        return None
    return np.array([bound for bound, _ in finite]), np.array([n for _, n in finite]) / every
