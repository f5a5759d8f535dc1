"""Rolling origins: windows, and that a model good in one window alone is held."""

import numpy as np
import pandas as pd
import pytest

from level2.features.transforms import derive, model_features
from level2.model import comparison, estimators, frames, gate, metrics, naive
from level2.model.artifact import ModelArtifact
from level2.model.split import TEST, by_time
from level2.params.config import parse_params
from level2.params.sections import Promote
from level2.project import Context
from level2.training import origins, rolling
from level2.workspace import Workspace


def split_of(days, test=0.2, rows=3):
    times = pd.date_range("2024-01-01", periods=days, freq="D", tz="UTC").as_unit("us")
    time = pd.Series(np.repeat(times, rows)).sample(frac=1, random_state=0, ignore_index=True)
    return time, pd.Series(by_time(time, test, 0.2))


@pytest.mark.parametrize(
    ("days", "test", "count", "wanted"),
    [
        (100, 0.2, 3, 2),
        (100, 0.2, 1, 0),
        (100, 0.2, 9, 3),  # a fifth has to be left to learn from
        (100, 0.3, 3, 1),
        (100, 0.5, 3, 0),
        (12, 0.2, 3, 0),  # 30 rows have to come before
    ],
)
def test_as_many_windows_as_rows_allow(days, test, count, wanted):
    assert len(origins.windows(*split_of(days, test), count)) == wanted


def test_windows_follow_each_other_and_nothing_trains_after_its_origin():
    time, split = split_of(100)
    found = origins.windows(time, split, 4)
    newest = time[(split == TEST).to_numpy()].min()
    assert [int(item.rows.sum()) for item in found] == [60, 60, 60]
    for window in found:
        assert time[window.before].max() < window.start == time[window.rows].min()
        assert window.end == time[window.rows].max()
    ends = [*(item.start for item in found[1:]), newest]
    assert [item.end + pd.Timedelta(days=1) for item in found] == ends


def test_nothing_rolls_where_the_test_rows_are_not_the_newest():
    time, split = split_of(100)
    mixed = split.sample(frac=1, random_state=1, ignore_index=True)
    assert origins.windows(time, mixed, 3) == ()
    assert origins.windows(pd.Series([time[0]] * 300), split, 3) == ()


@pytest.mark.parametrize(
    ("count", "share", "wanted"),
    [(2, 0.6, 2), (3, 0.6, 2), (4, 0.6, 3), (5, 0.6, 3), (3, 1.0, 3), (3, 0.1, 1), (10, 0.7, 7)],
)
def test_a_share_of_origins_is_a_number_of_them(count, share, wanted):
    assert comparison.needed(count, share) == wanted


# the rule, by real fits


def judged(tree, follows, **knobs):
    """An evaluation of a model whose input tells the target on the days `follows` says."""
    tree["featurize"] = {"lags": [], "calendar": [], "entity_as_feature": False}
    tree["data"]["features"] = {"x": {"type": "float"}}
    tree["evaluate"] = {"slices": [], **knobs}
    rng = np.random.default_rng(0)
    times = pd.date_range("2020-01-01", periods=400, freq="D", tz="UTC").as_unit("us")
    x = rng.normal(0, 1, 400)
    noise = rng.normal(0, 1, 400)
    y = np.where(follows(np.arange(400)), 3 * x, 3 * noise) + rng.normal(0, 0.1, 400)
    table = pd.DataFrame({"area": "North", "event_timestamp": times, "x": x, "load": y})
    return evaluated(tree, table, "hist_gradient_boosting", {"max_iter": 40})


def evaluated(tree, table, family, chosen):
    """What `evaluate` finds: a model trained on the rows before the test part, and its origins."""
    params = parse_params(tree)
    contract, features = params.data, model_features(params.data, params.featurize)
    known = [*contract.key, contract.target]
    dataset = derive(table, contract, params.featurize).assign(**{contract.target: table["load"]})
    dataset["split"] = by_time(dataset["event_timestamp"], 0.2, 0.2)
    test = (dataset["split"] == TEST).to_numpy()
    record = {
        "family": family,
        "params": chosen,
        "seed": 0,
        "features": {name: item.model_dump(mode="json") for name, item in features.items()},
    }
    context = Context(params, Workspace.at(None))
    earlier = rolling.earlier(context, ModelArtifact({}, record), dataset, table[known])
    model = estimators.build(family, "regression", features, chosen, 0)
    model.fit(*frames.examples(dataset, pd.Series(~test), features, contract.target))
    frame, truth = frames.examples(dataset, pd.Series(test), features, contract.target)
    mine = estimators.predict(model, "regression", frame)
    parts = (table[known], dataset.loc[~test, known], dataset.loc[test, known])
    others = naive.predictions(contract, params.evaluate, *parts)
    evaluation = {
        "task": "regression",
        "metric": "rmse",
        "candidate": {"metrics": metrics.compute("regression", truth, mine)},
        **naive.compare("regression", truth, mine, others),
        "slices": [],
        "champion": None,
        "parity": {"rows": 1, "relative_difference": 0.0},
    }
    ends = (dataset.loc[test, "event_timestamp"].min(), dataset["event_timestamp"].max())
    window = rolling.told(ends, None, int((~test).sum()), int(test.sum()))
    last = comparison.record(
        window, "regression", "rmse", evaluation["candidate"]["metrics"], evaluation
    )
    return {**evaluation, "origins": [*earlier, last] if earlier else []}


