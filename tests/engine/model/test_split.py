"""Splits: by time the newest rows judge; at random each class keeps its share."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from level2.model.split import at_random, by_group, by_time, marks

FRACTIONS = st.floats(0.05, 0.44)


def drawn(count, seed=0):
    """Marks of so many different rows."""
    return marks(pd.DataFrame({"row": range(count)}), seed)


def days(*numbers):
    start = pd.Timestamp("2024-01-01", tz="UTC")
    return pd.Series([start + pd.Timedelta(days=number) for number in numbers])


@given(
    numbers=st.lists(st.integers(0, 60), min_size=1, max_size=120),
    test=FRACTIONS,
    validation=FRACTIONS,
)
def test_no_row_that_judges_is_older_than_one_that_trains(numbers, test, validation):
    times = days(*numbers)
    labels = by_time(times, test, validation)
    assert set(labels) <= {"train", "validation", "test"}
    parts = {name: times[labels == name] for name in ("train", "validation", "test")}
    order = [part for part in parts.values() if len(part)]
    for older, newer in itertools.pairwise(order):
        assert older.max() < newer.min()
    assert (pd.Series(labels).groupby(times.to_numpy()).nunique() == 1).all()
    assert len(parts["test"]) > 0


def test_the_shares_are_those_of_the_moments_in_any_order_of_rows():
    order = np.random.default_rng(0).permutation(100)
    labels = by_time(days(*order), 0.2, 0.3)
    assert pd.Series(labels).value_counts().to_dict() == {
        "train": 50,
        "validation": 30,
        "test": 20,
    }
    assert set(order[labels == "test"]) == set(range(80, 100))


def test_rows_of_one_moment_stay_together():
    labels = by_time(days(*[1] * 5, *[2] * 5, *[3] * 90), 0.2, 0.2)
    assert list(labels) == ["train"] * 5 + ["validation"] * 5 + ["test"] * 90


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ([1], ["test"]),
        ([2, 1], ["test", "train"]),
        ([1, 2, 3], ["train", "validation", "test"]),
        ([3, 3, 1], ["test", "test", "train"]),
    ],
)
def test_tiny_tables_are_split_as_far_as_they_go(numbers, expected):
    assert list(by_time(days(*numbers), 0.2, 0.2)) == expected


def test_random_parts_have_their_shares_and_every_row_one():
    labels = at_random(None, drawn(1_000), 0.2, 0.1)
    assert pd.Series(labels).value_counts().to_dict() == {
        "train": 700,
        "test": 200,
        "validation": 100,
    }
    assert set(labels[:100]) == {"train", "validation", "test"}


@given(seed=st.integers(0, 2**32 - 1), rare=st.integers(10, 100))
def test_each_class_has_its_share_in_every_part(seed, rare):
    classes = pd.Series([1] * rare + [0] * 900)
    labels = pd.Series(at_random(classes, drawn(len(classes), seed), 0.2, 0.2))
    for _, part in labels.groupby(classes):
        counts = part.value_counts()
        assert counts["test"] == round(len(part) * 0.2)
        assert counts["validation"] == round(len(part) * 0.2)


def test_the_seed_decides_the_draw():
    first, again, other = (at_random(None, drawn(200, seed), 0.2, 0.2) for seed in (0, 0, 1))
    assert list(first) == list(again)
    assert list(first) != list(other)


def test_a_class_of_one_row_trains():
    classes = pd.Series([0] * 10 + [1])
    assert at_random(classes, drawn(11), 0.2, 0.2)[-1] == "train"


def test_rows_stay_on_their_side_when_others_come():
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"x": rng.normal(size=3_000), "word": rng.choice(["a", "b"], 3_000)})
    before = at_random(None, marks(rows[:2_000], 0), 0.2, 0.2)
    mixed = rng.permutation(3_000)
    after = at_random(None, marks(rows.iloc[mixed], 0), 0.2, 0.2)[np.argsort(mixed)][:2_000]
    judged = after == "test"
    assert (before[judged] != "test").mean() < 0.06, "a champion knows few of the rows that judge"
    assert (before == after).mean() > 0.95


def test_equal_rows_are_on_one_side():
    rows = pd.DataFrame({"x": np.random.default_rng(0).normal(size=150).round(1) + 0.0, "y": 1.0})
    twice = pd.concat([rows, rows], ignore_index=True)
    labels = pd.Series(at_random(None, marks(twice, 0), 0.2, 0.2))
    assert (labels.groupby(twice.x).nunique() == 1).all()
    assert 0.1 < (labels == "test").mean() < 0.3


def test_groups_stay_on_their_side_when_others_come():
    groups = pd.Series([f"g{n}" for n in range(300) for _ in range(5)])
    before = by_group(groups[:1_000].reset_index(drop=True), 0.2, 0.2, 0)
    after = by_group(groups, 0.2, 0.2, 0)[:1_000]
    assert (before == after).mean() > 0.9


@given(
    groups=st.lists(st.integers(0, 30), min_size=20, max_size=300),
    test=FRACTIONS,
    validation=FRACTIONS,
    seed=st.integers(0, 1000),
)
def test_no_group_stands_on_two_sides(groups, test, validation, seed):
    groups = pd.Series([f"g{item}" for item in groups])
    labels = pd.Series(by_group(groups, test, validation, seed))
    assert set(labels) <= {"train", "validation", "test"}
    assert (labels.groupby(groups).nunique() == 1).all()


def test_groups_fill_the_parts_to_their_shares():
    groups = pd.Series([f"g{n % 200}" for n in range(5_000)])
    shares = pd.Series(by_group(groups, 0.2, 0.1, seed=0)).value_counts(normalize=True)
    assert abs(shares["test"] - 0.2) < 0.01
    assert abs(shares["validation"] - 0.1) < 0.01
    assert list(by_group(groups, 0.2, 0.1, 0)) != list(by_group(groups, 0.2, 0.1, 1))


def test_a_group_larger_than_the_others_together_trains():
    groups = pd.Series(["big"] * 900 + [f"g{n % 10}" for n in range(100)])
    labels = pd.Series(by_group(groups, 0.05, 0.04, seed=3))
    assert labels[0] == "train"
    assert set(labels[900:]) == {"train", "validation", "test"}


@pytest.mark.parametrize("big", [250, 200, 150])
@pytest.mark.parametrize("seed", range(5))
def test_a_large_group_leaves_the_small_ones_to_both_other_parts(big, seed):
    rest = 300 - big
    groups = pd.Series(["big"] * big + [f"g{n % 9}" for n in range(rest)])
    labels = pd.Series(by_group(groups, 0.2, 0.2, seed))
    assert labels[0] == "train"
    counts = labels.value_counts()
    assert min(counts["test"], counts["validation"]) >= min(60, rest / 2) - rest / 9
    assert (labels.groupby(groups).nunique() == 1).all()


@pytest.mark.filterwarnings("error")
def test_every_seed_draws_without_a_warning():
    draws = {tuple(drawn(5, seed)) for seed in (0, 1, 2, 7, 2**32 - 1)}
    assert len(draws) == 5
