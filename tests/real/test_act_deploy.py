"""cd of a project that knows a cluster: the champion is served there, and production approved.

As in test_act.py act runs the workflows. Kubeflow and the cluster are the stand-in servers of
the project's own tests; kubectl, MLflow's store, the model and its record are real. act knows no
environments, so it asks nobody: what reviewers did is what the stand-in for GitHub says they did.
"""

import contextlib
import hashlib
import json
import shutil
import subprocess
import urllib.request

import pytest
from test_act import commit, knobs

from acting import SECRETS, GitHub, stand_in_for_github
from conftest import ROOT, lacking
from projects import VENV, copy, make

pytestmark = [pytest.mark.slow, pytest.mark.server]

STAND_INS = ROOT / "tests" / "engine" / "support" / "servers"
IMAGE = "ghcr.io/example-org/load-forecast"
ENVIRONMENTS = ("staging", "production")
NAME = "load-forecast"


@contextlib.contextmanager
def stand_in(name: str):
    """A stand-in server as a process; its address, until its input ends."""
    command = [str(VENV / "bin" / "python"), str(STAND_INS / name)]
    process = subprocess.Popen(command, stdin=-1, stdout=-1, text=True)
    try:
        yield process.stdout.readline().strip()
    finally:
        process.communicate(timeout=30)


class Cluster:
    """The stand-in cluster that both environments' contexts lead to."""

    def __init__(self, port: str) -> None:
        self.url = f"http://127.0.0.1:{port}"

    def ask(self, what: str, body: dict) -> dict:
        data = json.dumps(body).encode()
        with urllib.request.urlopen(f"{self.url}/stand-in/{what}", data, timeout=20) as answer:
            return json.load(answer)

    def served(self) -> dict[str, dict]:
        """What serves, by environment."""
        kept = self.ask("state", {})["kept"].items()
        found = {key.split("/")[1]: item for key, item in kept if key.startswith("inferences")}
        return {name.rsplit("-", 1)[1]: item for name, item in found.items()}

    def kubeconfig(self) -> str:
        tree = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "c", "cluster": {"server": self.url}}],
            "users": [{"name": "u", "user": {"token": "hidden-cluster-token"}}],
            "contexts": [
                {"name": name, "context": {"cluster": "c", "user": "u"}} for name in ENVIRONMENTS
            ],
        }
        return json.dumps(tree)


@pytest.fixture(scope="module")
def cluster():
    if not shutil.which("kubectl"):
        lacking("kubectl is not installed")
    with stand_in("deploy_api.py") as port:
        yield Cluster(port)


@pytest.fixture(scope="module")
def github(bake, tmp_path_factory):
    """A project with a champion in a store of its own, on a GitHub that knows a Kubeflow."""
    folder = tmp_path_factory.mktemp("act")
    project = copy(bake(), folder / "work")
    knobs(project, trials=2)
    make(project, "sample", "UNTIL=2016-12-31")
    make(project, "run")
    recorder, token = stand_in_for_github()
    with recorder, stand_in("kfp_api.py") as kubeflow:
        hub = GitHub(project, folder, recorder.address, token)
        shutil.copytree(project / ".dvc/cache", hub.state / "cache/dvc/.dvc/cache")  # the table
        hub.recorder = recorder
        hub.known = {
            "KF_PIPELINES_ENDPOINT": kubeflow,
            "MLFLOW_TRACKING_URI": f"sqlite:///{project}/mlflow.db",
        }
        yield hub


def registry(hub: GitHub, words: str) -> dict:
    """Run a line of Python on the project's registry, which it calls `client`; what it prints."""
    code = f"""
import json, mlflow
client = mlflow.MlflowClient("sqlite:///mlflow.db", "sqlite:///mlflow.db")
print(json.dumps({words}))
"""
    command = [str(VENV / "bin" / "python"), "-c", code]
    done = subprocess.run(command, cwd=hub.work, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def aliases(hub: GitHub) -> dict[str, str]:
    found = registry(hub, f"client.get_registered_model({NAME!r}).aliases")
    return {alias: str(number) for alias, number in found.items()}


def merged(hub: GitHub):
    """Run cd for one more commit."""
    with (hub.work / "README.md").open("a") as stream:
        stream.write("\nA word more.\n")
    sha = commit(hub.work, "Merged")
    hub.push("main")
    event = {"ref": "refs/heads/main", "after": sha, "deleted": False}
    event["repository"] = {"full_name": "team/project", "default_branch": "main"}
    known = [f"--var={name}={value}" for name, value in hub.known.items()]
    return sha, hub.act("cd", "push", event, sha, *known)


def kept(run) -> list[str]:
    return [given["name"] for given in run.given("actions/upload-artifact")]


@pytest.fixture(scope="module")
def unapproved(github):
    return merged(github)[1]


def test_without_an_approval_production_keeps_what_it_has(unapproved, github):
    assert unapproved.code == 1
    assert "approved  production · by nobody" in unapproved.log
    assert f"stopped: nobody approved {NAME} v1 for production" in unapproved.log
    assert aliases(github) == {"champion": "1"}
    assert "promotion" not in kept(unapproved)


def test_the_evidence_is_there_before_the_approval(unapproved):
    assert f"### Waiting for production: {NAME} v1" in unapproved.summary
    assert "| RMSE |" in unapproved.summary
    assert "Production has no champion yet." in unapproved.summary


@pytest.fixture(scope="module")
def unknown(unapproved, github):
    assert unapproved.code == 1
    github.recorder.reviewed("anna")
    return merged(github)


def test_an_approval_moves_production_without_training_again(unknown, github):
    _, cd = unknown
    assert cd.code == 0, cd.log
    assert cd.log.count("SUCCEEDED in") == 1, "on staging alone"
    assert f"promoted  production · {NAME} v1 · approved by anna" in cd.log
    assert aliases(github) == {"champion": "1", "champion-production": "1"}
    tags = registry(github, f"client.get_model_version({NAME!r}, '1').tags")
    assert tags["production.approved_by"] == "anna"
    assert kept(cd).count("promotion") == 1


def test_without_a_kubeconfig_the_pipeline_is_submitted_and_nothing_deployed(unknown):
    _, cd = unknown
    assert "KUBECONFIG is not set: the champion is not deployed" in cd.log
    [built] = cd.given("docker/build-push-action")
    assert "target" not in built or not built["target"]


@pytest.fixture(scope="module")
def deployed(unknown, github, cluster):
    assert unknown[1].code == 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SECRETS, "KUBECONFIG", f"'{cluster.kubeconfig()}'")
        yield merged(github)


