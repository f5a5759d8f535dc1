"""What moved a prediction: exact where the truth is known, and adding up everywhere."""

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from level2.model.drivers import CELLS, ORDERS, drivers


def linear(columns):
    return 3 * columns["a"].astype(float) - 2 * columns["b"] + 10 * (columns["c"] == "x")


def test_a_linear_model_gives_its_coefficients_times_the_distance():
    found = drivers(
        linear, {"a": 5.0, "b": 1.0, "c": "x", "d": 7.0}, {"a": 1.0, "b": 4.0, "c": "y", "d": 7.0}
    )
    assert found.changes == pytest.approx({"a": 12.0, "b": 6.0, "c": 10.0})
    assert (found.typical, found.prediction) == (-5.0, 23.0)


def test_two_values_that_act_together_share_what_they_do():
    found = drivers(lambda columns: columns["a"] * columns["b"], {"a": 2, "b": 3}, {"a": 0, "b": 0})
    assert found.changes == pytest.approx({"a": 3.0, "b": 3.0})


def test_a_typical_case_is_moved_by_nothing():
    case = {"a": 1.0, "b": float("nan"), "c": ""}
    found = drivers(lambda columns: columns["a"].astype(float), case, dict(case))
    assert (found.changes, found.typical, found.prediction) == ({}, 1.0, 1.0)


def test_a_missing_value_is_a_value():
    def score(columns):
        return np.where(np.isnan(columns["a"]), 100.0, columns["a"])

    assert drivers(score, {"a": float("nan")}, {"a": 1.0}).changes == {"a": 99.0}
    assert drivers(score, {"a": 1.0}, {"a": float("nan")}).changes == {"a": -99.0}


def shapley(score, case, typical):
    """By definition: over all orders, one row at a time."""
    names, total = list(case), dict.fromkeys(case, 0.0)
    orders = list(permutations(names))
    for order in orders:
        row = dict(typical)
        for name in order:
            before = score(row)
            row[name] = case[name]
            total[name] += (score(row) - before) / len(orders)
    return total


@given(st.lists(st.floats(-10, 10, width=32), min_size=4, max_size=4))
def test_up_to_four_values_it_is_the_definition(values):
    case = dict(zip("abcd", values, strict=True))
    typical = {"a": 1.0, "b": -1.0, "c": 0.5, "d": 2.0}

    def score(row):
        return row["a"] * row["b"] + (row["c"] > 1) * row["d"]

    found = drivers(score, case, typical).changes
    wanted = shapley(score, case, typical)
    assert {name: found.get(name, 0.0) for name in case} == pytest.approx(wanted, abs=1e-4)


@given(st.integers(5, 40), st.integers(0, 2**32 - 1))
def test_changes_add_up_to_the_difference_and_come_again(count, seed):
    rng = np.random.default_rng(seed)
    case = {f"x{n}": float(value) for n, value in enumerate(rng.normal(size=count))}
    typical = dict.fromkeys(case, 0.0)
    weights = rng.normal(size=(count, count))

    def score(columns):
        table = np.stack(list(columns.values()), axis=1).astype(float)
        return np.einsum("ri,ij,rj->r", table, weights, table)

    found = drivers(score, case, typical)
    assert sum(found.changes.values()) == pytest.approx(found.prediction - found.typical)
    assert drivers(score, case, typical) == found


def test_one_batch_that_is_never_larger_than_its_bound():
    for count in (6, 50, 1_500):
        batches = []

        def score(columns, batches=batches):
            batches.append(len(columns["x0"]))
            return np.zeros(len(columns["x0"]))

        case = {f"x{n}": 1.0 for n in range(count)}
        drivers(score, case, dict.fromkeys(case, 0.0))
        (rows,) = batches
        assert rows <= 2 + ORDERS * count
        assert rows * count <= max(CELLS, 2 * count**2 + 2 * count)
