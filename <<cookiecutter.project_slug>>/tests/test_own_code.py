"""The modules of this project's own package: what they declare works with the engine."""

import inspect
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from conftest import ROOT

from level2.features.transforms import model_features
from level2.model import encoders, estimators, frames, metrics, onnx
from level2.owned import declarations, owner

declarations.install(ROOT)
FAMILIES = sorted(estimators.FAMILIES)
PACKAGE = owner.owner_of(ROOT)


@pytest.fixture(scope="session")
def rows(trained, params):
    """A few hundred rows of the training set: (features, inputs, truth)."""
    table = pd.read_parquet(trained / "data" / "dataset.parquet").head(400)
    features = model_features(params.data, params.featurize)
    return features, frames.model_frame(table, features), table[params.data.target].to_numpy()


def first(space):
    """The first value of a range of the search."""
    if space.list is not None:
        return space.list[0]
    return int(space.min) if space.type == "int" else space.min


@pytest.mark.parametrize("family", FAMILIES)
def test_a_family_fits_and_its_export_answers_alike(rows, params, family):
    declarations.install(ROOT)
    features, inputs, truth = rows
    task = params.data.task
    known = params.tune.families.get(family, {})
    chosen = {name: first(space) for name, space in known.items()}
    model = estimators.build(family, task, features, chosen, 0)
    encoders.fit(model, inputs, truth)
    exported = onnx.predict(onnx.export(model, features), task, inputs)
    answers = estimators.predict(model, task, inputs)
    assert np.isfinite(answers).all()
    assert np.allclose(exported, answers, rtol=1e-3, atol=1e-3 * (np.abs(answers).max() + 1))


def test_an_own_metric_prefers_the_better_prediction():
    """For regression: what the metric says of the truth itself, and of one value for all rows."""
    own = sorted(set(metrics.choosable("regression")) - set(metrics.BUILT_IN["regression"]))
    metrics.use("regression", own)
    truth = np.array([1.0, 2.0, 4.0, 8.0, 16.0])
    for name in own:
        exact = metrics.compute("regression", truth, truth)[name]
        flat = metrics.compute("regression", truth, np.full(5, truth.mean()))[name]
        assert metrics.better("regression", name, exact, flat), name


def test_own_modules_explain_themselves():
    modules = sorted((ROOT / "src" / str(PACKAGE)).glob("*.py"))
    assert modules
    for path in modules:
        assert Path(path).read_text(encoding="utf-8").lstrip().startswith('"""'), path


def test_notices_take_a_record():
    module = owner.module(ROOT, "notices")
    for name in ("promoted", "held", "decided"):
        function = getattr(module, name, None)
        if function is not None:
            assert len(inspect.signature(function).parameters) == 1, name