def test_the_same_image_of_the_champion_is_served_in_both_environments(deployed, github, cluster):
    sha, cd = deployed
    assert cd.code == 0, cd.log
    pipeline, given = cd.given("docker/build-push-action")
    assert given["tags"] == f"{IMAGE}-serving:{sha}-staging"
    assert given["target"] == "serving"
    assert given["push"] == "true"
    image = f"{IMAGE}-serving@sha256:{hashlib.sha256(json.dumps(given).encode()).hexdigest()}"
    assert image in [words[-1] for words in cd.given("grype")]
    subject, digest = image.split("@")
    assert cd.given("actions/attest-build-provenance")[-1] == {
        "subject-name": subject,
        "subject-digest": digest,
    }
    served = cluster.served()
    model = (github.work / "artifacts/model/model.onnx").read_bytes()
    for name in ENVIRONMENTS:
        [container] = served[name]["spec"]["predictor"]["containers"]
        assert container["image"] == image
        known = {item["name"]: item.get("value") for item in container["env"]}
        assert known["SERVE_SHA256"] == hashlib.sha256(model).hexdigest()
        handed = json.loads(served[name]["metadata"]["annotations"]["handed-over"])
        assert (handed["model"], handed["version"]) == ("load-forecast", "1")
        assert f"deployed  load-forecast v1 · {name}" in cd.log
    assert pipeline["tags"].startswith(f"{IMAGE}:{sha},")


def test_the_way_to_the_cluster_is_not_told(deployed, github):
    assert "hidden-cluster-token" in deployed_with(github)
    assert "hidden-cluster-token" not in deployed[1].log


def deployed_with(hub: GitHub) -> str:
    """The secrets of the last run."""
    return (hub.folder / "secrets").read_text()


def test_a_deployment_that_is_refused_is_red_and_production_is_not_touched(
    deployed, github, cluster, monkeypatch
):
    assert deployed[1].code == 0
    before = cluster.served()["production"]
    cluster.ask("play", {"forbidden": ["inferenceservices"]})
    monkeypatch.setitem(SECRETS, "KUBECONFIG", f"'{cluster.kubeconfig()}'")
    try:
        _, cd = merged(github)
    finally:
        cluster.ask("play", {})
    assert cd.code == 1
    assert "staging: get failed" in cd.log
    assert "forbidden" in cd.log
    assert cluster.served()["production"] == before


def another_version(hub: GitHub) -> None:
    """Staging's champion is from now on a newer version of the same model."""
    registry(
        hub,
        f"""(
        old := client.get_model_version({NAME!r}, "1"),
        new := client.create_model_version({NAME!r}, old.source, run_id=old.run_id,
            tags=old.tags, model_id=old.model_id),
        client.set_registered_model_alias({NAME!r}, "champion", new.version),
        )[:0]""",
    )


CALLER = """
name: caller
on: workflow_dispatch
jobs:
  call:
    uses: ./.github/workflows/promote.yml
    with: { record: '{"registered_model": "load-forecast", "version": "1", "image": null}' }
    secrets: inherit
"""


def test_a_candidate_overtaken_while_it_waited_is_refused(deployed, github, cluster):
    """Between staging and the approval nothing can happen in act: the job is called by itself."""
    assert deployed[1].code == 0
    registry(github, f"client.delete_registered_model_alias({NAME!r}, 'champion-production')")
    another_version(github)
    before = cluster.served()["production"]
    (github.work / ".github/workflows/ct.yml").write_text(CALLER)
    sha = commit(github.work, "Only the promotion")
    github.push("refs/heads/caller")
    known = [f"--var={name}={value}" for name, value in github.known.items()]
    run = github.act("ct", "workflow_dispatch", {}, sha, *known)
    assert run.code == 1
    assert f"stopped: {NAME} v1 is not staging's champion, v2 is: nothing was promoted" in run.log
    assert aliases(github) == {"champion": "2"}
    assert cluster.served()["production"] == before
