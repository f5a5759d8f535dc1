"""The whole loop on the real Kubernetes: serve, log, drift, decide, ct, promote, deploy.

Two pods answer, their logs go to a real MinIO, the project's CronJob reads both, tells people and
starts ct on a stand-in for GitHub; what ct does there, `make run`, is run here. Model and reference
come from a real MLflow server. Only for the node of `make cluster` without Docker.
"""

import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

import own_engine
from cluster import running
from cluster.node import images, place
from projects import VENV, copy, make
from servers import stop

pytestmark = [
    *running.MARKS,
    pytest.mark.skipif(running.ON == "kind", reason="its images come from the node's own store"),
]
SPACE, WATCH = "load-forecast-serving-staging", "load-forecast-monitor"
STORE, MLFLOW, OUTSIDE = (f"http://{place.NODE}:{port}" for port in (9101, 9102, 9103))
KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "of-a-cluster-of-tests"}
TOKEN = {"GITHUB_TOKEN": "of-tests"}
TAG = "localhost/load-forecast:shared-log"
SOURCE = "s3://load-forecast/tables/load.csv"
UPLOAD = """
import boto3
s3 = boto3.client("s3")
if not s3.list_buckets()["Buckets"]:
    s3.create_bucket(Bucket="load-forecast")
s3.upload_file("data/raw/load.csv", "load-forecast", "tables/load.csv")
"""
KEYS_THERE = """
import boto3
found = boto3.client("s3").list_objects_v2(Bucket="load-forecast", Prefix="predictions/")
print(*(item["Key"] for item in found.get("Contents", ())))
"""
ASK = """
import json, sys, urllib.request
from pathlib import Path
from level2.base.console import Screen
from level2.cli._demo import Demo
def post(path, body):
    data = json.dumps(body).encode()
    request = urllib.request.Request(sys.argv[1] + path, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)
rows = Demo(Path.cwd(), Screen(0)).rows()
said = [post("/predict", {"rows": [row]}) for row in rows[: int(sys.argv[2])]]
told = [post("/feedback", {"request": one["id"], "value": 9000})["version"] for one in said[:8]]
versions = sorted({one["version"] for one in said})
print(json.dumps({"answers": len(said), "versions": versions, "told": told}))
"""
# a chat's incoming webhook and GitHub's interface: what is posted, a line each
RECEIVER = """
import http.server, json, sys
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.end_headers()
    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with open(sys.argv[2], "a") as file:
            print(json.dumps([self.path, self.headers.get("Authorization"), body]), file=file)
        self.send_response(204); self.end_headers()
    def log_message(self, *_): pass
host, port = sys.argv[1].removeprefix("http://").split(":")
http.server.ThreadingHTTPServer((host, int(port)), Handler).serve_forever()
"""
PYTHON = str(VENV / "bin/python")


