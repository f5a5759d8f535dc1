"""The team's own estimators: usable by name, exported, served, and refused in one sentence."""

import json
import subprocess
import sys

import numpy as np
import pytest
import yaml

from level2.base.errors import ProjectError
from level2.model import artifact, encoders, estimators, onnx, parity, skops
from level2.owned import declarations
from level2.params.config import load_params
from level2.project import Context
from level2.serving.model import Stamp, ready
from level2.training.steps import train, tune
from level2.workspace import Workspace

FOREST = {
    "random_forest": {
        "n_estimators": {"type": "int", "min": 5, "max": 10},
        "max_depth": {"type": "int", "min": 3, "max": 6},
    }
}
TASKS = ("regression", "binary", "multiclass")


def refused(action, *given):
    with pytest.raises(ProjectError) as caught:
        action(*given)
    text = str(caught.value)
    assert "\n" not in text
    return text


def in_project(context, tree, families):
    """The project's context once its params name other families."""
    tree["tune"]["families"] = families
    path = context.workspace.root / "params.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    return Context(load_params(path), Workspace.at(path.parent))


@pytest.mark.usefixtures("registered")
def test_a_forest_is_tuned_trained_and_served(prepared, tree):
    context = in_project(prepared, tree, FOREST)
    assert "best rmse" in tune.run(context)[0]
    chosen = json.loads(context.workspace.tuning.read_text())["chosen"]
    assert chosen["family"] == "random_forest"
    assert set(chosen["params"]) == {"n_estimators", "max_depth"}
    assert "random_forest on 128 rows" in train.run(context)
    trained = artifact.load(context.workspace.model)
    served = ready(trained, Stamp("small-load", "1", trained.digest))
    row = {**served.example}
    [cold, warm] = (
        served.answers(served.score(served.checker.columns([{**row, "temperature": value}])))[0]
        for value in (-5.0, 25.0)
    )
    assert cold > warm, "the load falls as it gets warmer"
    model = skops.loads(trained.files["model.skops"], estimators.FAMILIES["random_forest"].trusted)
    forest = model.steps[-1][1].steps[-1][1]
    assert forest.n_estimators == chosen["params"]["n_estimators"]
    assert forest.max_depth == chosen["params"]["max_depth"]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("task", TASKS)
def test_the_forest_answers_alike_from_each_of_its_files(learnable, task):
    features, frame, truth = learnable(task)
    model = estimators.build("random_forest", task, features, {"n_estimators": 20}, 0)
    encoders.fit(model, frame, truth)
    probe = parity.probe_rows(frame, features, 200, 0)
    assert np.isnan(probe["age"].to_numpy(dtype=float)).any()
    mine = estimators.predict(model, task, probe)
    exported = onnx.predict(onnx.export(model, features), task, probe)
    assert parity.compare(mine, exported)["relative_difference"] < 1e-4
    again = skops.loads(skops.dumps(model), estimators.FAMILIES["random_forest"].trusted)
    assert np.array_equal(mine, estimators.predict(again, task, probe))
    assert np.ptp(mine) > 0.1


@pytest.mark.usefixtures("registered")
def test_weighted_classes_reach_the_forest(learnable):
    features = learnable("binary")[0]
    model = estimators.build("random_forest", "binary", features, {}, 3, "balanced")
    forest = model.steps[-1][1].steps[-1][1]
    assert (forest.class_weight, forest.random_state) == ("balanced", 3)


@pytest.mark.usefixtures("registered")
def test_a_parameter_that_the_forest_does_not_take_is_named(prepared, tree):
    space = {"random_forest": {"trees": {"type": "int", "min": 1, "max": 2}}}
    text = refused(tune.run, in_project(prepared, tree, space))
    assert text.startswith("params.yaml: tune.families.random_forest does not take {'trees': ")


def test_without_a_package_or_a_module_nothing_is_added(tmp_path, own):
    declarations.install(tmp_path / "nothing here")
    assert estimators.FAMILIES == estimators.SHIPPED
    own("something_else", "")
    assert estimators.FAMILIES == estimators.SHIPPED


def test_scaled_families_get_numbers_without_gaps(own, learnable):
    own(
        "estimators",
        "def near(task, params, seed):\n"
        "    from sklearn.neighbors import KNeighborsRegressor\n"
        "    return KNeighborsRegressor(**params)\n"
        "ESTIMATORS = {'near': near}\nSCALED = {'near'}\n",
    )
    features, frame, truth = learnable("regression")
    model = estimators.build("near", "regression", features, {"n_neighbors": 3}, 0)
    encoders.fit(model, frame, truth)
    exported = onnx.predict(onnx.export(model, features), "regression", frame)
    assert np.allclose(exported, estimators.predict(model, "regression", frame), atol=1e-3)
    data = skops.dumps(model)
    skops.loadable(data, estimators.FAMILIES["near"].trusted, "near")


