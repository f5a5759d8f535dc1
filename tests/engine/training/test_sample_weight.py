"""Sample weights: a column that says how often a row counts in a fit, and nothing else."""

import json

import numpy as np
import pandas as pd
import pytest

from level2.base.errors import ProjectError
from level2.data.canonical import canonical
from level2.data.feature import Feature
from level2.features.transforms import model_features
from level2.kubeflow.katib import trial
from level2.model import encoders, estimators, frames, onnx, skops, weighing
from level2.params.config import parse_params
from level2.project import Context
from level2.training import candidates, cutting
from level2.training.steps import build_dataset, train, tune

FEATURES = {
    "size": Feature(type="float"),
    "age": Feature(type="float"),
    "kind": Feature(type="category", categories=("x", "y")),
}


def rows_of(task="regression", rows=400, seed=0):
    """Model frame, truth and whole weights from 0 to 4; heavy rows follow another line."""
    rng = np.random.default_rng(seed)
    weights = rng.integers(0, 5, rows).astype(float)
    size, age = rng.normal(50, 20, rows), rng.normal(5, 2, rows)
    table = pd.DataFrame({"size": size, "age": age, "kind": rng.choice(["x", "y"], rows)})
    value = np.where(weights > 2, 3, -1) * (size - 50) / 20 + age + rng.normal(0, 1, rows)
    truth = value if task == "regression" else (value > 5).astype(int)
    return frames.model_frame(table, FEATURES), truth, weights


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_a_linear_model_of_whole_weights_is_that_of_repeated_rows(task):
    frame, truth, weights = rows_of(task)
    often = np.repeat(np.arange(len(truth)), weights.astype(int))
    numbers = frame[["size", "age"]].to_numpy(np.float64)

    def fitted(rows, given):
        model = estimators.estimator(
            "linear", task, {} if task == "regression" else {"tol": 1e-13}, 0
        )
        weighing.fit(model, numbers[rows], truth[rows], given, "linear")
        return estimators.predict(model, task, numbers)

    every = np.arange(len(truth))
    found = fitted(every, weights)
    near = 1e-9 if task == "regression" else 1e-6  # an iteration ends where it ends
    assert np.allclose(found, fitted(often, None), rtol=0, atol=near)
    assert np.abs(found - fitted(every, None)).max() > 0.1

    def whole(rows, given):  # float32 inputs, standardized by the weighted mean
        model = estimators.build("linear", task, FEATURES, {}, 0)
        encoders.fit(model, frame.iloc[rows], truth[rows], weights=given)
        return model, estimators.predict(model, task, frame)

    model, found = whole(every, weights)
    assert np.allclose(found, whole(often, None)[1], atol=1e-3)
    loaded = skops.loads(skops.dumps(model), estimators.FAMILIES["linear"].trusted)
    assert np.allclose(estimators.predict(loaded, task, frame), found)
    assert np.allclose(onnx.predict(onnx.export(model, FEATURES), task, frame), found, atol=1e-3)


@pytest.mark.parametrize("task", ["regression", "binary"])
@pytest.mark.parametrize("family", [*estimators.SHIPPED, "random_forest"])
@pytest.mark.usefixtures("registered")
def test_every_family_follows_the_heavy_rows(family, task):
    frame, truth, weights = rows_of(task, rows=900)
    heavy = np.where(weights > 2, 2.0, 0.001)
    settings = {"min_samples_leaf": 20} if "tree" in family or "forest" in family else {}

    def loss(given):
        model = estimators.build(family, task, FEATURES, settings, 0)
        encoders.fit(model, frame, truth, weights=given)
        found = estimators.predict(model, task, frame)
        found = found if task == "regression" else found[:, 1]
        return float(np.mean((found - truth)[weights > 2] ** 2))

    assert loss(heavy) < 0.8 * loss(None)


@pytest.fixture
def weighted(prepared, tree):
    """The project after `build_dataset`, whose rows have weights; a function of the knobs."""
    dataset = pd.read_parquet(prepared.workspace.dataset)
    dataset["weight"] = np.where(dataset["area"] == "North", 9.0, 0.5)
    dataset.to_parquet(prepared.workspace.dataset, index=False)

    def context(column="weight", **sections):
        tree["data"]["sample_weight"] = column
        return Context(parse_params({**tree, **sections}), prepared.workspace)

    return context


def test_every_fit_of_the_loop_is_weighted_and_nothing_served_knows_of_it(weighted):
    found = {}
    for column in (None, "weight"):
        context = weighted(column, train={"coverage": 0.8})
        value = candidates.scorer(context)("linear", {"alpha": 1.0})
        tune.run(context)
        train.run(context)
        folder = context.workspace.model
        record = json.loads((folder / "model.json").read_text())
        assert "weight" not in json.dumps(record["serving"])
        assert "weight" not in record["features"]
        features = model_features(context.params.data, context.params.featurize)
        dataset = pd.read_parquet(context.workspace.dataset)
        best = {"family": "linear", "params": {"alpha": 1.0}}
        half = cutting.interval(context.params, features, best, dataset).half_width
        found[column] = value, half, (folder / "model.onnx").read_bytes()
        assert b"weight" not in found[column][2].replace(b"class_weight", b"")
    for plain, heavy in zip(*found.values(), strict=True):
        assert plain != heavy


