"""Prediction intervals: the right order statistic, the coverage it promises, and its refusals."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from level2.base.errors import ProjectError
from level2.model import artifact, encoders, estimators, gate, intervals
from level2.params.config import parse_params
from level2.params.sections import Promote
from level2.serving.model import Stamp, ready
from made import bundle


@settings(max_examples=100)
@given(
    errors=st.lists(st.integers(-1000, 1000), min_size=20, max_size=60),
    coverage=st.sampled_from([0.5, 0.8, 0.9, 0.95]),
)
def test_the_half_width_is_the_least_that_holds_enough_of_the_rows(errors, coverage):
    found = np.arange(float(len(errors)))
    made = intervals.calibrated(coverage, found + errors, found)
    wanted = math.ceil(round((len(errors) + 1) * coverage, 9))
    sizes = sorted(abs(error) for error in errors)
    assert made == intervals.Interval(coverage, sizes[wanted - 1], len(errors))
    inside = made.measured(found + errors, found)
    assert inside >= coverage
    narrower = intervals.Interval(coverage, made.half_width - 0.5, len(errors))
    assert narrower.measured(found + errors, found) < wanted / len(errors)


@pytest.mark.parametrize("noise", ["normal", "laplace", "exponential"])
def test_new_rows_are_inside_as_often_as_promised(noise):
    """The mean over many calibrations lies between the coverage and 1/(n + 1) above it."""
    rng = np.random.default_rng(0)
    draw = getattr(rng, noise)
    shares = []
    for _ in range(400):
        calibration, new = draw(size=99), draw(size=500)
        made = intervals.calibrated(0.9, calibration, np.zeros(99))
        shares.append(made.measured(new, np.zeros(500)))
    assert 0.9 - 0.005 < np.mean(shares) < 0.9 + 1 / 100 + 0.005


def test_a_served_model_holds_thousands_of_new_rows_as_often_as_promised(learnable, tmp_path):
    """As `train` does it: calibrated by a fit to the first rows, served by a fit to all of them."""

    def noisy(count, seed):
        features, frame, truth = learnable("regression", count=count, seed=seed)
        return features, frame, truth + np.random.default_rng(seed + 100).normal(0, 1, count)

    features, frame, truth = noisy(1_200, 0)
    first = estimators.build("linear", "regression", features, {}, 0)
    encoders.fit(first, frame[:700], truth[:700])
    found = estimators.predict(first, "regression", frame[700:])
    made = intervals.calibrated(0.9, truth[700:], found)
    loaded = artifact.load(bundle(tmp_path / "model", "regression", features, frame, truth))
    loaded.record["interval"] = vars(made)
    served = ready(loaded, Stamp("small-regression", "1", "digest"))
    _, new, known = noisy(8_000, 1)
    columns = {
        name: new[name].astype(float if item.numeric else object).tolist()
        for name, item in features.items()
    }
    low, high = np.transpose(served.intervals(served.score(columns))["intervals"])
    inside = np.mean((low <= known) & (known <= high))
    assert 0.9 - 0.03 < inside < 0.9 + 0.03  # two standard errors of 500 calibration rows


@pytest.mark.parametrize(("coverage", "least"), [(0.5, 1), (0.9, 9), (0.95, 19), (0.99, 99)])
def test_too_few_rows_promise_nothing(coverage, least):
    enough, few = np.arange(float(least)), np.arange(float(least - 1))
    assert intervals.calibrated(coverage, enough, 0 * enough).half_width == least - 1
    with pytest.raises(ProjectError, match=rf"coverage {coverage} needs {least} validation rows"):
        intervals.calibrated(coverage, few, 0 * few)


def test_a_model_without_one_has_none():
    assert intervals.read({"threshold": None}) is None
    told = {"coverage": 0.9, "half_width": 2.0, "rows": 40}
    low, high = intervals.read({"interval": told}).around(np.array([1.0, 5.0]))
    assert (low.tolist(), high.tolist()) == ([-1.0, 3.0], [3.0, 7.0])


def judged(interval, least):
    candidate = {"metrics": {"rmse": 80.0, "mae": 60.0, "r2": 0.95, "smape": 0.02}}
    evaluation = {
        "task": "regression", "metric": "rmse", "champion": None, "slices": [],
        "candidate": candidate | ({"interval": interval} if interval else {}),
        "baselines": {"mean": {"rmse": 400.0}},
        "parity": {"rows": 100, "max_difference": 1e-4, "relative_difference": 1e-6},
    }  # fmt: skip
    rules = gate.decide(evaluation, Promote(coverage=least)).rules
    return [(rule.passed, rule.detail) for rule in rules if rule.name == "interval coverage"]


def told(measured):
    return {"coverage": 0.9, "half_width": 2.0, "rows": 40, "measured": measured, "test_rows": 200}


def test_the_gate_holds_a_candidate_whose_intervals_hold_too_few_rows():
    detail = "84.5% of 200 test rows lie inside their 90% interval, wanted ≥ 85.0%"
    assert judged(told(0.845), 0.85) == [(False, detail)]
    assert judged(told(0.85), 0.85)[0][0]
    assert judged(told(math.nan), 0.85)[0][0] is False
    assert judged(None, 0.85) == [
        (False, "the candidate has no prediction intervals: train it again")
    ]
    assert judged(told(0.1), None) == []


def test_a_high_coverage_is_not_rounded_to_certainty():
    [(_, detail)] = judged(told(0.999) | {"coverage": 0.995}, 0.99)
    assert "inside their 99.5% interval" in detail


def test_what_means_nothing_is_refused(tree):
    tree["promote"] = {"coverage": 0.85}
    with pytest.raises(ProjectError, match=r"promote\.coverage judges intervals: ask for them"):
        parse_params(tree)
    tree["train"] = {"coverage": 0.9}
    assert parse_params(tree).train.coverage == 0.9
    tree["train"] = {"coverage": 1.0}
    with pytest.raises(ProjectError, match="less than 1"):
        parse_params(tree)


def test_classes_have_no_interval(tree):
    tree["data"] |= {"task": "binary", "classes": ["a", "b"]}
    tree["featurize"], tree["evaluate"] = {"calendar": ["weekday"]}, {"slices": []}
    tree["train"] = {"coverage": 0.9}
    with pytest.raises(ProjectError, match="classes have probabilities and no interval"):
        parse_params(tree)
