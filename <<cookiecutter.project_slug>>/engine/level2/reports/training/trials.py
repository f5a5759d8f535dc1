"""The history of a search, family by family."""

import math
from dataclasses import dataclass
from typing import Any

from ...model.metrics import better
from ...model.records import Tuning


@dataclass(frozen=True)
class Branch:
    """Trials of one family: (number, value) of finished ones, the best value, how many failed."""

    family: str
    trials: tuple[tuple[int, float], ...]
    best: float | None
    failed: int
    chosen: bool


def read_trials(tuning: Tuning | None) -> tuple[Branch, ...]:
    """The content of artifacts/tuning.json, see training/steps/tune.py."""
    if tuning is None:
        return ()
    found = []
    for branch in tuning["branches"]:
        family = str(branch["family"])
        values = [(int(trial["number"]), trial["value"]) for trial in branch["trials"]]
        done = tuple((number, float(value)) for number, value in values if finite(value))
        best = branch["best"]["value"] if branch["best"] else None
        chosen = family == tuning["chosen"]["family"]
        found.append(Branch(family, done, best, len(values) - len(done), chosen))
    return tuple(found)


def best_so_far(task: str, metric: str, values: list[float]) -> list[float]:
    """The best value up to and including each one."""
    best: list[float] = []
    for value in values:
        best.append(value if not best or better(task, metric, value, best[-1]) else best[-1])
    return best


def finite(value: Any) -> bool:
    """Whether a value from a JSON file is a number that can be drawn."""
    return isinstance(value, int | float) and math.isfinite(value)
