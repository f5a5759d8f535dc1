"""Whole numbers that only identify rows: unique and unrelated to the target."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from .looks import Look

Floats = npt.NDArray[np.float64]

DIGITS = 100_000  # names of customers, orders, devices are longer than most amounts
MOSTLY = 0.8  # of the values that must be so long
_BINS = 10
_MOST = 20_000  # rows are enough to see an order
_SIGNAL = 3.5  # standard deviations of a rank correlation of nothing
_SHAPE = 30.0  # chi-square of the means of ten bins, 9 degrees of freedom: one in 2,000


def names_rows(item: Look, target: Look) -> bool:
    """Whether a column of unique whole numbers is unrelated to the target, in any order."""
    if item.kind != "int" or not item.unique or item.numbers is None:
        return False
    if float((np.abs(item.known_numbers) >= DIGITS).mean()) < MOSTLY:
        return False
    answers = target.numbers
    if answers is None:
        codes = target.codes if target.codes is not None else np.full(target.rows, -1)
        sides = [(codes == code).astype(np.float64) for code in np.unique(codes[codes >= 0])]
        known = np.isfinite(item.numbers) & (codes >= 0)
        return not any(_goes_with(item.numbers[known], side[known]) for side in sides[:50])
    known = np.isfinite(item.numbers) & np.isfinite(answers)
    return not _goes_with(item.numbers[known], answers[known])


def _goes_with(values: Floats, answers: Floats) -> bool:
    """Whether the ranks of two columns are related, monotonically or by a bend."""
    step = max(1, len(values) // _MOST)
    one, two = (pd.Series(column[::step]).rank().to_numpy() for column in (values, answers))
    if len(one) < 20 or one.std() == 0 or two.std() == 0:
        return True  # too few to say that there is nothing
    related = float(np.corrcoef(one, two)[0, 1]) * np.sqrt(len(one) - 1)
    bins = np.minimum((one - 1) * _BINS // len(one), _BINS - 1).astype(np.intp)
    counts = np.bincount(bins, minlength=_BINS)
    means = np.bincount(bins, two, _BINS) / np.maximum(counts, 1)
    shape = float(np.sum(counts * (means - two.mean()) ** 2)) / float(two.var())
    return abs(related) > _SIGNAL or shape > _SHAPE