def test_a_trial_of_katib_reads_the_weights_too(weighted, capsys):
    import yaml

    context = weighted()
    tree = context.params.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    root = context.workspace.root
    (root / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    trial.run(root, "linear", ["alpha=0.5"], trial.Expected(None), ())
    printed = float(capsys.readouterr().out.split("=")[1])
    assert printed == candidates.scorer(context)("linear", {"alpha": 0.5})
    assert printed != candidates.scorer(weighted(None))("linear", {"alpha": 0.5})


def raw(**columns):
    days = pd.date_range("2024-01-01", periods=6).strftime("%Y-%m-%d")
    table = {
        "date": days, "area": "North", "temperature": 1.0, "holiday": "no", "kind": "x",
        "load": [1.0, 2.0, 3.0, None, 5.0, 6.0], "weight": [1, 0, 2.5, 1, 1, 3],
    }  # fmt: skip
    return pd.DataFrame({**table, **columns})


def test_the_column_is_carried_with_the_labels(tree):
    tree["data"]["sample_weight"] = "weight"
    contract = parse_params(tree).data
    assert contract.columns()[-1] == "weight"
    gap = raw(weight=[1, 0, 2.5, None, 1, 3])  # a row without a label needs no weight
    for table in (raw(), gap):
        assert canonical(table, contract)["weight"].tolist() == [1, 0, 2.5, 1, 3]


@pytest.mark.parametrize(
    ("weights", "words"),
    [
        ([1, 0, -2.5, 1, 1, 3], "`weight`.*`-2.5`.*negative: a weight of data.sample_weight"),
        ([1, 0, None, 1, 1, 3], "`weight`.*missing: a weight of data.sample_weight"),
        (["1", "0", "much", "1", "1", "3"], "`weight`.*`much`.*not a number"),
        ([1, 0, np.inf, 1, 1, 3], "`weight`.*infinite"),
    ],
)
def test_a_weight_that_is_none_is_refused_with_its_row(tree, weights, words):
    tree["data"]["sample_weight"] = "weight"
    with pytest.raises(ProjectError, match=words) as refused:
        canonical(raw(weight=weights), parse_params(tree).data)
    assert "2" in str(refused.value) or "3" in str(refused.value)
    assert "row" in str(refused.value) or "line" in str(refused.value)


def test_a_column_that_is_not_there_is_refused(tree):
    tree["data"]["sample_weight"] = "importance"
    with pytest.raises(ProjectError, match=r"no column `importance` \(data.sample_weight"):
        canonical(raw(), parse_params(tree).data)


@pytest.mark.parametrize(
    ("column", "words"),
    [
        ("temperature", "`temperature` is the sample_weight and cannot be a feature too"),
        ("load", "sample_weight: `load` has another role"),
        ("date", "`date` is part of event_timestamp"),
        ("area", "`area` is a reserved column name"),
        ("my weight", "`my weight` is not a plain column name"),
        ("LOAD", "`load` and `LOAD` are one name|`LOAD` and `load` are one name"),
    ],
)
def test_a_column_with_another_role_is_refused(tree, column, words):
    tree["data"]["sample_weight"] = column
    with pytest.raises(ProjectError, match=words):
        parse_params(tree)


def test_rows_that_all_weigh_nothing_are_refused(weighted):
    context = weighted()
    dataset = pd.read_parquet(context.workspace.dataset).assign(weight=0.0)
    with pytest.raises(
        ProjectError, match=r"`weight` .data.sample_weight. is 0 in every training row"
    ):
        build_dataset._refuse_empty(context, dataset)


NEAR = """
from sklearn.impute import SimpleImputer
from sklearn.neighbors import KNeighborsRegressor
from sklearn.pipeline import make_pipeline

def near(task, params, seed):
    return make_pipeline(SimpleImputer(), KNeighborsRegressor(**params))

ESTIMATORS = {"near": near}
"""


def test_an_estimator_that_takes_none_is_refused_before_a_trial(own, weighted, tree):
    own("estimators", NEAR)
    tree["tune"]["families"]["near"] = {"n_neighbors": {"type": "int", "min": 2, "max": 5}}
    context = weighted()
    with pytest.raises(ProjectError, match=r"data\.sample_weight: near takes no sample weights"):
        tune.run(context)
    assert not context.workspace.tuning.exists()
    with pytest.raises(ProjectError, match=r"data\.sample_weight: near takes no sample weights"):
        candidates.scorer(context)("near", {"n_neighbors": 3})
