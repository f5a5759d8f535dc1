"""The ONNX export predicts what scikit-learn predicts, and an export that does not is seen."""

import numpy as np
import onnx
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from level2.data.feature import Feature
from level2.model import estimators, parity
from level2.model import onnx as adapter
from level2.params.sections import Promote

TOLERANCE = Promote().onnx_tolerance
TASKS = ("regression", "binary", "multiclass")
NUMBERS = {name: Feature(type="float") for name in ("a", "b", "c")}


def difference(model, task, features, frame, data=None):
    """Relative difference of a model and its export, on probe rows."""
    probe = parity.probe_rows(frame, features, 2_000, seed=0)
    exported = adapter.predict(data or adapter.export(model, features), task, probe)
    return parity.compare(estimators.predict(model, task, probe), exported)["relative_difference"]


def trained(family, task, learnable):
    features, frame, truth = learnable(task)
    params = {"max_iter": 20} if family == "hist_gradient_boosting" else {}
    return estimators.build(family, task, features, params, 0).fit(frame, truth), features, frame


@pytest.mark.parametrize("family", estimators.FAMILIES)
@pytest.mark.parametrize("task", TASKS)
def test_every_family_predicts_the_same_after_export(family, task, learnable):
    model, features, frame = trained(family, task, learnable)
    probe = parity.probe_rows(frame, features, 2_000, seed=0)
    assert {"never seen before", ""} <= set(probe["kind"])
    assert probe["age"].isna().any()
    exported = adapter.predict(adapter.export(model, features), task, probe)
    own = estimators.predict(model, task, probe)
    assert exported.shape == own.shape
    assert np.ptp(own) > 0.1
    assert parity.compare(own, exported)["relative_difference"] < TOLERANCE / 10


@pytest.mark.parametrize("family", estimators.FAMILIES)
@pytest.mark.parametrize("task", TASKS)
def test_the_same_model_is_the_same_file(family, task, learnable):
    exports = [adapter.export(*trained(family, task, learnable)[:2]) for _ in range(2)]
    assert exports[0] == exports[1]


@pytest.mark.parametrize("family", estimators.FAMILIES)
def test_there_is_one_input_per_feature(family, learnable):
    model, features, _ = trained(family, "regression", learnable)
    graph = onnx.load_from_string(adapter.export(model, features)).graph
    kinds = {item.name: item.type.tensor_type.elem_type for item in graph.input}
    text, number = onnx.TensorProto.STRING, onnx.TensorProto.FLOAT
    assert kinds == {"size": number, "age": number, "open": number, "kind": text}


def test_one_row_and_many_give_the_same_numbers(learnable):
    model, features, frame = trained("hist_gradient_boosting", "regression", learnable)
    data = adapter.export(model, features)
    many = adapter.predict(data, "regression", frame.head(20))
    single = [adapter.predict(data, "regression", frame.iloc[[row]])[0] for row in range(20)]
    assert many.tolist() == single


# planted faults: exports that are wrong without a word


@pytest.mark.parametrize("names", [["a", "b", "c"], ["a", "kind"]])
@pytest.mark.parametrize("task", TASKS)
def test_rows_in_standing_arrays_answer_like_rows_in_new_ones(task, names, learnable):
    known, frame, truth = learnable(task)
    features = {name: known.get(name, Feature(type="float")) for name in names}
    frame = frame.assign(**{name: frame.iloc[:, 0] * 2 for name in names if name not in frame})
    model = estimators.build("hist_gradient_boosting", task, features, {"max_iter": 20}, 0)
    scorer = adapter.Scorer(adapter.export(model.fit(frame[names], truth), features), task)
    columns = {name: frame[name].tolist()[:200] for name in names}
    together = scorer(columns)
    rows = [{name: [column[place]] for name, column in columns.items()} for place in range(200)]
    alone = [scorer.one(row) for row in rows]  # an answer must outlive the next one
    assert len(np.unique(together, axis=0)) > 5
    assert np.array_equal(np.concatenate(alone), together)


def test_a_scaler_in_front_of_trees_is_seen():
    """Numbers far from zero: float32 rounding of the scaled value crosses split thresholds."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({name: rng.normal(20_000, 1, 2_000) for name in NUMBERS}, dtype="float32")
    truth = np.sin(3 * frame["a"]) * 100 + 10 * frame["b"]
    found = {}
    for prepare in ("passthrough", StandardScaler()):
        inputs = ColumnTransformer([("numbers", prepare, list(NUMBERS))])
        trees = RandomForestRegressor(n_estimators=5, random_state=0)
        model = Pipeline([("inputs", inputs), ("model", trees)]).fit(frame, truth)
        found[str(prepare)] = difference(model, "regression", NUMBERS, frame)
    assert found["StandardScaler()"] > TOLERANCE
    assert found["passthrough"] < TOLERANCE


def test_a_value_right_beside_a_split_goes_to_the_same_side():
    """Between 15.0 and 15.2 a tree splits at 15.0999999, whose nearest float32 is that of 15.1."""
    features = {"a": Feature(type="float")}
    tenths = (np.arange(241) / 10).astype(np.float32)
    known, beside = tenths[::2], tenths[1::2]
    middles = (known[:-1].astype(np.float64) + known[1:]) / 2
    beside = beside[(middles < beside) & (middles.astype(np.float32) == beside)]
    assert len(beside) > 10, "so many are on the other side of the rounded split"
    frame = pd.DataFrame({"a": np.repeat(known, 40)})
    truth = np.repeat(np.arange(len(known)) % 2 * 100.0, 40)  # every value is a leaf of its own
    model = estimators.build("hist_gradient_boosting", "regression", features, {}, 0)
    model.fit(frame, truth)
    probe = pd.DataFrame({"a": beside})
    expected = estimators.predict(model, "regression", probe)
    exported = adapter.predict(adapter.export(model, features), "regression", probe)
    assert np.ptp(expected) > 50
    assert np.allclose(exported, expected, atol=0.01)


def test_native_categories_are_seen(learnable):
    features, frame, truth = learnable("regression")
    kinds = {name: features[name] for name in ("kind", "size")}
    inputs = ColumnTransformer(
        [("kind", OrdinalEncoder(), ["kind"]), ("size", "passthrough", ["size"])]
    )
    native = HistGradientBoostingRegressor(categorical_features=[0], max_iter=20, random_state=0)
    model = Pipeline([("inputs", inputs), ("model", native)]).fit(frame[list(kinds)], truth)
    probe = frame[["kind", "size"]]
    exported = adapter.predict(adapter.export(model, kinds), "regression", probe)
    found = parity.compare(model.predict(probe), exported)
    assert found["relative_difference"] > TOLERANCE


@pytest.mark.parametrize("task", TASKS)
def test_a_tampered_model_is_seen(task, learnable):
    model, features, frame = trained("hist_gradient_boosting", task, learnable)
    graph = onnx.load_from_string(adapter.export(model, features))
    changed = 0
    for node in graph.graph.node:
        for item in node.attribute:
            if item.name in ("target_weights", "class_weights"):
                item.floats[0] += 5
                changed += 1
    assert changed == 1
    data = graph.SerializeToString()
    assert difference(model, task, features, frame, data) > TOLERANCE


def test_another_model_is_seen(learnable):
    model, features, frame = trained("linear", "regression", learnable)
    other, *_ = trained("hist_gradient_boosting", "regression", learnable)
    data = adapter.export(other, features)
    assert difference(model, "regression", features, frame, data) > TOLERANCE
