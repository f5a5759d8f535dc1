"""Parity: probe rows hold what production may send, and no difference goes unseen."""

import math

import numpy as np
import pandas as pd
import pytest

from level2.data.feature import Feature
from level2.model import parity

FEATURES = {
    "size": Feature(type="float"),
    "age": Feature(type="float", nullable=True),
    "kind": Feature(type="category", categories=("x", "y")),
}


@pytest.fixture
def frame():
    rng = np.random.default_rng(0)
    return pd.DataFrame(
        {
            "size": rng.normal(50, 20, 100).astype("float32"),
            "age": rng.normal(5, 2, 100).astype("float32"),
            "kind": rng.choice(["x", "y"], 100),
        }
    )


def test_probe_rows_hold_the_edges_of_every_column(frame):
    probe = parity.probe_rows(frame, FEATURES, 10, seed=0)
    edges = probe.iloc[10:]
    assert {0.0, -1.0, frame["size"].min(), frame["size"].max()} <= set(edges["size"])
    assert {"never seen before", ""} <= set(edges["kind"])
    assert edges["age"].isna().sum() == 1
    assert probe["size"].notna().all()
    assert (probe.dtypes == frame.dtypes).all()


def test_probe_rows_begin_with_real_ones(frame):
    probe = parity.probe_rows(frame, FEATURES, 10, seed=0)
    real = probe.iloc[:10].merge(frame, how="inner")
    assert len(real) == 10
    assert len(parity.probe_rows(frame, FEATURES, 1_000, seed=0)) == 100 + 4 + 5 + 2


def test_probe_rows_are_the_same_for_the_same_seed(frame):
    first, again, other = (parity.probe_rows(frame, FEATURES, 10, seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not first.equals(other)


def test_equal_predictions_do_not_differ():
    values = np.array([1.0, 2.0, 3.0])
    assert parity.compare(values, values) == {
        "rows": 3,
        "max_difference": 0.0,
        "relative_difference": 0.0,
    }


def test_the_largest_difference_counts_relative_to_the_spread():
    left = np.array([0.0, 10.0])
    found = parity.compare(left, left + np.array([0.0, 0.5]))
    assert found["max_difference"] == 0.5
    assert found["relative_difference"] == pytest.approx(0.5 / 5)


def test_the_unit_of_the_target_does_not_matter():
    left = np.array([1.0, 2.0, 4.0])
    right = left + np.array([0.0, 0.0, 0.1])
    small, large = parity.compare(left, right), parity.compare(left * 1e6, right * 1e6)
    assert small["relative_difference"] == pytest.approx(large["relative_difference"])


@pytest.mark.parametrize("spoilt", [math.nan, math.inf])
@pytest.mark.parametrize("side", [0, 1])
def test_a_prediction_that_is_no_number_is_never_equal(spoilt, side):
    pair = [np.array([1.0, 2.0]), np.array([1.0, 2.0])]
    pair[side][0] = spoilt
    found = parity.compare(*pair)
    assert found["max_difference"] == math.inf
    assert not found["relative_difference"] <= 1e9


def test_nan_on_both_sides_is_not_taken_for_equal():
    both = np.array([1.0, math.nan])
    assert parity.compare(both, both)["max_difference"] == math.inf


def test_one_different_row_in_many_is_seen():
    left = np.random.default_rng(0).random((5_000, 3))
    right = left.copy()
    right[4_321, 1] += 0.4
    assert parity.compare(left, right)["max_difference"] == pytest.approx(0.4)
