"""The monitor's output: findings, a state per signal, one overall verdict."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from ..params.decide import Signal

State = Literal["quiet", "warn", "alarm", "unknown"]
SIGNALS: tuple[Signal, ...] = (
    "quality",
    "data",
    "prediction",
    "target",
    "performance",
    "staleness",
)


@dataclass(frozen=True)
class Finding:
    """One unusual thing: the measured value, its limit, and the sentence."""

    signal: Signal
    kind: str
    column: str
    value: float
    limit: float
    detail: str
    alarm: bool = True


def states(findings: Iterable[Finding], looked_at: Iterable[Signal]) -> dict[Signal, State]:
    """The state of each signal; unknown if there was nothing to examine."""
    found: dict[Signal, State] = {
        name: "quiet" if name in set(looked_at) else "unknown" for name in SIGNALS
    }
    for item in findings:
        if item.alarm:
            found[item.signal] = "alarm"
        elif found[item.signal] != "alarm":
            found[item.signal] = "warn"
    return found


def worst(signals: Iterable[State]) -> State:
    """One verdict over all signals; staleness alone can be known without rows."""
    every = set(signals)
    for word in ("alarm", "warn", "quiet"):
        if word in every:
            return word
    return "unknown"