def test_a_window_before_which_a_feature_has_no_value_is_left_out(tree):
    tree["featurize"] = {"lags": [], "calendar": [], "entity_as_feature": False}
    nullable = {"type": "float", "nullable": True}
    tree["data"]["features"] = {"x": {"type": "float"}, "late": nullable}
    tree["evaluate"] = {"slices": [], "origins": 4}
    rng = np.random.default_rng(0)
    times = pd.date_range("2020-01-01", periods=400, freq="D", tz="UTC").as_unit("us")
    x = rng.normal(0, 1, 400)
    table = pd.DataFrame({"area": "North", "event_timestamp": times, "x": x, "load": 3 * x})
    table["late"] = np.where(np.arange(400) < 200, np.nan, rng.normal(0, 1, 400))
    found = evaluated(tree, table, "hist_gradient_boosting", {"max_iter": 5})["origins"]
    assert [item["train_rows"] for item in found] == [240, 320]


def failed(evaluation, **knobs):
    return [
        rule.name for rule in gate.decide(evaluation, Promote(**knobs)).rules if not rule.passed
    ]


def test_a_model_that_is_good_in_the_last_window_alone_is_held(tree):
    found = judged(tree, lambda day: day >= 240)
    assert [item["gain"] > 0.05 for item in found["origins"]] == [False, False, True]
    assert failed(found) == ["several origins"]
    assert gate.decide(found, Promote()).reasons == [
        "rmse better than the best baseline by 5.0% in 1 of 3 origins, wanted ≥ 2"
    ]
    assert failed(found, origins_won=None) == [], "the one window alone would have promoted it"
    assert failed(found, origins_won=0.3) == []


def test_a_model_that_is_always_good_passes(tree):
    found = judged(tree, lambda day: day >= 0)
    assert failed(found) == []
    assert failed(found, origins_won=1.0) == []
    assert [item["train_rows"] for item in found["origins"]] == [160, 240, 320]
    assert [item["from"] for item in found["origins"]] == ["2020-06-09", "2020-08-28", "2020-11-16"]


def test_a_window_that_was_lost_does_not_hold_a_model_that_won_most(tree):
    found = judged(tree, lambda day: (day < 240) | (day >= 320))
    assert [item["gain"] > 0.05 for item in found["origins"]] == [True, False, True]
    assert failed(found) == []
    assert failed(found, origins_won=1.0) == ["several origins"]


def panel(stores=12, years=30, slope=1.5):
    """Yearly sales of stores, each a slow walk: last year says almost everything."""
    rng, step = np.random.default_rng(7), np.arange(years)
    times = pd.date_range("1990", periods=years, freq="YS", tz="UTC").as_unit("us")
    frames = [
        pd.DataFrame(
            {
                "area": f"s{store}",
                "event_timestamp": times,
                "price": rng.uniform(1, 9, years),
                "load": 100
                + 25 * store
                + 6 * np.sin(step / 3 + store)
                + slope * step
                # the noise of one year is not the next one's
                + rng.normal(0, 3, years),
            }
        )
        for store in range(stores)
    ]
    return pd.concat(frames, ignore_index=True)


@pytest.mark.parametrize(
    ("family", "chosen"),
    [("hist_gradient_boosting", {"max_iter": 100}), ("linear", {"alpha": 1.0})],
)
def test_a_panel_of_years_is_held_where_last_year_is_as_good(tree, family, chosen):
    tree["data"] |= {"frequency": "YS", "entities": [f"s{store}" for store in range(12)]}
    tree["data"]["features"] = {"price": {"type": "float"}}
    tree["featurize"] = {"calendar": [], "lags": [1], "entity_as_feature": True}
    tree["evaluate"] = {"slices": []}
    found = evaluated(tree, panel(), family, chosen)
    assert found["candidate"]["metrics"]["r2"] > 0.98, "it looks right"
    assert found["baselines"].keys() == {"mean", "entity_mean", "last_value"}
    assert failed(found) == ["beats baseline", "several origins"]
    assert "against last_value" in gate.decide(found, Promote()).reasons[0]
    del found["baselines"]["last_value"]
    assert "beats baseline" not in failed(found), "it was the last value that held it"


def test_one_origin_is_no_rule(tree):
    found = judged(tree, lambda day: day >= 240, origins=1)
    assert found["origins"] == []
    assert "several origins" not in [rule.name for rule in gate.decide(found, Promote()).rules]


def test_an_origin_without_a_number_is_not_won():
    assert comparison.won([{"gain": None}, {"gain": float("nan")}, {"gain": 0.05}], 0.05) == 1
    record = comparison.record({}, "regression", "rmse", {"rmse": 1.0}, {"baselines": {}})
    assert comparison.won([record], 0.0) == 0
