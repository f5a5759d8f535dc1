"""What a search optimizes, for any tuner."""

from collections.abc import Mapping
from dataclasses import dataclass

from .metrics import Direction
from .search_space import Space, grid_size


@dataclass(frozen=True)
class Plan:
    """One search over all families."""

    task: str
    metric: str
    direction: Direction
    sampler: str
    seed: int
    max_failed: int
    shares: Mapping[str, int]  # trials of each family
    spaces: Mapping[str, Space]


def shares(trials: int, families: Mapping[str, Space], sampler: str) -> dict[str, int]:
    """Trials per family: equal parts, at least one each, no more than a grid has."""
    count = len(families)
    equal = {
        family: max(1, trials // count + (rank < trials % count))
        for rank, family in enumerate(families)
    }
    if sampler == "grid":
        return {family: min(equal[family], grid_size(families[family])) for family in families}
    return equal


def random_starts(trials: int) -> int:
    """Trials `tpe` draws at random before it learns: half of a family's, at most 10.

    10 is Optuna's default, which would leave nothing to learn in a search of 10.
    """
    return min(10, max(1, trials // 2))
