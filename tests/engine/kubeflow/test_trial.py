"""The contract of a trial: what Katib's pods run, as a process, and what they print."""

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import level2
from level2.base.errors import ProjectError
from level2.base.files import digest
from level2.kubeflow.katib import search, trial
from level2.kubeflow.katib.experiment import METRIC_FORMAT
from level2.model import estimators
from level2.params.config import load_params, parse_params
from level2.project import Context
from level2.training import candidates
from level2.training.steps import tune

PACKAGE = level2.__name__
SRC = Path(level2.__file__).parents[1]


@pytest.fixture
def attempt(prepared, capsys):
    """Run a trial in this process; return what it printed."""

    def run(family="linear", *assignments, overrides=(), **expected):
        wanted = trial.Expected(**{"dataset": None, **expected})
        trial.run(prepared.workspace.root, family, assignments, wanted, tuple(overrides))
        return capsys.readouterr().out

    return run


def score(context, family, **values):
    with estimators.pinned(1):
        return candidates.scorer(context)(family, values)


def test_a_trial_prints_one_line_that_katib_reads(prepared, attempt):
    said = attempt("linear", "alpha=0.5")
    (match,) = re.finditer(METRIC_FORMAT, said)
    assert said == f"{match.group(0)}\n"
    assert match.group(1) == "rmse"
    assert float(match.group(2)) == score(prepared, "linear", alpha=0.5)


def test_a_trial_in_a_pod_lasts_as_long_as_it_has_to(attempt, monkeypatch):
    monkeypatch.setenv("TRIAL_SECONDS", "2.5")
    start = time.monotonic()
    attempt("linear", "alpha=0.5")
    assert time.monotonic() - start >= 2.5
    slept = []
    monkeypatch.delenv("TRIAL_SECONDS")
    monkeypatch.setattr(trial.time, "sleep", slept.append)
    attempt("linear", "alpha=0.5")
    assert slept == [0], "nobody waits on one machine"


def test_the_local_tuner_and_a_trial_give_the_same_value(prepared, attempt):
    tune.run(prepared)
    result = json.loads(prepared.workspace.tuning.read_text())
    for branch in result["branches"]:
        for item in branch["trials"]:
            words = [f"{name}={value!r}" for name, value in item["params"].items()]
            said = attempt(branch["family"], *words)
            assert float(said.split("=")[1]) == item["value"]


@pytest.mark.usefixtures("registered")
def test_a_trial_fits_an_estimator_of_the_team_and_scores_by_its_metric(prepared, attempt, tree):
    tree["tune"]["families"] = {
        "random_forest": {"n_estimators": {"type": "int", "min": 5, "max": 9}}
    }
    tree["evaluate"]["metric"] = "within_tenth"
    (prepared.workspace.root / "params.yaml").write_text(yaml.safe_dump(tree))
    said = attempt("random_forest", "n_estimators=7")
    assert re.fullmatch(METRIC_FORMAT, said.strip())[1] == "within_tenth"
    params = load_params(prepared.workspace.root / "params.yaml")
    context = Context(params, prepared.workspace)
    assert 0 < float(said.split("=")[1]) == score(context, "random_forest", n_estimators=7) <= 1


@pytest.mark.parametrize("value", [1e-12, 1.5e-7, 2e22, 0.1, -3.25])
def test_the_value_is_a_plain_decimal(attempt, monkeypatch, value):
    monkeypatch.setattr(candidates, "scorer", lambda *_: lambda *_: value)
    said = attempt("linear", "alpha=0.5").strip()
    assert re.fullmatch(r"rmse=-?\d+(\.\d+)?", said)
    assert float(said.split("=")[1]) == value


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_value_that_is_no_number_is_never_printed(attempt, monkeypatch, capsys, value):
    monkeypatch.setattr(candidates, "scorer", lambda *_: lambda *_: value)
    with pytest.raises(ProjectError, match="the trial gave no finite rmse: linear with"):
        attempt("linear", "alpha=0.5")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("forest",), r"tune\.families\.forest is not known"),
        (("linear", "alpha"), "--set-param alpha is not of the form name=value"),
        (("linear",), "--trial linear: alpha is missing"),
        (("linear", "alpha=99"), "--trial linear: alpha: 99 is not between 0.001 and 10"),
        (("linear", "alpha=nan"), "alpha: nan is not between"),
        (("linear", "alpha=1", "beta=2"), "beta is not in the search space"),
        (("hist_gradient_boosting", "max_iter=10.5"), "max_iter: 10.5 is not a whole number"),
    ],
)
def test_parameters_outside_the_space_are_refused(attempt, words, expected):
    with pytest.raises(ProjectError, match=expected):
        attempt(*words)


