"""Metrics against scikit-learn, their directions, and NaN, which is never good."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sk

from level2.model import metrics

PAIRS = [(task, name) for task, names in metrics.DIRECTIONS.items() for name in names]
ANY = st.floats(width=32)
FINITE = st.floats(-1e6, 1e6)


def drawn(task, count=500):
    rng = np.random.default_rng(1)
    if task == "regression":
        return rng.normal(100, 20, count), rng.normal(100, 20, count)
    classes = 2 if task == "binary" else 4
    return rng.integers(0, classes, count), rng.dirichlet(np.ones(classes), count)


def test_regression_agrees_with_scikit_learn():
    truth, prediction = drawn("regression")
    found = metrics.compute("regression", truth, prediction)
    assert found["rmse"] == pytest.approx(sk.root_mean_squared_error(truth, prediction))
    assert found["mae"] == pytest.approx(sk.mean_absolute_error(truth, prediction))
    assert found["r2"] == pytest.approx(sk.r2_score(truth, prediction))
    share = np.mean(2 * np.abs(truth - prediction) / (np.abs(truth) + np.abs(prediction)))
    assert found["smape"] == pytest.approx(share)


def test_binary_agrees_with_scikit_learn():
    truth, prediction = drawn("binary")
    positive, label = prediction[:, 1], prediction.argmax(axis=1)
    assert metrics.compute("binary", truth, prediction) == pytest.approx(
        {
            "log_loss": sk.log_loss(truth, prediction),
            "roc_auc": sk.roc_auc_score(truth, positive),
            "average_precision": sk.average_precision_score(truth, positive),
            "f1": sk.f1_score(truth, label),
            "accuracy": sk.accuracy_score(truth, label),
            "brier": sk.brier_score_loss(truth, positive),
        }
    )


def test_multiclass_agrees_with_scikit_learn():
    truth, prediction = drawn("multiclass")
    label = prediction.argmax(axis=1)
    assert metrics.compute("multiclass", truth, prediction) == pytest.approx(
        {
            "log_loss": sk.log_loss(truth, prediction),
            "accuracy": sk.accuracy_score(truth, label),
            "f1_macro": sk.f1_score(truth, label, average="macro"),
        }
    )


def test_a_perfect_prediction_has_the_best_value_of_every_metric():
    truth = np.array([0, 1, 2, 1, 0, 2])
    numbers = metrics.compute("regression", truth * 1.0, truth * 1.0)
    assert numbers == {"rmse": 0, "mae": 0, "r2": 1, "smape": 0}
    classes = metrics.compute("multiclass", truth, np.eye(3)[truth])
    assert classes == pytest.approx({"log_loss": 0, "accuracy": 1, "f1_macro": 1})


@pytest.mark.parametrize(("task", "name"), PAIRS)
def test_every_metric_is_better_for_the_better_prediction(task, name):
    truth, poor = drawn(task)
    right = truth if task == "regression" else np.eye(poor.shape[1])[truth]
    good = 0.8 * right + 0.2 * poor
    scores = [metrics.compute(task, truth, values)[name] for values in (good, poor)]
    assert metrics.better(task, name, *scores)
    assert not metrics.better(task, name, *reversed(scores))
    assert metrics.gain(task, name, *scores) > 0
    assert metrics.gain(task, name, *reversed(scores)) < 0


def test_every_task_names_its_deciding_metric():
    assert {task: metrics.primary_metric(task) for task in metrics.DIRECTIONS} == {
        "regression": "rmse",
        "binary": "log_loss",
        "multiclass": "log_loss",
    }


@pytest.mark.parametrize("task", metrics.DIRECTIONS)
@pytest.mark.parametrize("spoilt", [math.nan, math.inf, -math.inf])
def test_one_prediction_that_is_no_number_spoils_every_metric(task, spoilt):
    truth, prediction = drawn(task)
    prediction[7] = spoilt
    found = metrics.compute(task, truth, prediction)
    assert set(found) == set(metrics.DIRECTIONS[task])
    assert all(math.isnan(value) for value in found.values())


@pytest.mark.parametrize("task", metrics.DIRECTIONS)
def test_no_rows_give_no_numbers(task):
    truth, prediction = drawn(task)
    found = metrics.compute(task, truth[:0], prediction[:0])
    assert set(found) == set(metrics.DIRECTIONS[task])
    assert all(math.isnan(value) for value in found.values())


def test_what_cannot_be_computed_is_nan_and_the_rest_is_not():
    flat = metrics.compute("regression", np.ones(3), np.array([1.0, 2.0, 3.0]))
    assert math.isnan(flat.pop("r2"))
    assert np.isfinite(list(flat.values())).all()
    one_class = metrics.compute("binary", np.ones(3), np.array([[0.5, 0.5]] * 3))
    assert math.isnan(one_class.pop("roc_auc"))
    assert math.isnan(one_class.pop("average_precision"))
    assert np.isfinite(list(one_class.values())).all()


def test_zeros_do_not_divide():
    assert metrics.compute("regression", np.array([0.0, 1.0]), np.array([0.0, 1.0]))["smape"] == 0


@pytest.mark.parametrize(("task", "name"), PAIRS)
@given(other=ANY)
def test_nan_is_never_better(task, name, other):
    assert not metrics.better(task, name, math.nan, other)
    assert not metrics.better(task, name, other, math.nan)
    assert math.isnan(metrics.gain(task, name, math.nan, other))
    assert math.isnan(metrics.gain(task, name, other, math.nan))


@pytest.mark.parametrize(("task", "name"), PAIRS)
@given(a=FINITE, b=FINITE)
def test_better_is_strict_and_gain_agrees_with_it(task, name, a, b):
    assert not metrics.better(task, name, a, a)
    assert not (metrics.better(task, name, a, b) and metrics.better(task, name, b, a))
    assert (metrics.gain(task, name, a, b) > 0) == metrics.better(task, name, a, b)


def test_gain_is_relative():
    assert metrics.gain("regression", "rmse", 90, 100) == pytest.approx(0.1)
    assert metrics.gain("regression", "r2", 0.9, 0.8) == pytest.approx(0.125)
    assert metrics.gain("regression", "rmse", 110, 100) == pytest.approx(-0.1)


@pytest.mark.parametrize("task", metrics.DIRECTIONS)
def test_complete_needs_every_metric_and_each_finite(task):
    whole = dict.fromkeys(metrics.DIRECTIONS[task], 0.5)
    assert metrics.complete(task, whole)
    for name in whole:
        assert not metrics.complete(
            task, {key: value for key, value in whole.items() if key != name}
        )
        assert not metrics.complete(task, {**whole, name: math.nan})
        assert not metrics.complete(task, {**whole, name: math.inf})
