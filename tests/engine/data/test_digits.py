"""What float32 can tell apart, and the centre that helps."""

import numpy as np
import pandas as pd
import pytest

from level2.data import digits

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(
    "values",
    [
        20240100.0 + RNG.integers(1, 29, 1000),
        1_700_000_000.0 + RNG.integers(0, 10_000, 1000),
        1234567.0 + RNG.integers(0, 300, 1000) / 100,
        -(2.0**40) + RNG.integers(0, 50, 1000),
    ],
    ids=["days", "seconds", "prices", "negative"],
)
def test_neighbours_that_float32_merges_are_centred(values):
    center = digits.center_of(values)
    assert center != 0
    assert digits.merged(values, 0.0) > 0, "the table was chosen so"
    assert digits.merged(values, center) == 0
    made = digits.single(pd.Series(values), center)
    assert made.dtype == np.float32
    assert made.nunique() == len(np.unique(values))


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(size=300_000),
        RNG.random(300_000) + 7,
        RNG.integers(0, 2**24, 1000).astype(float),
        RNG.integers(0, 1000, 1000) / 10,
        np.round(RNG.lognormal(8, 2, 5000), 2),
        np.full(10, 1e30),
    ],
    ids=["normal", "uniform", "24 bits", "tenths", "incomes", "constant"],
)
def test_ordinary_columns_are_left_alone(values):
    assert digits.center_of(values) == 0
    assert digits.merged(values, 0.0) == 0


def test_a_sentinel_does_not_hide_the_days():
    values = np.concatenate([20240101.0 + np.arange(28), np.zeros(3)])
    center = digits.center_of(values)
    assert digits.merged(values, center) == 0


def test_clusters_that_no_centre_helps():
    values = np.concatenate([np.arange(28.0), 20240100.0 + np.arange(28), np.arange(28) + 4e7])
    assert digits.merged(values, digits.center_of(values)) > 0
