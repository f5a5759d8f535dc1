"""Copies, sums and linear combinations of features that equal the target."""

import math
from itertools import combinations
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from ..data.contract import DataContract

Floats = npt.NDArray[np.float64]

TOLERANCE = 1e-6  # of the target's spread: rounding of a stored copy, not noise
SHARE = 0.99  # of rows that must agree: a copy stays one when a few rows were corrected
FEW = 4  # columns of a combination; a target made of more is a formula, not a slip
MIN_ROWS = 40  # below, agreement is chance


class Leak(NamedTuple):
    """Columns that leak the target, and why in one sentence."""

    columns: tuple[str, ...]
    reason: str


def copies(table: pd.DataFrame, names: list[str], target: str) -> list[Leak]:
    """Numeric features equal to the target in nearly all rows."""
    y = table[target].to_numpy()
    leaks = []
    for name in names:
        if table[name].dtype == np.float64:
            count, same = _agreement(table[name].to_numpy(), y, float(np.std(y)))
            if count >= 2 and same >= SHARE * count:
                reason = f"`{name}` equals the target `{target}` in {same:,} of {count:,} rows"
                leaks.append(Leak((name,), reason))
    return leaks


def _agreement(made: Floats, y: Floats, spread: float) -> tuple[int, int]:
    """Rows where `made` is known, and how many of them equal the target."""
    known = np.isfinite(made)
    count = int(known.sum())
    return count, int(np.sum(np.abs(made[known] - y[known]) <= TOLERANCE * spread))


def sums(
    table: pd.DataFrame, sample: pd.DataFrame, contract: DataContract, names: list[str]
) -> list[Leak]:
    """Sums, differences and linear combinations of a few numeric features."""
    names = [
        name
        for name in names
        if contract.features[name].type in {"float", "int"} and sample[name].nunique() > 1
    ]
    target = contract.target
    leaks: list[Leak] = []
    y = table[target].to_numpy()
    spread = float(np.std(y))
    while names and spread > 0:
        found = _pair(sample, names, target) or _linear(sample, names, target)
        if not found:
            return leaks
        weights, constant = found
        made = constant + sum(weight * table[name].to_numpy() for name, weight in weights.items())
        count, same = _agreement(np.asarray(made, dtype=np.float64), y, spread)
        if same >= SHARE * count:
            reason = f"`{formula(weights, constant, spread)}` equals the target `{target}` in "
            leaks.append(Leak(tuple(weights), f"{reason}{same:,} of {count:,} rows"))
        names = [name for name in names if name not in weights]
    return leaks


def _pair(
    sample: pd.DataFrame, names: list[str], target: str
) -> tuple[dict[str, float], float] | None:
    """Two features whose plain sum or difference is the target, even with a few wrong rows."""
    few = sample.iloc[:: max(1, len(sample) // 2000)]
    y = few[target].to_numpy()
    limit = TOLERANCE * float(np.std(sample[target]))
    values = {name: few[name].to_numpy() for name in names}
    for one, two in combinations(names, 2):
        for a, b in ((1.0, 1.0), (1.0, -1.0), (-1.0, 1.0)):
            gap = np.abs(a * values[one] + b * values[two] - y)
            known = int(np.isfinite(gap).sum())
            if known >= MIN_ROWS and int(np.sum(gap <= limit)) >= SHARE * known:
                return {one: a, two: b}, 0.0
    return None


def _linear(
    sample: pd.DataFrame, names: list[str], target: str
) -> tuple[dict[str, float], float] | None:
    """The smallest exact linear combination, by least squares and backward elimination."""
    names = sorted(names, key=lambda name: int(sample[name].isna().sum()))
    while names and sample[names].notna().all(axis=1).sum() < max(MIN_ROWS, 5 * len(names) + 5):
        names.pop()  # the column with most gaps leaves too few complete rows
    if not names:
        return None
    rows = sample.loc[sample[names].notna().all(axis=1), [*names, target]].to_numpy()
    middle, scale = rows.mean(axis=0), rows.std(axis=0)
    if (scale == 0).any():
        return None
    unit = (rows - middle) / scale
    kept = list(range(len(names)))
    if _fit(unit, kept) is None:
        return None
    for place in reversed(range(len(names))):  # the emptiest first: prefer complete columns
        fewer = [column for column in kept if column != place]
        if fewer and _fit(unit, fewer) is not None:
            kept = fewer
    solution = _fit(unit, kept)
    if solution is None or len(kept) > FEW:
        return None
    weights = solution * scale[-1] / scale[kept]
    constant = float(middle[-1] - np.sum(weights * middle[kept]))
    return {
        names[place]: float(weight) for place, weight in zip(kept, weights, strict=True)
    }, constant


def _fit(unit: Floats, columns: list[int]) -> Floats | None:
    """Weights that reproduce the last column of standardized rows, None if there are none.

    Least trimmed squares: the worst-fitting rows are left out, because a corrected copy has some.
    """
    x, y = unit[:, columns], unit[:, -1]
    kept = np.ones(len(y), dtype=bool)
    for _ in range(4):
        weights = np.asarray(np.linalg.lstsq(x[kept], y[kept], rcond=None)[0], dtype=np.float64)
        gap = np.abs(x @ weights - y)
        if np.sum(gap <= TOLERANCE) >= SHARE * len(y):
            return weights
        if np.quantile(gap, 0.5) > 0.05:
            return None  # far from exact: no trimming leads there
        kept = gap <= np.quantile(gap, SHARE)
    return None


def formula(weights: dict[str, float], constant: float, spread: float) -> str:
    """`a + b - 2.5*c + 3`, without constants below the tolerance."""
    text = ""
    for name, weight in sorted(weights.items(), key=lambda item: item[1] < 0):
        size = abs(weight)
        term = name if math.isclose(size, 1, rel_tol=1e-5) else f"{size:.6g}*{name}"
        sign = "-" if weight < 0 else "+"
        text += f" {sign} {term}" if text else f"{'-' if weight < 0 else ''}{term}"
    if abs(constant) > TOLERANCE * spread * 10:
        text += f" {'-' if constant < 0 else '+'} {abs(constant):.6g}"
    return text