BAD = {
    "import nothing_like_it\n": "line 1: ModuleNotFoundError: No module named 'nothing_like_it'",
    "\nx = (\n": "line 2: SyntaxError: '(' was never closed",
    "ESTIMATORS = ['forest']\n": "ESTIMATORS is a list, it must be a dict",
    "ESTIMATORS = {'linear': print}\n": "ESTIMATORS has `linear`, which is built in: "
    "choose another name",
    "ESTIMATORS = {'My forest': print}\n": "ESTIMATORS has the name 'My forest', "
    "use lower-case letters, digits and underscores",
    "ESTIMATORS = {'forest': 3}\n": "ESTIMATORS['forest'] is an int, it must be a function",
    "SCALED = {'forest'}\n": "SCALED names `forest`, which is not one of ESTIMATORS",
}


@pytest.mark.parametrize(("text", "said"), BAD.items())
def test_a_faulty_module_is_refused_by_file_and_line(own, text, said):
    found = refused(own, "estimators", text)
    assert found.startswith("src/own_team/estimators.py")
    assert found.endswith(said)
    assert estimators.FAMILIES == estimators.SHIPPED


BUILDS = {
    "return None": "forest returned None for task regression, "
    "it must return a scikit-learn estimator with `predict`",
    "return dict": "forest returned the class dict for task regression, "
    "it must return a scikit-learn estimator with `predict`",
    "return {}[task]": "src/own_team/estimators.py line 2: KeyError: 'regression'",
}


@pytest.mark.parametrize(("body", "said"), BUILDS.items())
def test_what_is_no_estimator_is_refused(own, body, said):
    own(
        "estimators",
        f"def forest(task, params, seed):\n    {body}\nESTIMATORS = dict(forest=forest)\n",
    )
    text = refused(estimators.estimator, "forest", "regression", {}, 0)
    assert text.endswith(said)
    assert text.startswith("src/own_team/estimators.py")


CLASS = """
from sklearn.base import RegressorMixin, BaseEstimator
class Mean(RegressorMixin, BaseEstimator):
    def fit(self, rows, truth):
        self.mean_ = float(truth.mean())
        return self
    def predict(self, rows):
        return [self.mean_] * len(rows)
ESTIMATORS = {"mean": lambda task, params, seed: Mean()}
"""


def test_a_class_of_ones_own_is_not_written_to_a_file(own, learnable):
    own("estimators", CLASS)
    features, frame, truth = learnable("regression")
    model = estimators.build("mean", "regression", features, {}, 0).fit(frame, truth)
    listed = estimators.FAMILIES["mean"].trusted
    assert refused(skops.loadable, skops.dumps(model), listed, "mean") == (
        "a model of family mean holds `own_team.estimators.Mean`, which is not loaded from a "
        "file: build it from scikit-learn's own classes and NumPy's functions"
    )
    assert refused(onnx.export, model, features).startswith("skl2onnx cannot export Mean to ONNX")


@pytest.mark.usefixtures("registered")
def test_reading_params_imports_no_scikit_learn(context):
    code = (
        "import sys, pathlib; from level2.params.config import load_params;"
        "load_params(pathlib.Path(sys.argv[1])); print(*sys.modules)"
    )
    path = str(context.workspace.root / "params.yaml")
    done = subprocess.run([sys.executable, "-c", code, path], capture_output=True, text=True)
    loaded = set(done.stdout.split())
    assert "mlproject.estimators" in loaded, done.stderr
    assert loaded & {"sklearn", "scipy", "mlflow"} == set()


def test_a_family_of_ones_own_may_have_the_name_of_one_that_came_later(own, learnable):
    text = (
        "def sgd(task, params, seed):\n"
        "    from sklearn.linear_model import Ridge\n"
        "    return Ridge(**params)\n"
        "ESTIMATORS = {'sgd': sgd}\nSCALED = {'sgd'}\n"
    )
    own("estimators", text)
    features, _, _ = learnable("regression")
    assert "Ridge" in repr(estimators.build("sgd", "regression", features, {}, 0))
    own("estimators", "")
    assert "SGDRegressor" in repr(estimators.build("sgd", "regression", features, {}, 0))
