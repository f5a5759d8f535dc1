"""Counts of the reference as rows again: the same shares, season, entities and missing values."""

import numpy as np
import pytest

from level2.baseline.reference import BINS
from level2.data.contract import TIMESTAMP
from level2.monitoring.unfold import ROWS, alike, unfold
from watched import CONTRACT, FEATURES, drawn, last, referred, sampled, until


def apart(one, other):
    """The Kolmogorov-Smirnov distance of two samples."""
    places = np.sort(np.concatenate([one, other]))
    ranks = [np.searchsorted(np.sort(item), places, "right") / len(item) for item in (one, other)]
    return float(np.abs(ranks[0] - ranks[1]).max())


@pytest.fixture(scope="module")
def world():
    """Five years of the sample and the reference of the first four."""
    table = sampled("2019-12-31")
    return table, referred(until(table, "2018-12-31"))


def shares(column, values, group):
    """How much of the values each bin of an entity holds."""
    groups = np.full(len(values), group)
    return np.bincount(column.places(values, groups), minlength=column.bins) / len(values)


@pytest.mark.parametrize("name", ["temperature", "load"])
def test_rows_are_those_of_the_same_season_bin_by_bin(world, name):
    table, reference = world
    window = last(until(table, "2019-07-31"), 30)
    one = window[window.area == "TransnetBW"].reset_index(drop=True)
    rows = unfold(reference, one, CONTRACT.entity_column, [name])
    assert list(rows) == [name]
    assert len(rows) == ROWS
    known = until(table, "2018-12-31")
    known = known[known.area == "TransnetBW"]
    summer = known[known[TIMESTAMP].dt.dayofyear.between(168, 228)]
    column, group = reference.columns[name], reference.grid.entities.index("TransnetBW")
    found = shares(column, rows[name], group)
    assert found == pytest.approx(shares(column, summer[name], group), abs=0.02)
    assert np.abs(found - shares(column, known[name], group)).max() > 0.05, "not of all the year"


def test_entities_weigh_as_in_the_current_window(world):
    table, reference = world
    window = last(until(table, "2019-07-31"), 30)
    one = window[window.area == "TransnetBW"].reset_index(drop=True)
    known = until(table, "2018-12-31")
    mean = known[known.area == "TransnetBW"].load.mean()
    rows = unfold(reference, one, CONTRACT.entity_column, ["load"])
    assert rows.load.mean() == pytest.approx(mean, rel=0.1)
    every = unfold(reference, window, CONTRACT.entity_column, ["load"])
    assert every.load.mean() == pytest.approx(known.load.mean(), rel=0.1)
    assert known.load.mean() > 1.5 * mean


def test_categories_and_missing_values_have_their_shares():
    rng = np.random.default_rng(0)
    table = drawn(rng, 4_000)
    table.loc[rng.random(4_000) < 0.25, "x1"] = np.nan
    table["c"] = rng.choice(["a", "b", "rare"], 4_000, p=[0.6, 0.38, 0.02])
    features = {"x0": FEATURES["temperature"], "x1": FEATURES["temperature"], "c": None}
    contract = CONTRACT.model_copy(update={"target": "y", "entity": None})
    made = referred(table, contract, features=features)
    window = table.head(200)
    rows = unfold(made, window, None, ["x0", "x1", "c"])
    assert rows.x1.isna().mean() == pytest.approx(0.25, abs=0.02)
    assert rows.x0.notna().all()
    shares = rows.c.value_counts(normalize=True)
    assert shares["rare"] == pytest.approx(0.02, abs=0.01)
    assert shares["a"] == pytest.approx(0.6, abs=0.02)
    assert apart(rows.x0.to_numpy(), table.x0.to_numpy()) < 1 / BINS
    assert rows.x0.between(table.x0.min(), table.x0.max()).all()


def test_the_current_window_comes_in_the_same_kinds(world):
    table, reference = world
    window = last(until(table, "2019-07-31"), 30)
    window.loc[0, "temperature"], window.loc[1, "temperature"] = np.inf, np.nan
    window.loc[0, "holiday"] = np.nan
    found = alike(reference, window, ["temperature", "holiday"])
    assert found.temperature.isna().sum() == 2
    assert np.isfinite(found.temperature.dropna()).all()
    assert found.holiday[0] is None
    assert set(found.holiday.dropna()) <= {"0", "1"}
    rows = unfold(reference, window, CONTRACT.entity_column, ["temperature", "holiday"])
    assert list(found.dtypes) == list(rows.dtypes)


def test_a_shock_is_as_far_from_the_rows_as_from_the_counts(world):
    table, reference = world
    quiet = last(until(table, "2019-07-31"), 30)
    shocked = last(sampled("2019-07-31", "lockdown"), 30)
    rows = unfold(reference, quiet, CONTRACT.entity_column, ["load"])
    near, far = (apart(rows.load.to_numpy(), item.load.to_numpy()) for item in (quiet, shocked))
    assert far > near + 0.1
