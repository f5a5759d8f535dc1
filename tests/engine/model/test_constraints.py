"""Monotonic constraints and weights by class: held by the exported model, or refused."""

import numpy as np
import pandas as pd
import pytest

from level2.base.errors import ProjectError
from level2.data.feature import Feature
from level2.kubeflow.katib import search
from level2.model import class_weights, encoders, estimators, frames, onnx, search_space, skops
from level2.params.config import parse_params
from level2.project import Context
from level2.training import candidates
from level2.training.steps import tune

CITY = [f"city {number}" for number in range(30)]
FEATURES = {  # in an order in which the encoding moves the numbers to the front
    "kind": Feature(type="category", categories=("x", "y", "z")),
    "price": Feature(type="float", nullable=True),
    "city": Feature(type="category", encode="target"),
    "other": Feature(type="float"),
    "temperature": Feature(type="float"),
}
MONOTONIC = {"temperature": "increasing", "price": "decreasing"}
QUICK = {
    "hist_gradient_boosting": {"max_iter": 60},
    "extra_trees": {"n_estimators": 25},
    "random_forest": {"n_estimators": 25},
}


def wavy(task, rows=1_500, seed=0):
    """Model frame and truth that rise and fall along every number."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "kind": rng.choice(["x", "y", "z"], rows),
            "price": np.where(rng.random(rows) < 0.1, np.nan, rng.uniform(-3, 3, rows)),
            "city": rng.choice(CITY, rows),
            "other": rng.uniform(-3, 3, rows),
            "temperature": rng.uniform(-3, 3, rows),
        }
    )
    waves = [np.sin(3 * table[name].fillna(0)) for name in ("price", "other", "temperature")]
    value = sum(waves) + (table["kind"] == "x") + 0.3 * rng.normal(size=rows)
    truth = value.to_numpy() if task == "regression" else (value > 0.5).astype(int).to_numpy()
    return frames.model_frame(table, FEATURES), truth


def largest_wrong_step(task, data, name, sign):
    """How far the exported model moves against `sign` along a grid, the rest held still."""
    frame, _ = wavy(task, rows=40, seed=1)
    grid = np.linspace(-3.5, 3.5, 141, dtype=np.float32)
    rows = frame.loc[frame.index.repeat(len(grid))].reset_index(drop=True)
    rows[name] = np.tile(grid, len(frame))
    found = onnx.predict(data, task, rows)
    found = (found if task == "regression" else found[:, 1]).reshape(len(frame), -1)
    return float(np.max(-sign * np.diff(found, axis=1)))


@pytest.mark.parametrize("task", ["regression", "binary"])
@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("family", QUICK)
def test_the_exported_model_keeps_the_direction_that_the_rows_break(family, task):
    frame, truth = wavy(task)
    free, held = (
        encoders.fit(
            estimators.build(family, task, FEATURES, QUICK[family], 0), frame, truth, monotonic
        )
        for monotonic in ({}, MONOTONIC)
    )
    data = skops.dumps(held)
    skops.loadable(data, estimators.FAMILIES[family].trusted, family)
    features = encoders.learned(FEATURES, frame)
    bound, loose = (onnx.export(model, features) for model in (held, free))
    for name, sign in (("temperature", 1), ("price", -1)):
        assert largest_wrong_step(task, loose, name, sign) > 0.05
        assert largest_wrong_step(task, bound, name, sign) < 1e-5
    for sign in (1, -1):  # what is not named may still bend
        assert largest_wrong_step(task, bound, "other", sign) > 0.05


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({}, "linear cannot be constrained, leave it out of tune.families"),
        ({"monotonic": {"warmth": "increasing"}}, "`warmth` is not an input of the model"),
        ({"monotonic": {"kind": "increasing"}}, "`kind` is a category, whose values have no order"),
        ({"monotonic": {"temperature": "up"}}, "train.monotonic.temperature: .*'increasing'"),
    ],
)
def test_what_cannot_be_held_is_refused_before_anything_runs(tree, sections, words):
    trees = {"hist_gradient_boosting": tree["tune"]["families"]["hist_gradient_boosting"]}
    allowed = {**tree, "tune": {"families": trees}}
    train = {"monotonic": {"temperature": "decreasing", "load_lag_1": "increasing"}}
    parse_params({**allowed, "train": train})
    with pytest.raises(ProjectError, match=words):
        parse_params({**(allowed if sections else tree), "train": {**train, **sections}})


@pytest.mark.parametrize("task", ["ranking", "multi-output", ["regression", "binary"]])
def test_a_task_that_is_out_of_scope_is_refused(tree, task):
    tree["data"]["task"] = task
    with pytest.raises(ProjectError, match=r"data\.task: .*'regression', 'binary' or 'multiclass'"):
        parse_params(tree)
    tree["data"] |= {"task": "regression", "target": ["load", "temperature"]}
    with pytest.raises(ProjectError, match=r"data\.target: .*valid string"):
        parse_params(tree)


def with_classes(tree, *classes, **train):
    task = "binary" if len(classes) == 2 else "multiclass"
    trees = {"hist_gradient_boosting": tree["tune"]["families"]["hist_gradient_boosting"]}
    return {
        "data": {**tree["data"], "task": task, "classes": list(classes), "unit": ""},
        "tune": {"families": trees},
        "train": train,
    }


def test_more_than_two_classes_have_no_direction(tree):
    asked = {"monotonic": {"temperature": "increasing"}}
    parse_params(with_classes(tree, "no", "yes", **asked))
    with pytest.raises(ProjectError, match=r"train\.monotonic needs task regression or binary"):
        parse_params(with_classes(tree, "low", "middle", "high", **asked))


@pytest.mark.parametrize(
    ("weight", "words"),
    [
        ({"maybe": 2}, "train.class_weight: `maybe` is not one of no, yes"),
        ({"yes": 0}, "the weight of class `yes` must be a number above 0"),
        ({"yes": float("nan")}, "the weight of class `yes` must be a number above 0"),
        ({"yes": True}, "the weight of class `yes` must be a number above 0"),
        ({1: 2}, "train.class_weight: write the class `1` in quotes"),
        ({}, "train.class_weight: use none, balanced or weights by class"),
        ("heavy", "train.class_weight: use none, balanced or weights by class"),
    ],
)
def test_weights_that_mean_nothing_are_refused(tree, weight, words):
    with pytest.raises(ProjectError, match=words):
        parse_params(with_classes(tree, "no", "yes", class_weight=weight))


def test_a_number_has_no_classes_to_weigh(tree):
    with pytest.raises(ProjectError, match=r"train\.class_weight needs classes"):
        parse_params({**tree, "train": {"class_weight": {"yes": 2}}})


def test_a_class_that_is_not_named_weighs_one(tree):
    params = parse_params(with_classes(tree, "no", "yes", class_weight={"yes": 4}))
    assert params.class_weight == {0: 1.0, 1: 4.0}
    assert class_weights.by_code("balanced", ("no", "yes")) == "balanced"


def test_a_weight_counts_rows_as_often():
    """Three times the weight is the same fit as each row of the class three times."""
    frame, truth = wavy("binary", rows=600)
    numbers = frame[["other"]].to_numpy()

    def fitted(rows, weight):
        model = estimators.estimator("linear", "binary", {"tol": 1e-10}, 0, weight)
        return estimators.predict(model.fit(numbers[rows], truth[rows]), "binary", numbers)

    every, often = np.arange(600), np.repeat(np.arange(600), np.where(truth == 1, 3, 1))
    weighted = fitted(every, {0: 1.0, 1: 3.0})
    assert np.allclose(weighted, fitted(often, "none"), atol=1e-6)
    assert weighted[:, 1].mean() > fitted(every, "none")[:, 1].mean() + 0.1


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("family", [*estimators.SHIPPED, "random_forest"])
def test_every_family_takes_weights_by_class(family):
    """And its file is loaded and its export is the same."""
    frame, truth = wavy("binary", rows=900)
    features = {name: FEATURES[name] for name in ("other", "temperature")}
    frame = frame[[*features]]
    leaves = {"min_samples_leaf": 50} if family in ("extra_trees", "random_forest") else {}
    plain, model = (
        encoders.fit(estimators.build(family, "binary", features, leaves, 0, weight), frame, truth)
        for weight in ("none", {0: 1.0, 1: 6.0})
    )
    loaded = skops.loads(skops.dumps(model), estimators.FAMILIES[family].trusted)
    unseen = wavy("binary", rows=400, seed=1)[0][[*features]]
    found = estimators.predict(loaded, "binary", unseen)
    exported = onnx.predict(onnx.export(model, features), "binary", unseen)
    assert np.allclose(found, exported, atol=1e-4)
    assert found[:, 1].mean() > estimators.predict(plain, "binary", unseen)[:, 1].mean() + 0.02


def test_the_first_point_of_a_space_is_in_it():
    space = {
        "n": search_space.Range(type="int", min=3, max=9),
        "alpha": search_space.Range(type="double", min=0.1, max=1),
        "kind": search_space.Range(type="categorical", list=("a", "b")),
    }
    found = search_space.first(space)
    assert found == {"n": 3, "alpha": 0.1, "kind": "a"}
    assert isinstance(found["n"], int)


MOVED = """
from sklearn.decomposition import PCA
from sklearn.ensemble import RandomForestRegressor
from sklearn.impute import SimpleImputer
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

