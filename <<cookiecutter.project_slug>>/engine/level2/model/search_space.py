"""The search space of params.yaml: its limits, and parsing of its values."""

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from ..data.feature import Strict

Sampler = Literal["tpe", "random", "grid", "sobol"]
Value = str | float | int | bool
LEAST_LOG = 1e-10  # Katib's tpe starts no log range below this, whatever min says
MOST_VALUES = 10_000  # of a range with a step, or of the grid of one family
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_WORD = re.compile(r"[\w.+-]+", re.ASCII)  # Katib hands values to a shell: nothing it would read


class Range(Strict):
    """One dimension of the search space."""

    type: Literal["double", "int", "categorical"]
    min: float | None = None
    max: float | None = None
    log: bool = False
    step: float | None = Field(None, gt=0)
    list: tuple[Value, ...] | None = None

    @model_validator(mode="after")
    def _coherent(self) -> "Range":
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        if self.type == "categorical":
            yield from self._categorical_problems()
            return
        if self.list is not None or self.min is None or self.max is None:
            yield f"a range of type {self.type} needs min and max"
        elif self.min >= self.max:
            yield f"min {self.min:g} must be below max {self.max:g}"
        elif self.log and (self.min <= 0 or self.step is not None):
            yield "a log range needs min above 0 and no step"
        elif self.log and self.min < LEAST_LOG:
            yield f"a log range needs min of at least {LEAST_LOG:g}"
        elif self.type == "int" and any(
            number != int(number) for number in (self.min, self.max, self.step or 1)
        ):
            yield "an int range needs whole numbers"
        elif self.step and (self.max - self.min) / self.step >= MOST_VALUES:
            yield f"a step may make at most {MOST_VALUES} values: widen it or leave it out"

    def _categorical_problems(self) -> Iterator[str]:
        set_too = self.min is not None or self.max is not None or self.log or self.step
        if not self.list or set_too:
            yield "a categorical range has a list and nothing else"
            return
        texts = [text_of(value) for value in self.list]
        for text in texts:
            if not _WORD.fullmatch(text):
                yield f"`{text}` cannot be passed to a trial: use letters, digits and _ . + -"
            if texts.count(text) > 1:
                yield f"`{text}` appears twice: a trial could not tell one from the other"

    @property
    def bounds(self) -> tuple[float, float]:
        """Both ends of a numeric range."""
        return (self.min or 0.0, self.max or 0.0)

    def values(self) -> tuple[Value, ...] | None:
        """All values, None if they cannot be listed."""
        if self.list is not None:
            return self.list
        low, high = self.bounds
        if self.type == "int":
            return tuple(range(int(low), int(high) + 1, int(self.step or 1)))
        if self.step is None:
            return None
        count = math.floor((high - low) / self.step + 1e-9)
        return tuple(float(f"{low + place * self.step:.12g}") for place in range(count + 1))

    def parse(self, text: str) -> Value:
        """The typed value of a text. Raises ValueError for one outside the space."""
        if self.list is not None:
            for value in self.list:
                if text_of(value) == text:
                    return value
            raise ValueError(f"`{text}` is not one of {', '.join(map(text_of, self.list))}")
        low, high = self.bounds
        number = float(text)  # a ValueError of its own for what is not a number
        slack = 1e-9 * max(abs(low), abs(high))
        if not low - slack <= number <= high + slack:
            raise ValueError(f"{text} is not between {low:g} and {high:g}")
        if self.step and abs((number - low) / self.step - round((number - low) / self.step)) > 1e-6:
            raise ValueError(f"{text} is not a step of {self.step:g} from {low:g}")
        if self.type == "int" and number != int(number):
            raise ValueError(f"{text} is not a whole number")
        return int(number) if self.type == "int" else min(max(number, low), high)


Space = Mapping[str, Range]


def text_of(value: Value) -> str:
    """A value as text for a trial; `parse` reads it back."""
    return str(value) if isinstance(value, str | bool) else repr(value)


def first(space: Space) -> dict[str, Value]:
    """A point of the space: the least or first value of each dimension."""
    return {
        name: item.list[0] if item.list else item.parse(str(item.min))
        for name, item in space.items()
    }


def read_values(space: Space, texts: Mapping[str, str]) -> dict[str, Any]:
    """Typed values of a whole space. Raises ValueError naming the wrong parameter."""
    for name in [*texts, *space]:
        if name not in space:
            raise ValueError(f"{name} is not in the search space ({', '.join(space) or 'empty'})")
        if name not in texts:
            raise ValueError(f"{name} is missing")
    found = {}
    for name, item in space.items():
        try:
            found[name] = item.parse(texts[name])
        except ValueError as error:
            raise ValueError(f"{name}: {error}") from None
    return found


def grid_size(space: Space) -> int:
    """How many combinations a grid over the space has."""
    return math.prod(len(item.values() or ()) for item in space.values())


def problems(families: Mapping[str, Space], sampler: Sampler) -> Iterator[str]:
    """What one of the two tuners would silently ignore, each with the correction."""
    for family, space in families.items():
        for name, item in space.items():
            key = f"tune.families.{family}.{name}"
            if not _NAME.fullmatch(name):
                yield f"{key} is not a name of a parameter: use letters, digits and _"
            yield from (f"{key}: {text}" for text in _unheeded(item, sampler))
        if sampler == "grid" and grid_size(space) > MOST_VALUES:
            yield (
                f"tune.families.{family}: the grid has {grid_size(space):,} combinations, at most "
                f"{MOST_VALUES:,} are possible: widen the steps or use sampler tpe"
            )


def _unheeded(item: Range, sampler: Sampler) -> Iterator[str]:
    if sampler in ("grid", "sobol") and item.log:
        instead = "list the values" if sampler == "grid" else "leave log out"
        yield f"sampler {sampler} would ignore log: {instead} or use sampler tpe or random"
    if sampler == "grid" and item.values() is None:
        yield "sampler grid needs a step for a range of type double"
    if sampler == "sobol" and (item.list is not None or item.step is not None):
        yield "sampler sobol accepts only min and max: use sampler tpe for a list or a step"
