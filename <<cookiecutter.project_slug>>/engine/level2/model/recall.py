"""How much of each class a model finds, and how much the gate requires."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from ..base.amounts import plural
from ..data.labels import Codes
from .metrics import Array

FEW = 5  # rows of a class below which finding none of them may be chance
EVERY = "finds every class"
ONE = "recall of "
HINT = "evaluate.threshold or train.class_weight can find more"


class Judged(NamedTuple):
    """One rule's outcome."""

    name: str
    passed: bool
    detail: str


def found(truth: Array, answered: Codes, classes: Sequence[str]) -> list[dict[str, Any]]:
    """{class, rows, found} for each class: its rows, and how many of them are predicted so."""
    return [
        {
            "class": name,
            "rows": int(np.sum(truth == code)),
            "found": int(np.sum((truth == code) & (answered == code))),
        }
        for code, name in enumerate(classes)
    ]


def wanted(name: str, least: Mapping[str, float] | float | None) -> float | None:
    """The share of a class that must be found; None if there is no such rule."""
    return least.get(name) if isinstance(least, Mapping) else least


def judge(
    recalls: Sequence[Mapping[str, Any]] | None, least: Mapping[str, float] | float | None
) -> Iterator[Judged]:
    """A rule for each class with a required recall; one for all others, that none is missed."""
    if not recalls:  # numbers are predicted, or it was evaluated before they were counted
        return
    others = []
    for item in recalls:
        share = wanted(item["class"], least)
        if share is None:
            others.append(item)
        else:
            yield _one(item, share)
    never = [item for item in others if item["found"] == 0 and item["rows"] >= FEW]
    if others:
        said = "; ".join(
            f"class {item['class']} is never found: none of its {item['rows']:,} test rows"
            for item in never
        )
        yield Judged(EVERY, not never, f"{said}; {HINT}" if never else "no class is missed")


def _one(item: Mapping[str, Any], share: float) -> Judged:
    name, rows, hits = item["class"], item["rows"], item["found"]
    bound = f"wanted ≥ {share:.0%} (promote.min_recall)"
    if not rows:
        return Judged(ONE + name, share == 0, f"class {name} has no test row to judge, {bound}")
    passed = hits / rows >= share
    some = f"class {name} is found in {hits:,}" if hits else f"class {name} is never found: in 0"
    detail = f"{some} of {plural(rows, 'row')} ({hits / rows:.0%}), {bound}"
    return Judged(ONE + name, passed, detail if passed else f"{detail}; {HINT}")


def problems(
    least: Mapping[str, float] | float | None, classes: Sequence[str] | None
) -> Iterator[str]:
    """What does not fit the task, each with the correction."""
    if least is not None and classes is None:
        yield "promote.min_recall needs classes: a regression has none"
    for name in least if isinstance(least, Mapping) else ():
        if name not in (classes or (name,)):
            yield f"promote.min_recall: `{name}` is not one of {', '.join(classes or ())}"
