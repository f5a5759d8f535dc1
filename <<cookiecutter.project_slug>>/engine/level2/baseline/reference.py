"""The reference window: the champion's data as counts by time, entity and bin."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..data.contract import TIMESTAMP
from ..data.profile import edges, many, top

BINS = 20
MOST_ENTITIES = 20  # more are not kept apart
MOST_CELLS = 8_000  # time slices times entities
STEPS = (3_600, 86_400, 604_800, 2_419_200)  # seconds a slice may have: hour, day, week, 4 weeks

Counts = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Grid:
    """How rows are grouped by time and entity."""

    start: float  # seconds since 1970
    step: int  # seconds of a slice; 0 where the table has no time
    slices: int
    entities: tuple[str, ...]  # empty: all rows are one group

    @classmethod
    def over(cls, table: pd.DataFrame, entity: str | None) -> "Grid":
        """The finest grid that is small enough."""
        names: tuple[str, ...] = ()
        if entity is not None:
            found = pd.unique(table[entity].astype(str))
            names = tuple(sorted(found)) if len(found) <= MOST_ENTITIES else ()
        if TIMESTAMP not in table:
            return cls(0.0, 0, 1, names)
        time = seconds(table[TIMESTAMP])
        first, last = float(time.min()), float(time.max())
        for step in STEPS:
            start = first // step * step
            count = int((last - start) // step) + 1
            if count * max(1, len(names)) <= MOST_CELLS or step == STEPS[-1]:
                break
        return cls(start, step, count, names)

    def groups(self, table: pd.DataFrame, entity: str | None) -> Places:
        """The index of each row's entity; -1 for unknown ones."""
        if not self.entities or entity is None:
            return np.zeros(len(table), dtype=np.intp)
        texts = table[entity].astype(str).where(table[entity].notna(), None)
        codes = pd.Categorical(texts, categories=list(self.entities)).codes
        return codes.astype(np.intp)

    def times(self, table: pd.DataFrame) -> Places:
        """The slice of each row."""
        if not self.step:
            return np.zeros(len(table), dtype=np.intp)
        return ((seconds(table[TIMESTAMP]) - self.start) // self.step).astype(np.intp)


@dataclass(frozen=True)
class Column:
    """One column: its bins, and the reference's counts of shape (slices, entities, bins)."""

    values: tuple[str, ...] | None  # the most frequent, then all others; None for numbers
    edges: tuple[tuple[float, ...], ...]  # inner edges of each entity's bins, for numbers
    counts: Counts
    missing: float  # share

    @property
    def bins(self) -> int:
        """The number of bins."""
        return int(self.counts.shape[-1])

    def places(self, values: "pd.Series", groups: Places) -> Places:
        """The bin of each value; -1 if it is missing."""
        known = values.notna().to_numpy()
        found = np.full(len(values), -1, dtype=np.intp)
        if self.values is not None:
            texts = labels(values)
            codes = pd.Categorical(texts, categories=list(self.values)).codes
            found[known] = np.where(codes < 0, len(self.values), codes)[known]
            return found
        numbers = values.to_numpy(np.float64)
        for group, inner in enumerate(self.edges):
            rows = known & (groups == group)
            found[rows] = np.searchsorted(np.asarray(inner), numbers[rows], "left")
        return found


@dataclass(frozen=True)
class Reference:
    """The data to compare with."""

    grid: Grid
    rows: int
    end: float  # seconds since 1970 of the newest row
    columns: Mapping[str, Column]
    losses: Counts  # (slices, 2): rows and summed loss of the champion on rows it did not learn
    told: Mapping[str, Any]  # what else the verdict mentions: metrics, direction, version


def seconds(time: "pd.Series") -> Counts:
    """Event times as seconds since 1970."""
    return time.astype("datetime64[us, UTC]").astype("int64").to_numpy() / 1e6


def labels(values: "pd.Series") -> "pd.Series":
    """Values as texts; a whole number gives the same text whatever its type."""
    if values.dtype == object:
        return values.astype(str)
    numbers = values.astype("float64")
    texts = {item: f"{item:g}" for item in pd.unique(numbers.dropna())}
    return numbers.map(texts)


def describe(values: "pd.Series", groups: Places, times: Places, grid: Grid) -> Column:
    """Count one column of the reference."""
    entities = max(1, len(grid.entities))
    known = values.dropna()
    missing = 1 - len(known) / max(1, len(values))
    empty = np.zeros((grid.slices, entities, 1))
    if values.dtype != object and len(known) and many(known):
        inner = tuple(_edges(values, groups, group) for group in range(entities))
        found = Column(None, inner, empty, missing)
        bins = 1 + max(len(item) for item in inner)
    else:
        names = tuple(sorted(top(labels(known)).index)) if len(known) else ()
        found = Column(names, (), empty, missing)
        bins = len(names) + 1
    places = found.places(values, groups)
    return Column(found.values, found.edges, count(places, groups, times, grid, bins), missing)


def _edges(values: "pd.Series", groups: Places, group: int) -> tuple[float, ...]:
    """Bins with about the same number of the entity's values each, plus one beyond either end."""
    numbers = values.to_numpy(np.float64)[groups == group]
    numbers = numbers[np.isfinite(numbers)]
    if not len(numbers):
        return ()
    ends = np.nextafter(numbers.min(), -np.inf), numbers.max()
    return tuple(float(item) for item in np.unique([ends[0], *edges(numbers, BINS), ends[1]]))


def count(places: Places, groups: Places, times: Places, grid: Grid, bins: int) -> Counts:
    """Rows by slice, entity and bin."""
    entities = max(1, len(grid.entities))
    inside = (places >= 0) & (groups >= 0) & (times >= 0) & (times < grid.slices)
    cells = (times[inside] * entities + groups[inside]) * bins + places[inside]
    flat = np.bincount(cells, minlength=grid.slices * entities * bins)
    return flat.reshape(grid.slices, entities, bins).astype(np.float64)
