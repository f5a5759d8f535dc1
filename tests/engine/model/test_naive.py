"""Baselines: each against numbers worked out by hand, and the rows each of them knows."""

import math

import numpy as np
import pandas as pd
import pytest

from level2.base.errors import ProjectError
from level2.features.lags import unmet
from level2.features.transforms import derive
from level2.model import comparison
from level2.model import naive as baselines
from level2.params.config import parse_params
from level2.params.sections import Evaluate
from level2.training.steps.featurize import _gaps


def rows(times, values, area="North"):
    stamps = pd.to_datetime(times, utc=True).as_unit("us")
    return pd.DataFrame({"area": area, "event_timestamp": stamps, "load": values})


def days(count, start="2024-01-01"):
    return pd.date_range(start, periods=count, freq="D")


def contract(tree, **changes):
    tree["data"] |= changes
    return parse_params(tree).data


def said(tree, history, split, **knobs):
    """Predictions for the rows from position `split` on, learnt from those before."""
    data = parse_params(tree).data
    history = history.sort_values(["event_timestamp", "area"], kind="stable", ignore_index=True)
    parts = (history, history.iloc[:split], history.iloc[split:].reset_index(drop=True))
    return baselines.predictions(data, Evaluate(**knobs), *parts)


@pytest.mark.parametrize(
    ("frequency", "season"),
    [
        ("1D", (7,)),
        ("1h", (24, 168)),
        ("15min", (96,)),
        ("30min", (48,)),
        ("MS", (12,)),
        ("ME", (12,)),
        ("3MS", (4,)),
        ("QS", (4,)),
        ("QS-OCT", (4,)),
        ("W", (52,)),
        ("W-MON", (52,)),
        ("B", (5,)),
        ("YS", ()),
        ("1YE", ()),
        ("2YS", ()),
        ("7min", ()),
        ("7D", (52,)),
        ("14D", (26,)),
        ("2D", ()),
        ("10min", (144,)),
        (None, ()),
    ],
)
def test_a_frequency_has_its_seasons(frequency, season):
    assert baselines.seasons(frequency) == season


def test_a_series_of_days_has_its_last_value_its_week_and_its_mean(tree):
    found = said(tree, rows(days(21), np.arange(21.0)), 14)
    assert found.keys() == {"mean", "entity_mean", "last_value", "seasonal_naive"}
    assert found["mean"].tolist() == [6.5] * 7
    assert found["last_value"].tolist() == [13, 14, 15, 16, 17, 18, 19]
    assert found["seasonal_naive"].tolist() == [7, 8, 9, 10, 11, 12, 13]


def test_the_last_value_and_the_mean_are_those_of_the_same_entity(tree):
    both = [rows(days(4), [1.0, 2, 3, 4]), rows(days(4), [100.0, 200, 300, 400], "South")]
    found = said(tree, pd.concat(both), 6)
    assert found["last_value"].tolist() == [3, 300]
    assert found["entity_mean"].tolist() == [2, 200]
    assert found["mean"].tolist() == [101, 101]


def test_the_last_value_is_strictly_before_the_row_and_needs_no_frequency(tree):
    tree["featurize"]["lags"], tree["evaluate"]["seasonal_naive_lag"] = [], None
    del tree["data"]["frequency"]
    times = ["2024-01-01 07:10", "2024-01-03 22:00", "2024-01-03 22:01", "2024-02-20 00:00"]
    found = said(tree, rows(times, [1.0, 2, 3, 4]), 0)
    assert found["last_value"].tolist()[1:] == [1, 2, 3]
    assert math.isnan(found["last_value"][0])
    assert "seasonal_naive" not in found


def test_a_gap_leaves_the_newest_known_value_and_no_season(tree):
    series = rows([*days(7), *days(7, "2024-03-01")], np.arange(14.0))
    found = said(tree, series, 7)
    assert found["last_value"].tolist() == [6, 7, 8, 9, 10, 11, 12]
    assert np.isnan(found["seasonal_naive"]).all()


@pytest.mark.parametrize(
    ("lags", "naive", "sentence"),
    [
        ([1, 7], None, "featurize.lags: 1 is shorter than evaluate.horizon 7"),
        ([7], 6, "evaluate.seasonal_naive_lag: 6 is shorter than evaluate.horizon 7"),
    ],
)
def test_values_that_nobody_knows_by_then_are_refused(tree, lags, naive, sentence):
    tree["featurize"]["lags"], tree["evaluate"]["seasonal_naive_lag"] = lags, naive
    parse_params(tree)
    tree["evaluate"]["horizon"] = 7
    with pytest.raises(ProjectError, match=sentence):
        parse_params(tree)
    tree["featurize"]["lags"], tree["evaluate"]["seasonal_naive_lag"] = [7, 14], 7
    parse_params(tree)


def test_rows_off_the_grid_that_find_no_lag_are_counted(tree):
    tree["featurize"]["lags"] = [1, 7]
    params = parse_params(tree)
    stamps = days(40) + pd.to_timedelta([3 if 20 <= n < 23 else 0 for n in range(40)], unit="h")
    both = [rows(stamps, np.arange(40.0)), rows(days(40), np.arange(40.0), "South")]
    table = pd.concat(both, ignore_index=True).assign(**dict.fromkeys(params.data.features, 0.0))
    derived = derive(table, params.data, params.featurize)
    edges = 2  # the first of the three has no yesterday, nor has the day after the last
    assert unmet(derived, params.data, params.featurize.lags) == {1: edges, 7: 3 + 3}
    even = derive(table[table["area"] == "South"], params.data, params.featurize)
    assert unmet(even, params.data, params.featurize.lags) == {}
    assert _gaps(derived, params.data, (1,)) == (
        " · missing: lag 1 in 2 rows with no row exactly that far back"
    )
    assert _gaps(even, params.data, (1, 7)) == ""


