"""Distances between distributions against scipy's, and by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from level2.baseline.distances import chi2, effect, ks, psi

COUNTS = st.lists(st.integers(1, 500), min_size=2, max_size=30)


@given(COUNTS, st.randoms(use_true_random=False))
def test_chi2_is_scipys_and_w_does_not_grow_with_rows(reference, random):
    p = np.array(reference, float)
    q = np.array([random.randint(0, 300) for _ in reference], float)
    q[0] += 1
    expected = stats.chisquare(q, p / p.sum() * q.sum()).statistic
    assert chi2(p, q) == pytest.approx(expected)
    assert effect(p, q) == pytest.approx(effect(p, 10 * q))


@given(COUNTS, st.randoms(use_true_random=False))
def test_ks_is_scipys_where_a_bin_is_a_value(reference, random):
    p = np.array(reference)
    q = np.array([random.randint(1, 300) for _ in reference])
    values = np.arange(len(p))
    expected = stats.ks_2samp(np.repeat(values, p), np.repeat(values, q)).statistic
    assert ks(p.astype(float), q.astype(float)) == pytest.approx(expected)


def test_psi_is_siddiqis_sum_and_both_relative_entropies():
    p, q = np.array([60.0, 40.0]) - 0.5, np.array([40.0, 60.0]) - 0.5
    assert psi(p, q) == pytest.approx(0.4 * np.log(1.5))
    both = stats.entropy([0.6, 0.4], [0.4, 0.6]) + stats.entropy([0.4, 0.6], [0.6, 0.4])
    assert psi(p, q) == pytest.approx(both)
    assert psi(np.array([10.0, 0]), np.array([0, 10.0])) < np.inf


def test_many_windows_are_measured_at_once():
    many = np.arange(12.0).reshape(4, 3) + 1
    for measure in (psi, ks, chi2, effect):
        one_by_one = [float(measure(np.ones(3), row)) for row in many]
        assert measure(np.ones((4, 3)), many) == pytest.approx(one_by_one)
