"""The pipeline of a generated project on a real KFP and Katib, on the kind of `make cluster`.

Written to be run on any machine with Docker and by the nightly workflow; see
docs/how-to/kubeflow-cluster.md on where it has been run.
"""

import json
import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cluster import fitted, running
from projects import copy, make, tool
from servers import free_port, start, stop

pytestmark = [
    pytest.mark.cluster,
    pytest.mark.skipif(
        os.environ.get("CLUSTER") != "kind", reason="needs KFP: `make cluster CLUSTER=kind`"
    ),
]
HERE = Path(__file__).parent
NAMES = dict(re.findall(r"^(\w+)=(.*)$", (HERE / "names.sh").read_text(), re.M))
KUBECTL = ["kubectl", "--context", NAMES["CONTEXT"], "-n", "kubeflow"]
IN_TRIALS = [*KUBECTL[:3], "-n", fitted.TRIALS]


def kubectl(*words: str, text: str | None = None) -> str:
    done = subprocess.run(
        [*KUBECTL, *words], input=text, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"kubectl {' '.join(words)}: {done.stderr}"
    return done.stdout


@pytest.fixture
def forward(tmp_path) -> Iterator:
    """A function that makes a service of the cluster reachable on loopback."""
    running = []

    def to(service: str, port: int, ready: str) -> str:
        url = f"http://127.0.0.1:{(local := free_port())}"
        command = [*KUBECTL, "port-forward", "--address", "127.0.0.1", service, f"{local}:{port}"]
        running.append(start(command, tmp_path / service.replace("/", "-"), f"{url}{ready}"))
        return url

    yield to
    for process in running:
        stop(process)


@pytest.fixture
def project(bake, tmp_path) -> Path:
    """A committed project with a short search that Katib divides among its families."""
    folder = copy(bake(), tmp_path / "load-forecast")
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["tune"]["trials"] = 6
    params["data"]["source"] = "s3://load-forecast/tables/load.csv"
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    make(folder, "init")
    make(folder, "sample")
    return folder


def pushed(project: Path, dockerfile: Path, name: str) -> str:
    """An image built in the project's folder, in the registry beside the cluster, by digest."""
    tag = f"localhost:{NAMES['REGISTRY_PORT']}/{name}:test"
    tool(project, "docker", "build", "--quiet", "--file", str(dockerfile), "--tag", tag, ".")
    tool(project, "docker", "push", "--quiet", tag)
    return tool(project, "docker", "inspect", "--format", "{{index .RepoDigests 0}}", tag).strip()


@pytest.fixture
def image(project) -> str:
    """The project's own image."""
    return pushed(project, project / "deploy" / "Dockerfile", "load-forecast")


@pytest.fixture
def servers(project, forward, monkeypatch) -> dict[str, str]:
    """Settings, rights and MLflow of the project; its bucket with the raw table."""
    mlflow = pushed(project, HERE / "Dockerfile", "test-mlflow")
    objects = tool(project, "kubectl", "kustomize", str(fitted.fit(project)))
    kubectl("apply", "-f", "-", text=objects)
    kubectl("apply", "-f", "-", text=yaml.safe_dump_all(fitted.secrets()))
    text = (HERE / "project.yaml").read_text().replace("MLFLOW_IMAGE", mlflow)
    kubectl("apply", "-f", "-", text=text)
    kubectl("rollout", "status", "deployment/test-mlflow", "--timeout", "600s")
    store = forward("service/test-minio", 9000, "/minio/health/ready")
    for name, value in {
        "AWS_ENDPOINT_URL": store,
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": "of-a-cluster-of-tests",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    code = (
        "import boto3; s3 = boto3.client('s3'); b = 'load-forecast'; "
        "names = [x['Name'] for x in s3.list_buckets()['Buckets']]; "
        "b in names or s3.create_bucket(Bucket=b); "
        "s3.upload_file('data/raw/load.csv', b, 'tables/load.csv')"
    )
    tool(project, "python", "-c", code)
    return {
        "kfp": forward("service/ml-pipeline", 8888, "/apis/v2beta1/healthz"),
        "mlflow": forward("service/test-mlflow", 5000, "/health"),
    }


def may(verb: str, what: str, space: str) -> bool:
    """Whether the account that the tasks run as has a right."""
    account = f"system:serviceaccount:{fitted.TASKS}:{fitted.ACCOUNT}"
    words = ["auth", "can-i", verb, what, "--as", account, "-n", space]
    done = subprocess.run([*KUBECTL[:3], *words], capture_output=True, text=True, check=False)
    return done.stdout.strip() == "yes"


def ask(url: str) -> dict:
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def test_the_pipeline_runs_and_trains_what_katib_found(
    project, image, servers, tmp_path, monkeypatch
):
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", servers["kfp"])
    # an account that has nothing else: KFP's own pipeline-runner may do anything to kubeflow.org
    monkeypatch.setenv("KF_PIPELINES_SERVICE_ACCOUNT", fitted.ACCOUNT)
    assert may("create", "experiments.kubeflow.org", fitted.TRIALS)
    assert not may("create", "experiments.kubeflow.org", fitted.TASKS)
    assert not may("get", "secrets", fitted.TRIALS)
    seen = tmp_path / "experiments.json"
    with seen.open("w") as file:  # the tuner removes its Experiments: watch them come and go
        command = [*IN_TRIALS, "get", "experiments.kubeflow.org", "--watch", "-o", "json"]
        watch = subprocess.Popen(command, stdout=file, start_new_session=True)
    try:
        said = make(project, "pipeline-submit", f"IMAGE={image}", "TUNER=katib", "DEADLINE=90")
    finally:
        stop(watch)
    assert "SUCCEEDED" in said
    experiments = running.last_states(seen.read_text())
    assert experiments
    best = []
    for item in experiments.values():
        conditions = {one["type"]: one["status"] for one in item["status"]["conditions"]}
        assert conditions["Succeeded"] == "True"
        optimal = item["status"]["currentOptimalTrial"]["parameterAssignments"]
        best.append({one["name"]: float(one["value"]) for one in optimal})
    api = f"{servers['mlflow']}/api/2.0/mlflow"
    alias = ask(f"{api}/registered-models/alias?name=load-forecast&alias=champion")
    run = ask(f"{api}/runs/get?run_id={alias['model_version']['run_id']}")["run"]
    trained = {item["key"]: item["value"] for item in run["data"]["params"]}
    prefix = "candidate."
    names = [key for key in trained if key.startswith(prefix)]
    chosen = {key.removeprefix(prefix): float(trained[key]) for key in names}
    assert chosen in best
    left = kubectl("get", "experiments.kubeflow.org", "-n", fitted.TRIALS, "-o", "json")
    assert json.loads(left)["items"] == []
    outcomes = ask(f"{api}/experiments/get-by-name?experiment_name=pipeline-runs")["experiment"]
    question = json.dumps({"experiment_ids": [outcomes["experiment_id"]]}).encode()
    request = urllib.request.Request(
        f"{api}/runs/search", question, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        [outcome] = json.load(answer)["runs"]
    assert outcome["info"]["status"] == "FINISHED"
