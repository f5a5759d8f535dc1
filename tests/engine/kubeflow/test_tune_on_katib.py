"""`tune` with TUNER=katib: real trials, run by a stand-in for Katib's controller."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest
import yaml

from level2.base.errors import ProjectError
from level2.base.files import digest
from level2.kubeflow.katib import client, search
from level2.model import estimators
from level2.model.metrics import DIRECTIONS
from level2.params.config import Settings, parse_params
from level2.training import candidates, tuners
from level2.training.steps import tune

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(tuners, "_REGISTERED", {"katib": search.search})
    monkeypatch.setattr(client, "POLL", 0.1)
    monkeypatch.setattr(search, "SECONDS", 0)


@pytest.fixture
def on_katib(prepared, cluster, tmp_path):
    """Return a context whose tuner is the stand-in; keyword arguments are settings."""

    def make(tree=None, **changes):
        params = prepared.params
        if tree:
            (tmp_path / "params.yaml").write_text(
                yaml.safe_dump(tree, sort_keys=False)
            )  # that of the image
            params = parse_params(tree)
        known = {
            "tuner": "katib",
            "kubeconfig": cluster.kubeconfig(),
            "katib_namespace": "team",
            "trial_image": "registry/project@sha256:abc",
            "dataset_uri": str(tmp_path / "shared"),
            "pipeline_run_id": "run-1",
        }
        return replace(prepared, params=params, settings=Settings(**known | changes))

    return make


def written(context):
    return json.loads(context.workspace.tuning.read_text())


def test_a_whole_search_ends_with_the_best_trial_of_both_families(on_katib, cluster, tree):
    tree["tune"]["trials"] = 4
    context = on_katib(tree)
    line, record = tune.run(context)
    result = written(context)
    assert record == result
    assert [branch["family"] for branch in result["branches"]] == [
        "linear",
        "hist_gradient_boosting",
    ]
    trials = [item for branch in result["branches"] for item in branch["trials"]]
    assert len(trials) == 4
    assert result["tuner"] == "katib"
    assert result["chosen"]["value"] == min(item["value"] for item in trials)
    score = candidates.scorer(context)
    with estimators.pinned(1):
        for branch in result["branches"]:
            for item in branch["trials"]:
                assert score(branch["family"], item["params"]) == item["value"]
    assert {type(item["params"]["max_iter"]) for item in result["branches"][1]["trials"]} == {int}
    uri = f"{context.settings.dataset_uri}/{digest(context.workspace.dataset)[:16]}/dataset.parquet"
    assert line.startswith("4 trials · best rmse ")
    assert line.endswith(f" · by Katib in team · rows at {uri}")
    assert cluster.seen()["kept"] == []


def test_a_trial_outlives_the_start_of_katibs_collector(on_katib, cluster, tree, monkeypatch):
    """Katib fails one whose process has ended before its collector looks for it."""
    tree["tune"]["trials"] = 2
    cluster.play(collector=20)
    with pytest.raises(ProjectError, match="no trial gave a finite rmse"):
        tune.run(on_katib(tree))
    monkeypatch.setattr(search, "SECONDS", 20)
    tune.run(on_katib(tree, pipeline_run_id="run-2"))


def test_a_metric_to_be_maximized_is_maximized_on_katib_too(on_katib, tree):
    tree["evaluate"]["metric"] = "r2"
    tree["tune"] |= {"trials": 2, "families": {"linear": tree["tune"]["families"]["linear"]}}
    context = on_katib(tree)
    tune.run(context)
    values = [i["value"] for branch in written(context)["branches"] for i in branch["trials"]]
    assert written(context)["chosen"]["value"] == max(values)


def test_an_inverted_direction_is_refused(on_katib, cluster, tree):
    """Katib ranks the other way round, as with a wrong objective type: nothing is chosen."""
    cluster.play(invert=True)
    tree["tune"] |= {"trials": 2, "families": {"linear": tree["tune"]["families"]["linear"]}}
    context = on_katib(tree)
    with pytest.raises(ProjectError, match=r"linear is refused: its best trial has rmse"):
        tune.run(context)
    assert not context.workspace.tuning.exists()


def test_an_inverted_objective_in_the_manifest_is_refused(on_katib, tree, monkeypatch):
    """The experiment asks for the wrong direction: the trials that come back tell."""
    tree["tune"] |= {"trials": 2, "families": {"linear": tree["tune"]["families"]["linear"]}}
    context = on_katib(tree)
    plan = replace(candidates.plan_of(context), direction="maximize")
    monkeypatch.setattr(candidates, "plan_of", lambda _: plan)
    assert DIRECTIONS["regression"]["rmse"] == "minimize"
    with pytest.raises(ProjectError, match="refused: its best trial has rmse"):
        tune.run(context)


@pytest.mark.parametrize(
    ("optimal", "expected"),
    [
        ({"alpha": "99"}, "alpha: 99 is not between 0.001 and 10"),
        ({"alpha": None}, "alpha is missing"),
        ({"alpha": "0.5"}, "is not one of its trials"),
    ],
)
def test_a_best_trial_that_cannot_be_right_is_refused(on_katib, cluster, tree, optimal, expected):
    cluster.play(optimal=optimal)
    tree["tune"] |= {"trials": 1, "families": {"linear": tree["tune"]["families"]["linear"]}}
    context = on_katib(tree)
    with pytest.raises(ProjectError, match=r"Katib's answer for linear is refused") as caught:
        tune.run(context)
    assert expected in str(caught.value)
    assert not context.workspace.tuning.exists()


def test_a_trial_with_other_knobs_than_the_run_is_named(on_katib, cluster, tree, tmp_path):
    tree["tune"] |= {"trials": 1, "max_failed_trials": 0}
    context = on_katib(tree)
    tree["train"] = {"seed": 9}
    (tmp_path / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    with pytest.raises(ProjectError, match=r"failed, 1 of 1 trials did.*trial small-load-"):
        tune.run(context)
    assert "params.yaml differs from that of the tuning run" in "".join(
        cluster.seen()["logs"].values()
    )


def test_knobs_set_by_hand_reach_the_trials(on_katib, cluster, tree):
    tree["tune"] |= {"trials": 1, "families": {"linear": tree["tune"]["families"]["linear"]}}
    context = on_katib(tree)
    tree["evaluate"]["metric"] = "mae"
    changed = replace(context, params=parse_params(tree), overrides=("evaluate.metric=mae",))
    tune.run(changed)
    assert written(changed)["metric"] == "mae"
    (log,) = cluster.seen()["logs"].values()
    assert log == f"mae={written(changed)['chosen']['value']}\n"


def test_a_trial_sees_its_secret_by_reference_only(on_katib, cluster, tree):
    tree["tune"] |= {"trials": 1, "families": {"linear": tree["tune"]["families"]["linear"]}}
    context = on_katib(
        tree,
        trial_secret="trial-secret",  # noqa: S106  the name of one
        aws_endpoint_url="http://minio:9000",
        trial_service_account="tuner",
    )
    tune.run(context)
    (manifest,) = cluster.seen()["made"]
    text = json.dumps(manifest)
    assert "it is here" not in text
    pod = manifest["spec"]["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert container["envFrom"] == [{"secretRef": {"name": "trial-secret"}}]
    assert {"name": "AWS_ENDPOINT_URL", "value": "http://minio:9000"} in container["env"]
    assert pod["serviceAccountName"] == "tuner"
    assert container["image"] == "registry/project@sha256:abc"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"trial_image": None}, "TUNER=katib needs TRIAL_IMAGE: the project's image"),
        ({"dataset_uri": None}, "TUNER=katib needs DATASET_URI: a folder that trials can read"),
        (
            {"dataset_uri": "shared/a b; id"},
            "DATASET_URI `shared/a b; id` may hold letters, digits",
        ),
        ({"kubeconfig": "/nowhere/kubeconfig"}, "TUNER=katib finds no cluster"),
    ],
)
def test_a_missing_or_wrong_setting_is_named(on_katib, cluster, changes, expected):
    with pytest.raises(ProjectError, match=re.escape(expected)):
        tune.run(on_katib(**changes))
    assert cluster.seen()["made"] == []


def test_a_family_with_nothing_to_search_is_refused(on_katib, tree):
    tree["tune"]["families"]["linear"] = {}
    with pytest.raises(ProjectError, match=r"families\.linear has nothing to search, which Katib"):
        tune.run(on_katib(tree))


def test_the_command_line_registers_katib(prepared):
    done = subprocess.run(
        [sys.executable, "-m", "level2", "tune"],
        cwd=prepared.workspace.root,
        env=os.environ | {"TUNER": "katib"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "stopped: TUNER=katib needs TRIAL_IMAGE: the project's image" in done.stderr


def test_a_tuner_that_nothing_registered_is_refused(on_katib, cluster, monkeypatch):
    monkeypatch.setattr(tuners, "_REGISTERED", {})
    with pytest.raises(ProjectError, match="TUNER=katib is not registered in this process"):
        tune.run(on_katib())
    assert cluster.seen()["made"] == []


def test_an_unknown_tuner_is_refused():
    with pytest.raises(ProjectError, match="TUNER: input should be 'optuna' or 'katib'"):
        Settings(tuner="hyperopt")