def test_a_horizon_asks_for_older_values(tree):
    found = said(tree, rows(days(21), np.arange(21.0)), 14, horizon=3)
    assert found["last_value"].tolist() == [11, 12, 13, 14, 15, 16, 17]
    assert "seasonal_naive" not in said(tree, rows(days(21), np.arange(21.0)), 14, horizon=8)


def test_hours_have_a_day_and_a_week(tree):
    tree["data"]["frequency"] = "1h"
    times = pd.date_range("2024-01-01", periods=400, freq="h")
    found = said(tree, rows(times, np.arange(400.0)), 300)
    assert found["seasonal_naive"][0] == 276
    assert found["seasonal_naive_168"][0] == 132
    only = said(tree, rows(times, np.arange(400.0)), 300, seasonal_naive_lag=48)
    assert only["seasonal_naive"][0] == 252
    assert "seasonal_naive_168" not in only


def test_years_have_a_last_value_and_no_season(tree):
    tree["data"]["frequency"] = "YS"
    tree["featurize"]["lags"], tree["evaluate"]["seasonal_naive_lag"] = [1], None
    found = said(tree, rows(pd.date_range("1990", periods=20, freq="YS"), np.arange(20.0)), 15)
    assert found.keys() == {"mean", "entity_mean", "last_value"}
    assert found["last_value"].tolist() == [14, 15, 16, 17, 18]


def test_one_series_has_no_mean_of_an_entity(tree):
    for name in ("entity", "entities"):
        del tree["data"][name]
    tree["featurize"]["entity_as_feature"] = False
    history = rows(days(21), np.arange(21.0)).rename(columns={"area": "series"})
    data = parse_params(tree).data
    found = baselines.predictions(data, Evaluate(), history, history[:14], history[14:])
    assert found.keys() == {"mean", "last_value", "seasonal_naive"}


def test_rows_without_time_or_entity_have_the_mean_alone(tree):
    for name in ("entity", "entities", "event_timestamp", "frequency"):
        del tree["data"][name]
    tree["featurize"] = {}
    tree["build_dataset"]["split"] = "random"
    tree["evaluate"]["seasonal_naive_lag"] = None
    history = rows(days(9), np.arange(9.0)).rename(columns={"area": "row_id"})
    data = parse_params(tree).data
    found = baselines.predictions(data, Evaluate(), history, history[:6], history[6:])
    assert {name: values.tolist() for name, values in found.items()} == {"mean": [2.5] * 3}


def test_classes_have_their_shares_and_those_of_the_entity(tree):
    tree["data"] |= {"task": "binary", "unit": "", "classes": ["no", "yes"]}
    tree["featurize"]["lags"], tree["evaluate"]["seasonal_naive_lag"] = [], None
    both = [rows(days(5), [0, 0, 0, 1, 1]), rows(days(5), [1, 1, 1, 1, 0], "South")]
    found = said(tree, pd.concat(both), 8)
    assert found.keys() == {"prior", "entity_prior"}
    assert found["prior"].tolist() == [[3 / 8, 5 / 8]] * 2
    north, south = found["entity_prior"]
    assert north == pytest.approx([(3 + 3 / 8) / 5, (1 + 5 / 8) / 5])
    assert south == pytest.approx([(0 + 3 / 8) / 5, (4 + 5 / 8) / 5])
    assert (found["entity_prior"] > 0).all(), "no class is impossible for want of a row"


def test_an_entity_that_did_not_train_is_not_known(tree):
    both = [rows(days(10), np.arange(10.0)), rows(days(4, "2024-01-11"), [50.0] * 4, "South")]
    found = said(tree, pd.concat(both), 10)
    assert np.isnan(found["entity_mean"]).all()
    assert found["last_value"].tolist()[1:] == [50] * 3


# compared on the same rows


def test_a_baseline_that_knows_some_rows_meets_the_candidate_on_these():
    truth = np.array([1.0, 2, 3, 4])
    mine = np.array([1.0, 2, 3, 104])
    half = np.array([1.5, 2.5, 3.5, np.nan])
    found = baselines.compare("regression", truth, mine, {"last_value": half})
    evaluation = {
        "task": "regression",
        "metric": "rmse",
        "candidate": {"metrics": {"rmse": 50.0}},
        **found,
    }
    assert found["partial"]["last_value"]["rows"] == 3
    assert found["partial"]["last_value"]["candidate"]["rmse"] == 0
    assert comparison.gains(evaluation) == {"last_value": 1.0}, "the fourth row is not counted"


def test_a_baseline_that_knows_next_to_nothing_is_left_out_with_the_reason():
    truth, few = np.arange(100.0), np.full(100, np.nan)
    few[:9] = 1.0
    found = baselines.compare("regression", truth, truth, {"mean": truth, "last_value": few})
    assert found["baselines"].keys() == {"mean"}
    assert found["left_out"] == {"last_value": "it knows 9 of 100 rows"}
    few[:10] = 1.0
    found = baselines.compare("regression", truth, truth, {"mean": truth, "last_value": few})
    assert found["partial"]["last_value"]["rows"] == 10


def test_a_season_that_was_asked_for_is_never_left_out():
    truth, none = np.arange(100.0), np.full(100, np.nan)
    found = baselines.compare("regression", truth, truth, {"naive": none}, wanted="naive")
    assert math.isnan(found["baselines"]["naive"]["rmse"])
    assert comparison.hardest({"mean": -0.5, "naive": math.nan})[0] == "naive"
