"""Weights of classes: what `train.class_weight` may say, and what an estimator is given."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

ClassWeight = Literal["none", "balanced"] | dict[str, float]


def checked(knob: object) -> object:
    """The knob as it is. Raises ValueError for anything but two words or weights above zero."""
    if knob in ("none", "balanced"):
        return knob
    if not isinstance(knob, Mapping) or not knob:
        raise ValueError("use none, balanced or weights by class, like {'no': 1, 'yes': 5}")
    for name, weight in knob.items():
        if not isinstance(name, str):
            raise ValueError(f"write the class `{name}` in quotes, as in data.classes")
        number = isinstance(weight, int | float) and not isinstance(weight, bool)
        if not number or not math.isfinite(weight) or weight <= 0:
            raise ValueError(f"the weight of class `{name}` must be a number above 0")
    return knob


def problems(knob: ClassWeight, classes: Sequence[str] | None) -> Iterator[str]:
    """What does not fit the task, each with the correction."""
    if knob == "none":
        return
    if classes is None:
        yield "train.class_weight needs classes: a regression has none"
    elif isinstance(knob, dict):
        for name in knob:
            if name not in classes:
                yield f"train.class_weight: `{name}` is not one of {', '.join(classes)}"


def by_code(knob: ClassWeight, classes: Sequence[str] | None) -> str | dict[int, float]:
    """The knob as an estimator takes it: weights by class code, 1 for a class not named."""
    if isinstance(knob, str):
        return knob
    return {code: knob.get(name, 1.0) for code, name in enumerate(classes or ())}
