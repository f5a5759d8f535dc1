"""The content of a plot, independent of how it is drawn: marks on two axes and a finding."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...model import wording

Values = npt.NDArray[Any]

MOST_POINTS = 3_000
MOST_TITLE = 32  # characters: what a phone shows in one line
LEAST_ROWS = 30  # behind any finding of a title: fewer would make it a matter of chance


@dataclass(frozen=True)
class Line:
    """A curve; `role` picks its colour: truth, candidate, baseline, guide, or a family's rank."""

    x: Values
    y: Values
    role: str
    label: str = ""
    dashed: bool = False
    steps: bool = False


@dataclass(frozen=True)
class Points:
    """A scatter plot; beyond MOST_POINTS the density of its points is drawn."""

    x: Values
    y: Values
    role: str
    label: str = ""


@dataclass(frozen=True)
class Band:
    """The area between two curves."""

    x: Values
    low: Values
    high: Values
    role: str
    label: str = ""


@dataclass(frozen=True)
class Columns:
    """A histogram: one more edge than counts."""

    edges: Values
    counts: Values
    role: str


@dataclass(frozen=True)
class Bars:
    """Horizontal bars, the first on top."""

    labels: tuple[str, ...]
    values: Values
    role: str


@dataclass(frozen=True)
class Matrix:
    """Counts of pairs: a row per truth, a column per prediction, with the same labels."""

    labels: tuple[str, ...]
    counts: Values


Mark = Line | Points | Band | Columns | Bars | Matrix


@dataclass(frozen=True)
class Chart:
    """One plot; the title is the finding in one short line, the note has the details."""

    name: str
    title: str
    x_label: str
    y_label: str
    marks: tuple[Mark, ...]
    tall: bool = False
    limits: tuple[float, float] | None = None  # of the y axis
    note: str = ""

    def __post_init__(self) -> None:
        """Keep the title to one line on a phone, whatever names it contains."""
        object.__setattr__(self, "title", wording.clean(self.title, MOST_TITLE))


def sampled(count: int, most: int) -> npt.NDArray[np.intp]:
    """At most `most` positions out of `count`, in order, always the same."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(0).permutation(count)[:most])