def test_a_family_that_is_not_searched_is_refused(prepared, attempt):
    path = prepared.workspace.root / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    del tree["tune"]["families"]["linear"]
    path.write_text(yaml.safe_dump(tree))
    with pytest.raises(ProjectError, match="searches hist_gradient_boosting only"):
        attempt("linear", "alpha=1")


def test_the_training_set_is_read_from_its_address_and_must_be_the_one(prepared, attempt, tmp_path):
    moved = tmp_path / "elsewhere.parquet"
    prepared.workspace.dataset.rename(moved)
    known = digest(moved)
    for uri in (str(moved), moved.as_uri()):
        assert attempt("linear", "alpha=1", dataset=uri, dataset_digest=known).startswith("rmse=")
    with pytest.raises(ProjectError, match=r"is not the training set of this run \(SHA-256"):
        attempt("linear", "alpha=1", dataset=str(moved), dataset_digest="0" * 64)
    with pytest.raises(ProjectError, match=r"nowhere\.parquet cannot be read \(No such file"):
        attempt("linear", "alpha=1", dataset=str(tmp_path / "nowhere.parquet"))


def test_other_knobs_than_those_of_the_run_are_refused(prepared, attempt):
    known = search.knobs_digest(prepared.params)
    assert attempt("linear", "alpha=1", params_digest=known)
    with pytest.raises(ProjectError, match=r"params\.yaml differs from that of the tuning run"):
        attempt("linear", "alpha=1", params_digest=known, overrides=["train.seed=5"])


@pytest.mark.parametrize(
    ("key", "value", "same"),
    [
        ("tune.trials", 9, True),
        ("tune.cluster.cpu", "2", True),
        ("promote.margin", 0.1, True),
        ("train.seed", 9, False),
        ("evaluate.metric", "mae", False),
        ("featurize.lags", [1], False),
        ("tune.families.linear.alpha.max", 5, False),
    ],
)
def test_the_digest_covers_the_knobs_a_trial_reads(tree, key, value, same):
    before = search.knobs_digest(parse_params(tree))
    node = tree
    *parents, leaf = key.split(".")
    for part in parents:
        node = node.setdefault(part, {})
    node[leaf] = value
    assert (search.knobs_digest(parse_params(tree)) == before) is same


def test_the_digest_sees_the_order_of_the_features(tree):
    """It is the order of the model's columns, and sums differ in their last digits by it."""
    before = search.knobs_digest(parse_params(tree))
    features = tree["data"]["features"]
    tree["data"]["features"] = dict(reversed(features.items()))
    assert search.knobs_digest(parse_params(tree)) != before


def test_overrides_of_the_run_reach_the_trial(attempt, monkeypatch):
    monkeypatch.setenv(search.OVERRIDES, json.dumps(["evaluate.metric=mae"]))
    assert attempt("linear", "alpha=1").startswith("mae=")


def command(folder, *words):
    return subprocess.run(
        [sys.executable, "-m", PACKAGE, "train", *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(SRC)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_command_writes_nothing_and_runs_where_nothing_may_be_written(prepared):
    root = prepared.workspace.root
    before = sorted(str(path) for path in root.rglob("*"))
    done = command(root, "--trial", "linear", "--set-param", "alpha=1.0")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"rmse={score(prepared, 'linear', alpha=1.0)}\n"
    assert sorted(str(path) for path in root.rglob("*")) == before


def test_a_trial_that_fails_ends_non_zero_with_a_sentence_katib_reads_no_value_in(prepared):
    dataset = prepared.workspace.dataset
    done = command(
        prepared.workspace.root,
        *("--trial", "linear", "--set-param", "alpha=1.0"),
        *("--dataset", str(dataset), "--dataset-digest", "0" * 64),
    )
    assert done.returncode == 1
    assert done.stderr.startswith(" stopped: ")
    assert done.stderr.count("\n") == 1
    assert "rmse" not in [name for name, *_ in re.findall(METRIC_FORMAT, done.stdout + done.stderr)]


def test_options_of_a_trial_without_a_trial_are_refused(prepared):
    done = command(prepared.workspace.root, "--set-param", "alpha=1.0")
    assert done.returncode == 1
    assert "need --trial FAMILY" in done.stderr


def test_the_scorer_of_the_step_is_the_one_of_the_trial(prepared, attempt, monkeypatch):
    monkeypatch.setattr(candidates, "scorer", lambda *_: lambda *_: 12.5)
    assert attempt("linear", "alpha=1") == "rmse=12.5\n"
    tune.run(replace(prepared))
    assert json.loads(prepared.workspace.tuning.read_text())["chosen"]["value"] == 12.5