def near(task, params, seed):
    return make_pipeline(SimpleImputer(), KNeighborsRegressor(**params))

def moved(task, params, seed):
    forest = RandomForestRegressor(random_state=seed, **params)
    return make_pipeline(SimpleImputer(), PCA(2), forest)

ESTIMATORS = {"near": near, "moved": moved}
"""


@pytest.mark.parametrize("family", ["near", "moved"])
def test_an_estimator_of_the_team_that_cannot_hold_them_is_refused_before_a_trial(
    own, prepared, tree, family
):
    """One knows no constraints; before the other the columns move."""
    own("estimators", MOVED)
    name = "n_neighbors" if family == "near" else "n_estimators"
    space = {name: {"type": "int", "min": 2, "max": 5}}
    trees = tree["tune"]["families"]["hist_gradient_boosting"]
    tree["tune"]["families"] = {"hist_gradient_boosting": trees, family: space}
    context = Context(parse_params(tree), prepared.workspace)
    tune.run(context)
    context.workspace.tuning.unlink()
    tree["train"] = {"monotonic": {"temperature": "decreasing"}}
    context = Context(parse_params(tree), prepared.workspace)
    with pytest.raises(ProjectError, match=f"train.monotonic: {family} cannot be constrained"):
        tune.run(context)
    assert not context.workspace.tuning.exists()
    with pytest.raises(ProjectError, match=f"train.monotonic: {family} cannot be constrained"):
        candidates.scorer(context)(family, {name: 3})  # a trial by hand, or a sweep


def test_every_trial_is_fitted_under_the_constraints_of_params(prepared, tree):
    """A trial of Katib's is this one, and its digest of the knobs tells these apart."""
    space = tree["tune"]["families"]["hist_gradient_boosting"]
    tree["tune"]["families"] = {"hist_gradient_boosting": space}
    values, digests = {}, set()
    for direction in (None, "increasing", "decreasing"):
        tree["train"] = {"monotonic": {"temperature": direction} if direction else {}}
        context = Context(parse_params(tree), prepared.workspace)
        score = candidates.scorer(context)
        values[direction] = score("hist_gradient_boosting", {"max_iter": 20})
        digests.add(search.knobs_digest(context.params))
    assert len(digests) == 3
    assert values["increasing"] > 1.05 * max(values["decreasing"], values[None])
