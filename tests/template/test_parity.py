"""Three ways to run one set of steps: DVC, `make run` and the KFP pipeline give one result."""

import json

import pytest
import yaml

from projects import champion, copy, make, tool

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def start(bake, tmp_path_factory):
    """A project with a short search, committed: every way starts from a copy of it."""
    folder = copy(bake(), tmp_path_factory.mktemp("parity") / "load-forecast")
    tree = yaml.safe_load((folder / "params.yaml").read_text())
    tree["tune"]["trials"] = 4
    (folder / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    make(folder, "init")
    return folder


@pytest.fixture(scope="module")
def loop(start):
    folder = copy(start, start.parent / "loop")
    return folder, make(folder, "run")


@pytest.fixture(scope="module")
def pipeline(start):
    folder = copy(start, start.parent / "pipeline")
    return folder, make(folder, "pipeline", "TRIGGER=code", "TUNER=optuna")


@pytest.fixture(scope="module")
def dvc(start):
    folder = copy(start, start.parent / "dvc")
    return folder, tool(folder, "dvc", "repro")


def verbs(said):
    """Names of the numbered steps, in the order they ended."""
    lines = (line.split() for line in said.splitlines())
    return [words[1] for words in lines if len(words) > 1 and words[0].endswith("/9")]


def stages(said):
    """Names of the stages DVC ran, in their order."""
    return [line.split("'")[1] for line in said.splitlines() if line.startswith("Running stage")]


def results(folder):
    """What must be equal: the search with every trial, the model's files, every metric."""
    model = json.loads((folder / "artifacts/model/model.json").read_text())
    return {
        "tuning": json.loads((folder / "artifacts/tuning.json").read_text()),
        "model": {key: model[key] for key in ("family", "params", "seed", "rows", "sha256")},
        "metrics": json.loads((folder / "artifacts/metrics.json").read_text()),
    }


def test_the_same_verbs_in_the_same_order(loop, pipeline, dvc):
    assert len(verbs(loop[1])) == 9
    assert verbs(pipeline[1]) == verbs(loop[1])
    assert stages(dvc[1]) == [verb for verb in verbs(loop[1]) if verb != "promote"]


def test_the_same_parameters_model_and_metrics(loop, pipeline, dvc):
    expected = results(loop[0])
    assert expected["metrics"]["candidate"]["rmse"] > 0
    assert len(expected["tuning"]["branches"]) == 2
    assert results(pipeline[0]) == expected
    assert results(dvc[0]) == expected


def test_the_same_verdict(loop, pipeline):
    decisions = [
        json.loads((folder / "artifacts/decision.json").read_text())
        for folder, _ in (loop, pipeline)
    ]
    assert decisions[0] == decisions[1]
    assert champion(loop[0]) == champion(pipeline[0]) == [("load-forecast", 1)]


def test_another_seed_is_seen(start, loop):
    """What is compared does depend on what was trained."""
    folder = copy(start, start.parent / "seed")
    make(folder, "pipeline", "SET=train.seed=1")
    assert results(folder)["tuning"] != results(loop[0])["tuning"]
    assert results(folder)["model"]["sha256"] != results(loop[0])["model"]["sha256"]
