"""Candidate estimators: every family fits every task, learns, and repeats itself exactly."""

import numpy as np
import pandas as pd
import pytest

from level2.data.feature import Feature
from level2.model import estimators, frames, metrics, skops

TASKS = ("regression", "binary", "multiclass")
CLASSES = {"binary": 2, "multiclass": 3}
UNEASY = {
    "alpha": 1e-9,
    "average": False,
    "learning_rate": "constant",
    "eta0": 0.1,
    "max_iter": 9_000,
    "tol": None,
}
LOOSE = {  # parameters that let a family learn a few rows by heart
    ("hist_gradient_boosting", "regression"): {"min_samples_leaf": 1, "max_iter": 200},
    ("hist_gradient_boosting", "binary"): {"min_samples_leaf": 1, "max_iter": 200},
    ("hist_gradient_boosting", "multiclass"): {"min_samples_leaf": 1, "max_iter": 200},
    ("linear", "regression"): {"alpha": 1e-6},
    ("linear", "binary"): {"C": 1e6},
    ("linear", "multiclass"): {"C": 1e6},
    ("extra_trees", "regression"): {},
    ("extra_trees", "binary"): {},
    ("extra_trees", "multiclass"): {},
    ("polynomial", "regression"): {"alpha": 1e-6},
    ("polynomial", "binary"): {"C": 1e6},
    ("polynomial", "multiclass"): {"C": 1e6},
    ("sgd", "regression"): UNEASY,
    ("sgd", "binary"): UNEASY,
    ("sgd", "multiclass"): UNEASY,
}
every_family = pytest.mark.parametrize("family", estimators.FAMILIES)
every_task = pytest.mark.parametrize("task", TASKS)


def fitted(family, task, rows, params=None, seed=0):
    features, frame, truth = rows
    quick = {"max_iter": 20} if family == "hist_gradient_boosting" else {}
    model = estimators.build(family, task, features, quick if params is None else params, seed)
    return model.fit(frame, truth)


def test_every_family_has_loose_parameters_here():
    assert {family for family, _ in LOOSE} == set(estimators.FAMILIES)


@every_family
@every_task
def test_predictions_have_the_shape_of_the_task(family, task, learnable):
    rows = learnable(task)
    found = estimators.predict(fitted(family, task, rows), task, rows[1])
    if task == "regression":
        assert found.shape == (len(rows[1]),)
    else:
        assert found.shape == (len(rows[1]), CLASSES[task])
        assert found.sum(axis=1) == pytest.approx(1)
    assert found.dtype == np.float64
    assert np.isfinite(found).all()


@every_family
@every_task
def test_what_is_learnt_holds_on_rows_not_seen(family, task, learnable):
    _, unseen, truth = learnable(task, seed=1)
    rows = learnable(task)
    metric = metrics.primary_metric(task)
    model = fitted(family, task, rows)
    dummy = estimators.baseline(task).fit(rows[1].iloc[:, :1], rows[2])
    mine = metrics.compute(task, truth, estimators.predict(model, task, unseen))[metric]
    theirs = estimators.predict(dummy, task, unseen.iloc[:, :1])
    gained = metrics.gain(task, metric, mine, metrics.compute(task, truth, theirs)[metric])
    assert gained > 0.3


@every_family
@every_task
def test_a_few_rows_are_learnt_by_heart(family, task, learnable):
    """A model that cannot overfit eight rows does not see its inputs."""
    features, frame, truth = learnable(task, count=8)
    model = fitted(family, task, (features, frame, truth), LOOSE[family, task])
    found = estimators.predict(model, task, frame)
    if task == "regression":
        assert metrics.compute(task, truth, found)["r2"] > 0.95
    else:
        # sgd sets each class against the rest, so no line can set the middle one apart
        shown = truth != 1 if (family, task) == ("sgd", "multiclass") else truth >= 0
        assert (found.argmax(axis=1) == truth)[shown].all()


@every_family
@every_task
def test_the_same_seed_gives_the_same_bytes(family, task, learnable):
    rows = learnable(task)
    first, again = (skops.dumps(fitted(family, task, rows)) for _ in range(2))
    assert first == again


@every_family
def test_other_rows_give_other_bytes(family, learnable):
    first, other = (
        skops.dumps(fitted(family, "regression", learnable("regression", seed=seed)))
        for seed in (0, 1)
    )
    assert first != other


@every_family
def test_only_the_files_of_listed_types_are_read_back(family, learnable):
    rows = learnable("regression")
    model = fitted(family, "regression", rows)
    again = skops.loads(skops.dumps(model), estimators.FAMILIES[family].trusted)
    assert (again.predict(rows[1]) == model.predict(rows[1])).all()


@every_family
def test_unknown_and_missing_inputs_are_predicted(family, learnable):
    features, frame, truth = learnable("regression")
    model = fitted(family, "regression", (features, frame, truth))
    odd = frame.head(3).assign(kind=["never seen", "", "x"])
    odd["age"] = np.array([np.nan, 1e9, -1e9], dtype="float32")
    assert np.isfinite(estimators.predict(model, "regression", odd)).all()


@every_family
@pytest.mark.parametrize("kept", [["size", "open"], ["kind"]])
def test_a_table_may_have_numbers_only_or_categories_only(family, kept, learnable):
    features, frame, truth = learnable("regression")
    some = {name: features[name] for name in kept}
    model = fitted(family, "regression", (some, frame[kept], truth))
    assert np.isfinite(estimators.predict(model, "regression", frame[kept])).all()


def test_no_scaler_and_no_native_category_stands_before_trees():
    """Both export to ONNX without a word and predict something else there."""
    features = {"size": Feature(type="float"), "kind": Feature(type="category")}
    model = estimators.build("hist_gradient_boosting", "regression", features, {}, 0)
    assert "Scaler" not in repr(model)
    assert "OneHotEncoder" in repr(model)
    assert model.named_steps["model"].early_stopping is False


def test_the_baseline_knows_only_the_mean_or_the_shares(learnable):
    _, frame, truth = learnable("regression")
    mean = estimators.baseline("regression").fit(frame, truth)
    assert set(mean.predict(frame)) == {truth.mean()}
    _, frame, truth = learnable("multiclass")
    shares = estimators.baseline("multiclass").fit(frame, truth).predict_proba(frame)
    assert shares == pytest.approx(np.tile(np.bincount(truth) / len(truth), (len(frame), 1)))


@pytest.mark.parametrize("dtype", ["object", "category", "string"])
def test_the_models_input_is_float32_and_text_in_contract_order(dtype):
    features = {
        "kind": Feature(type="category", nullable=True),
        "open": Feature(type="bool"),
        "size": Feature(type="int"),
    }
    table = pd.DataFrame(
        {
            "size": [1, 2, 3],
            "other": [0, 0, 0],
            "open": [True, False, True],
            "kind": pd.Series(["x", None, "y"], dtype=dtype),
        }
    )
    frame = frames.model_frame(table, features)
    assert list(frame) == ["kind", "open", "size"]
    assert frame["kind"].tolist() == ["x", frames.MISSING_CATEGORY, "y"]
    assert frame["open"].tolist() == [1, 0, 1]
    assert {str(frame[name].dtype) for name in ("open", "size")} == {"float32"}
