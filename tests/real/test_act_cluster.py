"""ct of a project that knows a cluster, run by act: what is submitted there, and by which image.

As in tests/real/test_act.py repository, commits and commands are real. Kubeflow Pipelines is the
stand-in server of the project's own tests, over HTTP with its token; the registry is one too.
"""

import importlib.util
import sys

import pytest
from test_act_release import EVERY, hub
from test_act_release import recorder as recorder  # a fixture

from acting import SECRETS, git
from conftest import ROOT
from projects import copy
from stand_ins import program

pytestmark = [pytest.mark.slow, pytest.mark.server]
IMAGE, DIGEST = "ghcr.io/example-org/load-forecast", f"sha256:{'5' * 64}"


def kubeflow_stand_in():
    """The stand-in of the project's own tests; it wants the token that is a secret."""
    spec = importlib.util.spec_from_file_location(
        "kfp_api", ROOT / "tests/engine/support/servers/kfp_api.py"
    )
    module = importlib.util.module_from_spec(spec)
    sys.modules["kfp_api"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module.KfpApi(token=SECRETS["KF_PIPELINES_TOKEN"], multi_user=True)


@pytest.fixture(scope="module")
def github(bake, recorder, tmp_path_factory):
    """A project whose image of main is in the registry."""
    folder = tmp_path_factory.mktemp("act")
    found = hub(copy(bake(), folder / "work"), folder, recorder)
    program("docker", folder / "bin")
    (found.state / "digest").write_text(DIGEST)
    return found


def ct(github, kubeflow, **payload):
    sha = git(github.bare, "rev-parse", "main")
    known = {"KF_PIPELINES_ENDPOINT": kubeflow.url, "KF_PIPELINES_NAMESPACE": "team"}
    words = [f"--var={name}={value}" for name, value in known.items()]
    return sha, github.act("ct", "repository_dispatch", {**payload, **EVERY}, sha, *words)


@pytest.fixture(scope="module")
def submitted(github):
    """A wider search, asked for by monitor."""
    with kubeflow_stand_in() as kubeflow:
        payload = {"action": "new-model", "client_payload": {"trials": 7}}
        yield kubeflow, *ct(github, kubeflow, **payload)


def test_a_run_is_submitted_named_by_its_trigger_at_the_version_of_the_commit(submitted):
    kubeflow, sha, run = submitted
    assert run.code == 0, run.log
    [version] = kubeflow.stored["versions"]
    assert sha in version["display_name"]
    [started] = kubeflow.stored["runs"]
    assert started["display_name"].startswith(f"drift-{sha[:7]}-")
    known = started["runtime_config"]["parameters"]
    assert known["trigger"] == "drift"
    assert known["overrides"] == ["tune.trials=7"]
    assert (
        started["pipeline_version_reference"]["pipeline_version_id"]
        == (version["pipeline_version_id"])
    )
    [experiment] = kubeflow.stored["experiments"]
    assert experiment["namespace"] == "team"


def test_every_task_runs_the_digest_that_the_registry_names(submitted):
    kubeflow, _, run = submitted
    [version] = kubeflow.stored["versions"]
    tree = version["pipeline_spec"]
    tree = tree.get("pipeline_spec", tree)
    executors = tree["deploymentSpec"]["executors"].values()
    assert {item["container"]["image"] for item in executors} == {f"{IMAGE}@{DIGEST}"}
    asked = [words for words in run.given("docker") if words[0] == "buildx"]
    assert [words[3] for words in asked] == [f"{IMAGE}:main"]
    login = run.given("docker")[0]
    assert SECRETS["REGISTRY_PASSWORD"] not in " ".join(login)


def test_the_run_is_followed_and_then_its_lock_is_recorded(submitted):
    kubeflow, _, run = submitted
    assert run.jobs == {
        "start": "success",
        "pipeline/pipeline": "success",
        "production/evidence": "success",
        "lock/lock": "success",
        "retrained/record": "success",
        "retrained/tell": "success",
    }
    assert "SUCCEEDED in" in run.log
    assert "has no champion in this registry: set MLFLOW_TRACKING_URI to staging's" in run.log
    assert len(kubeflow.asked("GET", "/runs/")) >= 3
    assert [given["name"] for given in run.given("actions/upload-artifact")] == ["lock"]
    for secret in SECRETS.values():
        assert secret not in run.log


def test_a_cluster_that_refuses_the_token_turns_ct_red(github):
    with kubeflow_stand_in() as kubeflow:
        kubeflow.token = SECRETS["REGISTRY_PASSWORD"]
        _, run = ct(github, kubeflow, action="drift")
    assert run.code == 1
    assert run.jobs["pipeline/pipeline"] == "failure"
    assert "401" in run.log
    assert kubeflow.stored["runs"] == []


def test_without_an_image_in_the_registry_it_says_so(github):
    (github.state / "digest").rename(github.state / "gone")
    try:
        with kubeflow_stand_in() as kubeflow:
            sha = git(github.bare, "rev-parse", "main")
            words = [f"--var=KF_PIPELINES_ENDPOINT={kubeflow.url}", "--job=start"]
            run = github.act("ct", "schedule", EVERY, sha, *words)
    finally:
        (github.state / "gone").rename(github.state / "digest")
    assert run.code == 0, run.log
    assert f"{IMAGE}:main is not in the registry yet" in run.log
    assert run.outputs["image"] == ""
