"""What moved a prediction away from a typical case: Shapley values with that as reference."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import permutations
from math import factorial
from typing import Any

import numpy as np
import numpy.typing as npt

from .metrics import Array

ORDERS = 16  # in which values are put in one after the other; up to four values: every order
CELLS = 4_000_000  # of a batch, at most
Orders = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Drivers:
    """From the typical prediction to the case's; the changes add up to the difference."""

    typical: float
    prediction: float
    changes: dict[str, float]


def drivers(
    score: Callable[[dict[str, Any]], Array], case: Mapping[str, Any], typical: Mapping[str, Any]
) -> Drivers:
    """Replace typical values by the case's one by one, in several orders, and average.

    `score` predicts one number per row of columns; everything is scored in one batch. Features with
    the typical value change nothing and are omitted.
    """
    names = [name for name in case if not _same(case[name], typical[name])]
    orders = _orders(len(names), len(case))
    mixed = _masks(orders)
    columns = {
        name: np.full(len(mixed), value, dtype=object if isinstance(value, str) else np.float64)
        for name, value in case.items()
    }
    for place, name in enumerate(names):
        columns[name][~mixed[:, place]] = typical[name]
    found = score(columns)
    changes = _changes(orders, found)
    return Drivers(float(found[0]), float(found[-1]), dict(zip(names, changes, strict=True)))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, str) or isinstance(other, str):
        return bool(one == other)
    return bool(one == other or (np.isnan(one) and np.isnan(other)))


def _orders(count: int, width: int) -> Orders:
    """Orders of `count` values, each with its reverse, always the same ones."""
    if factorial(min(count, 5)) <= 24:
        every = list(permutations(range(count)))
        return np.array(every, dtype=np.intp).reshape(len(every), count)
    pairs = max(1, min(ORDERS // 2, CELLS // (2 * count * width)))
    rng = np.random.default_rng(0)
    half = np.array([rng.permutation(count) for _ in range(pairs)])
    return np.vstack([half, half[:, ::-1]])


def _masks(orders: Orders) -> npt.NDArray[np.bool_]:
    """Which values are the case's: a row with none, the rows between, a row with all."""
    count = orders.shape[1]
    ranks = np.argsort(orders, axis=1)
    between = ranks[:, None, :] < np.arange(1, count)[:, None]
    rows = between.reshape(len(orders) * max(0, count - 1), count)
    return np.vstack([np.zeros((1, count), bool), rows, np.ones((1, count), bool)])


def _changes(orders: Orders, found: Array) -> list[float]:
    """The mean step of each value over all orders."""
    paths, count = orders.shape
    if not count:
        return []
    whole = np.empty((paths, count + 1))
    whole[:, 0], whole[:, -1] = found[0], found[-1]
    whole[:, 1:-1] = found[1:-1].reshape(paths, count - 1)
    steps = np.zeros((paths, count))
    np.put_along_axis(steps, orders, np.diff(whole, axis=1), axis=1)
    return [float(step) for step in steps.mean(axis=0)]
