"""Distances between two distributions; every function works on counts along the last axis."""

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def psi(reference: Array, current: Array) -> Array:
    """Population stability index: sum of (q - p) ln(q / p) over bins.

    Siddiqi, Credit Risk Scorecards (2006). Half a row is added to each bin, so that an empty one is
    finite.
    """
    p, q = shares(reference + 0.5), shares(current + 0.5)
    return np.asarray(np.sum((q - p) * np.log(q / p), axis=-1))


def ks(reference: Array, current: Array) -> Array:
    """Kolmogorov-Smirnov distance: the largest gap between two cumulative shares.

    Smirnov (1948), two samples. It is evaluated at bin edges only, so it is exact if a bin is one
    value.
    """
    gaps = np.cumsum(shares(reference), axis=-1) - np.cumsum(shares(current), axis=-1)
    return np.asarray(np.abs(gaps).max(axis=-1))


def chi2(reference: Array, current: Array) -> Array:
    """Pearson's statistic (1900): sum of (O - E)^2 / E, with E from the reference's shares.

    Half a row is added to an empty bin of the reference, so that a new value is finite.
    """
    expected = shares(np.where(reference > 0, reference, 0.5))
    expected = expected * current.sum(axis=-1, keepdims=True)
    return np.asarray(np.sum((current - expected) ** 2 / np.maximum(expected, 1e-12), axis=-1))


def effect(reference: Array, current: Array) -> Array:
    """Cohen's w (1988): the square root of chi2 by rows, which does not grow with their number."""
    rows = np.maximum(current.sum(axis=-1), 1)
    return np.asarray(np.sqrt(chi2(reference, current) / rows))


def shares(counts: Array) -> Array:
    """Counts as fractions of one; zeros if there are no rows."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.asarray(np.divide(counts, total, out=np.zeros_like(counts), where=total > 0))