@pytest.fixture(scope="module")
def outside(tmp_path_factory) -> Iterator[Path]:
    """MinIO, MLflow and the receiver inside the cluster's network; the file of what was posted."""
    folder = tmp_path_factory.mktemp("outside")
    heard = folder / "heard"
    heard.touch()
    minio = [os.environ["MINIO_BINARY"], "server", "--quiet", "--address", STORE[7:]]
    mlflow = [PYTHON, "-m", "mlflow", "server", "--host", place.NODE, "--port", MLFLOW[-4:]]
    mlflow += ["--backend-store-uri", f"sqlite:///{folder}/mlflow.db", "--allowed-hosts", "*"]
    mlflow += ["--artifacts-destination", str(folder / "artifacts"), "--serve-artifacts"]
    keys = dict(zip(("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"), KEYS.values(), strict=True))
    quiet = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    started = []
    for name, command, url in (
        ("minio", [*minio, str(folder / "data")], f"{STORE}/minio/health/ready"),
        ("mlflow", mlflow, f"{MLFLOW}/health"),
        ("outside", [PYTHON, "-c", RECEIVER, OUTSIDE, str(heard)], OUTSIDE),
    ):
        with (folder / f"{name}.log").open("w") as log:
            process = subprocess.Popen(
                running.command(*command),
                env={**os.environ, **keys, **quiet},
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        started.append(process)
        deadline = time.monotonic() + 120
        ready = [PYTHON, "-c", f"import urllib.request as u; u.urlopen('{url}', timeout=2)"]
        while subprocess.run(running.command(*ready), capture_output=True).returncode:
            assert process.poll() is None, (folder / f"{name}.log").read_text()
            assert time.monotonic() < deadline, f"{name} does not answer"
            time.sleep(0.5)
    yield heard
    for process in started:
        stop(process)


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory) -> Path:
    """A project whose table is an object, and whose overlay has both components."""
    folder = copy(bake(), tmp_path_factory.mktemp("loop") / "load-forecast")
    for stamp in (".pipeline", ".ui"):
        make(folder, f"{VENV}/{stamp}")
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["data"]["source"] = SOURCE
    params["tune"]["trials"] = 4
    params["build_dataset"] |= {"test_fraction": 0.02, "validation_fraction": 0.03}
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    both = "components: [../../from-mlflow, ../../shared-log]"
    for path, changes in {
        "serving/overlays/staging/kustomization.yaml": {
            "- ../../kserve #": "- ../../plain #",
            "# components: [../../from-mlflow]": both,
        },
        "serving/from-mlflow/deployment.yaml": {"http://mlflow.mlflow:5000": MLFLOW},
        "serving/shared-log/deployment.yaml": {"http://minio.minio:9000": STORE},
        "monitor/kustomization.yaml": {
            "http://minio.minio:9000": STORE,
            "http://mlflow.mlflow:5000": MLFLOW,
            "=production #": "=staging #",
            "# components:": "components:",
        },
        "monitor/act/cronjob.yaml": {"https://api.github.com": OUTSIDE},
    }.items():
        file = folder / "deploy" / path
        text = file.read_text()
        for old, new in changes.items():
            assert old in text, f"{path}: {old}"
            text = text.replace(old, new)
        file.write_text(text)
    return folder


