"""skops files: equal models are equal files, and only listed types are loaded."""

import hashlib
import io
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
import skops.io
from sklearn.ensemble import HistGradientBoostingRegressor, RandomForestRegressor

from layout import ENGINE
from level2.base.errors import ProjectError
from level2.model import estimators
from level2.model import skops as adapter

PROBE = """
import sys, hashlib
sys.path.insert(0, sys.argv[1])
import numpy as np, pandas as pd
from level2.model import frames, onnx, skops
from level2.model import estimators
from level2.data.contract import Feature
rng = np.random.default_rng(0)
frame = pd.DataFrame({"a": rng.normal(size=60), "k": rng.choice(["x", "y"], 60)})
features = {"a": Feature(type="float"), "k": Feature(type="category")}
frame = frames.model_frame(frame, features)
for family in estimators.FAMILIES:
    for task in ("regression", "multiclass"):
        truth = frame["a"] if task == "regression" else rng.integers(0, 3, 60)
        model = estimators.build(family, task, features, {}, 0).fit(frame, truth)
        for data in (skops.dumps(model), onnx.export(model, features)):
            print(hashlib.sha256(data).hexdigest())
"""


class Sneaky:
    """A type that is no part of scikit-learn."""


@pytest.mark.slow
def test_the_bytes_are_the_same_in_every_process():
    """Of the skops file and of the ONNX export, whatever order sets have."""
    source = str(ENGINE)

    words = [sys.executable, "-c", PROBE, source]
    running = [
        subprocess.Popen(
            words, env={**os.environ, "PYTHONHASHSEED": seed}, stdout=subprocess.PIPE, text=True
        )
        for seed in ("0", "1")  # sets of ONNX domains have another order under each
    ]
    first, other = (process.communicate()[0].split() for process in running)
    assert len(set(first)) == 4 * len(estimators.FAMILIES)
    assert first == other


@pytest.mark.parametrize("family", estimators.FAMILIES)
@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_a_model_read_back_predicts_the_same(family, task, learnable):
    features, frame, truth = learnable(task)
    params = {"max_iter": 10} if family == "hist_gradient_boosting" else {}
    model = estimators.build(family, task, features, params, 0).fit(frame, truth)
    again = adapter.loads(adapter.dumps(model), estimators.FAMILIES[family].trusted)
    ours, theirs = (estimators.predict(item, task, frame) for item in (model, again))
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_a_baseline_is_read_back_without_trusting_anything(task, learnable):
    _, frame, truth = learnable(task)
    model = estimators.baseline(task).fit(frame, truth)
    again = adapter.loads(adapter.dumps(model), ())
    ours, theirs = (estimators.predict(item, task, frame) for item in (model, again))
    np.testing.assert_array_equal(ours, theirs)


def test_neither_address_nor_time_is_in_the_file(learnable):
    _, frame, truth = learnable("regression")
    model = estimators.baseline("regression").fit(frame, truth)
    data = adapter.dumps(model)
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert {item.date_time for item in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert all(len(item.filename.partition(".")[0]) < 10 for item in archive.infolist())
    assert hashlib.sha256(data).digest() == hashlib.sha256(adapter.dumps(model)).digest()


def refused(data, trusted):
    sentence = "the model file holds types outside its allow-list or is damaged: "
    with pytest.raises(ProjectError) as caught:
        adapter.loads(data, trusted)
    said = str(caught.value)
    assert said.startswith(sentence)
    assert "\n" not in said
    return said.removeprefix(sentence)


def test_a_file_with_a_type_nobody_listed_is_refused():
    assert "Sneaky" in refused(adapter.dumps({"model": Sneaky()}), ())


@pytest.mark.parametrize(
    ("model", "kind"),
    [(RandomForestRegressor(2), "Tree"), (HistGradientBoostingRegressor(max_iter=2), "TreePredic")],
)
def test_a_list_for_one_family_does_not_open_another(model, kind, learnable):
    _, frame, truth = learnable("regression")
    model.fit(frame[["size", "open"]], truth)
    assert kind in refused(adapter.dumps(model), estimators.FAMILIES["linear"].trusted)


@pytest.mark.parametrize("damage", [lambda data: data[:100], lambda _: b"", lambda _: b"PK none"])
def test_a_damaged_file_is_refused(damage, learnable):
    _, frame, truth = learnable("regression")
    data = adapter.dumps(estimators.baseline("regression").fit(frame, truth))
    assert refused(damage(data), ())


def test_a_file_that_skops_wrote_itself_is_read(learnable):
    _, frame, truth = learnable("regression")
    model = estimators.baseline("regression").fit(frame, truth)
    assert (adapter.loads(skops.io.dumps(model), ()).predict(frame) == model.predict(frame)).all()


@pytest.mark.slow
def test_estimators_of_scikit_learn_are_found_one_by_one_and_nothing_else():
    """In a process of its own: others have imported skops with its list of all of them."""
    probe = """if True:
        from level2.model import skops
        from sklearn.linear_model import Ridge
        print(skops.skops.io._trusted_types.SKLEARN_ESTIMATOR_TYPE_NAMES)
        print(skops.trusted(skops.dumps(Ridge()), ["one.that.is.Listed"]))
        class Sneaky: pass
        print(skops.trusted(skops.dumps(Sneaky()), ()))
    """
    done = subprocess.run([sys.executable, "-c", probe], capture_output=True, text=True)
    ridge = "sklearn.linear_model._ridge.Ridge"
    assert done.stdout.splitlines() == ["[]", f"['one.that.is.Listed', '{ridge}']", "[]"]


@pytest.mark.parametrize(
    "name", ["sklearn.base.clone", "sklearn.nowhere.Thing", "sklearn_evil.Estimator", "os.system"]
)
def test_a_name_that_is_no_estimator_is_not_trusted(name):
    assert not adapter._is_estimator(name)
