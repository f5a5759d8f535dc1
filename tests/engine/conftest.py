"""What tests share: a small table of two areas, its contract, and a project folder around them."""

import copy
import gc
import importlib
import os
import shutil
import sys
from collections import Counter

from layout import PROJECT

os.environ.setdefault("OMP_NUM_THREADS", "1")  # small fits: threads only wait for each other

import hypothesis
import numpy as np
import pandas as pd
import pytest
import yaml

from clusters import api, environ  # noqa: F401  fixtures
from level2.data.feature import Feature
from level2.features import own as own_features
from level2.features.transforms import derive
from level2.model import estimators, frames, gate, metrics
from level2.model.split import by_time
from level2.owned import declarations
from level2.params.config import parse_params
from level2.project import Context
from level2.workspace import Workspace
from standing_cluster import Cluster

ROOT = PROJECT
TREE = {
    "data": {
        "name": "small-load",
        "source": "data/raw/small.csv",
        "entity": "area",
        "entities": ["North", "South"],
        "event_timestamp": "date",
        "frequency": "1D",
        "target": "load",
        "unit": "MW",
        "task": "regression",
        "features": {
            "temperature": {"type": "float", "min": -40, "max": 50, "nullable": True},
            "holiday": {"type": "bool"},
            "kind": {"type": "category", "categories": ["x", "y"], "nullable": True},
        },
    },
    "validate": {"min_rows": 20},
    "featurize": {"calendar": ["weekday"], "lags": [1, 7], "entity_as_feature": True},
    "build_dataset": {"split": "time"},
    "tune": {
        "trials": 2,
        "families": {
            "linear": {"alpha": {"type": "double", "min": 0.001, "max": 10, "log": True}},
            "hist_gradient_boosting": {"max_iter": {"type": "int", "min": 10, "max": 20}},
        },
    },
    "evaluate": {"slices": ["holiday"], "min_slice_rows": 5, "seasonal_naive_lag": 7},
}

pytest_plugins = ["looped", "served", "compiled", "versioned"]

hypothesis.settings.register_profile(
    "project", max_examples=40, deadline=None, derandomize=True, database=None
)
hypothesis.settings.load_profile("project")


@pytest.hookimpl(wrapper=True)
def pytest_collection():
    """What the tests import stays: looking through it for waste takes a third of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items):
    """Modules with most slow tests begin: no worker is left alone with one of them at the end."""
    every = Counter(item.path for item in items)
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: (-slow[item.path], -every[item.path]))


def pytest_sessionfinish():
    """Nor at the end, where some tests have made all of it waste again."""
    gc.freeze()


@pytest.fixture(autouse=True)
def _own_store(monkeypatch):
    """No test writes to the MLflow server of the person who runs it."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@pytest.fixture
def tree():
    """params.yaml of the small project, to be changed at will."""
    return copy.deepcopy(TREE)


@pytest.fixture
def params(tree):
    return parse_params(tree)


@pytest.fixture
def table():
    """The ingested table: two areas, 80 days in 2024; the load follows its inputs."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=80, freq="D", tz="UTC").as_unit("us")
    frames = []
    for area, level in (("North", 100.0), ("South", 300.0)):
        temperature = rng.normal(10, 5, len(days)).round(1)
        holiday = rng.random(len(days)) < 0.2
        frames.append(
            pd.DataFrame(
                {
                    "area": area,
                    "event_timestamp": days,
                    "temperature": temperature,
                    "holiday": holiday,
                    "kind": rng.choice(["x", "y"], len(days)),
                    "load": level - 2 * temperature - 20 * holiday + rng.normal(0, 1, len(days)),
                }
            )
        )
    return pd.concat(frames, ignore_index=True)


@pytest.fixture
def context(tree, tmp_path):
    """A project folder with params.yaml and the feature repository, and its context."""
    shutil.copytree(
        ROOT / "feature_repo",
        tmp_path / "feature_repo",
        ignore=shutil.ignore_patterns("data", "__pycache__"),
    )
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    return Context(parse_params(tree), Workspace.at(tmp_path))


@pytest.fixture
def own(tmp_path, monkeypatch):
    """Write a module of a team's package, register what it declares, and forget it at the end."""
    folder = tmp_path / "src" / "own_team"
    folder.mkdir(parents=True)
    (folder / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(folder.parent))
    monkeypatch.chdir(tmp_path)

    def written(name, text):
        (folder / f"{name}.py").write_text(text)
        for module in [item for item in sys.modules if item.startswith("own_team")]:
            del sys.modules[module]
        importlib.invalidate_caches()
        declarations.install(tmp_path)

    yield written
    _forget()


def _forget():
    estimators.add_own({})
    metrics.add_own({})
    gate.add_own({})
    own_features.add_own({})


@pytest.fixture
def registered(tmp_path):
    """The declarations of this project, as `load_params` registers them."""
    (tmp_path / "src").symlink_to(PROJECT / "src")
    declarations.install(tmp_path)
    yield
    _forget()


@pytest.fixture
def cluster(tmp_path):
    """A stand-in for a cluster with Katib; trials run in `tmp_path`."""
    made = Cluster(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def prepared(context, table):
    """The project folder after `build_dataset`."""
    params = context.params
    dataset = derive(table, params.data, params.featurize).assign(load=table["load"])
    dataset["split"] = by_time(dataset["event_timestamp"], 0.2, 0.2)
    context.workspace.dataset.parent.mkdir(parents=True)
    dataset.to_parquet(context.workspace.dataset, index=False)
    return context


@pytest.fixture(scope="session")
def learnable():
    """Return task -> (features, model frame, truth): rows with gaps that a model can learn."""
    features = {
        "size": Feature(type="float"),
        "age": Feature(type="float", nullable=True),
        "open": Feature(type="bool"),
        "kind": Feature(type="category", categories=("x", "y", "z"), nullable=True),
    }

    def rows(task, count=240, seed=0):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame(
            {
                "size": rng.normal(50, 20, count),
                "age": np.where(rng.random(count) < 0.1, np.nan, rng.normal(5, 2, count)),
                "open": rng.random(count) < 0.5,
                "kind": rng.choice(["x", "y", "z", None], count, p=[0.4, 0.3, 0.2, 0.1]),
            }
        )
        level = frame["size"] / 10 - np.nan_to_num(frame["age"], nan=5) + 2 * (frame["kind"] == "x")
        truth = {
            "regression": level,
            "binary": (level > level.median()).astype(int),
            "multiclass": pd.qcut(level, 3, labels=False),
        }[task].to_numpy()
        return features, frames.model_frame(frame, features), truth

    return rows