@pytest.fixture
def command(project) -> Callable[..., str]:
    """A function that runs words where the cluster answers, as a person of the team would."""

    def run(*words: str) -> str:
        more = [f"VENV={VENV}", "PACKAGE="] if words[0] == "make" else []
        of_ours = {"MAKELEVEL", "MAKEFLAGS", "MFLAGS"}
        kept = {key: value for key, value in os.environ.items() if key not in of_ours}
        environment = kept | {
            **KEYS,
            "AWS_ENDPOINT_URL": STORE,
            "AWS_DEFAULT_REGION": "us-east-1",
            "KUBECONFIG": str(place.KUBECONFIG),
            "KUBE_CONTEXT_STAGING": place.NAME,
            "MLFLOW_TRACKING_URI": MLFLOW,
            "PATH": place.environment()["PATH"],
            "PYTHONPATH": f"{project}/engine:{project}/src",
        }
        done = subprocess.run(
            running.command(*words, *more, folder=project),
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        print(said)
        assert done.returncode == 0, said
        return done.stdout

    return run


@pytest.fixture
def image(engine, project, tmp_path) -> str:  # noqa: ARG001  the engine is there
    """The project's own image in the node's store, by digest."""
    docker = [str(own_engine.DOCKER)]
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    words = ["build", "--network", "host", "--quiet", "--file", "deploy/Dockerfile", "--tag", TAG]
    archive = tmp_path / "project.tar"
    for command in ([*words, "."], ["save", "--output", str(archive), TAG]):
        subprocess.run([*docker, *command], cwd=project, env=environment, check=True)
    named = images.by_digest(archive, TAG)
    archive.unlink()
    return named


@pytest.fixture(autouse=True)
def _gone_afterwards() -> Iterator[None]:
    yield
    for space in (SPACE, WATCH):
        running.kubectl("delete", "namespace", space, "--ignore-not-found", "--timeout=120s")


def secret(space: str, name: str, **values: str) -> None:
    item = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": space}}
    running.kubectl("apply", "-f", "-", text=json.dumps({**item, "stringData": values}))


def pods() -> list[str]:
    return [item["metadata"]["name"] for item in running.get("pods", "-n", SPACE)["items"]]


def test_drift_in_two_pods_leads_to_a_better_champion(outside, project, command, image):
    new_table(command, "UNTIL=2016-12-31")
    assert "champion v1 (the first)" in command("make", "run")
    running.kubectl("create", "namespace", SPACE)
    secret(SPACE, "log-secrets", **KEYS)
    released(command, image, 1)

    new_table(command, "UNTIL=2017-06-30", "SHOCK=lockdown")
    before = pods()
    asked = json.loads(command(PYTHON, "-c", ASK, url(), "120").splitlines()[-1])
    assert (asked["answers"], asked["versions"]) == (120, ["1"])
    assert {None, "1"} >= set(asked["told"])
    running.kubectl("delete", "pods", "--all", "-n", SPACE, "--timeout=120s")
    keys = command(PYTHON, "-c", KEYS_THERE).split()
    logs = {key.rsplit("/", 1)[1].rsplit("-", 2)[0] for key in keys if "/predictions/" in f"/{key}"}
    assert logs == set(before), "both pods were asked, and both have copied all before they went"

    look, act = watched(project, image)
    assert "120 rows of the prediction log · load-forecast v1" in look
    assert "alarm: " in look
    assert "1 retrain: rule " in look
    assert "dispatched drift" in act
    posted = [json.loads(line) for line in outside.read_text().splitlines()]
    assert [path for path, _, _ in posted] == [
        "/chat",
        "/repos/example-org/load-forecast/dispatches",
    ]
    assert posted[0][2]["text"].startswith("load-forecast v1: retrain, ")
    assert posted[0][1] is None, "who is told gets no token"
    assert posted[1][1] == "Bearer of-tests"
    assert posted[1][2]["event_type"] == "drift"

    assert "champion v1 → v2 · all" in command("make", "run")  # what ct runs
    released(command, image, 2)
    asked = json.loads(command(PYTHON, "-c", ASK, url(), "4").splitlines()[-1])
    assert asked["versions"] == ["2"]


def new_table(command: Callable[..., str], *words: str) -> None:
    """The sample until a day, as the object that the project reads."""
    command("make", "sample", *words)
    command(PYTHON, "-c", UPLOAD)


def released(command: Callable[..., str], image: str, version: int) -> None:
    record = f"artifacts/handed-over-{version}.json"
    command("make", "bundle", f"VERSION={version}", f"RECORD={record}", f"IMAGE={image}")
    said = command("make", "deploy", "ENV=staging", f"RECORD={record}")
    assert f" deployed  load-forecast v{version} " in said


def url() -> str:
    address = running.get("service", "serving", "-n", SPACE)["spec"]["clusterIP"]
    return f"http://{address}"


def watched(project: Path, image: str) -> list[str]:
    """What the containers of the CronJob print, started once by hand."""
    file = project / "deploy/monitor/kustomization.yaml"
    tree = yaml.safe_load(file.read_text())
    name, _, digest = image.partition("@")
    tree["images"] = [{"name": "monitor", "newName": name, "digest": digest}]
    file.write_text(yaml.safe_dump(tree, sort_keys=False))
    running.kubectl("apply", "--server-side", "-k", str(file.parent))
    secret(WATCH, "monitor", **KEYS, NOTICE_URL=f"{OUTSIDE}/chat")
    secret(WATCH, "monitor-github", **TOKEN)
    running.kubectl("create", "job", "--from=cronjob/monitor", "now", "-n", WATCH)
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline:
        status = running.get("job", "now", "-n", WATCH)["status"]
        if status.get("succeeded") or status.get("failed"):
            break
        time.sleep(2)
    said = [running.kubectl("logs", "job/now", "-n", WATCH, "-c", name) for name in ("look", "act")]
    print(*said)
    assert status.get("succeeded") == 1, said
    return said
