"""`make pipeline TUNER=katib` of a project: its image, account and role on the real Katib.

KFP's local runner runs the tasks on this machine; Katib's trials are Jobs of the project's image.
Only for the node of its own: on kind the whole pipeline runs on KFP (test_cluster.py).
"""

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

import own_engine
from cluster import running
from cluster.node import images, place
from projects import VENV, champion, copy, make, registry
from servers import stop

pytestmark = [
    *running.MARKS,
    pytest.mark.skipif(running.ON == "kind", reason="on kind the pipeline runs on KFP"),
]
TASKS, TRIALS = "load-forecast-staging", "load-forecast-staging-trials"
IMAGE = "load-forecast:test"
STORE = f"http://{place.NODE}:9100"
KEYS = {"AWS_ACCESS_KEY_ID": "tester", "AWS_SECRET_ACCESS_KEY": "of-a-cluster-of-tests"}
BUCKET = """
import time, boto3
s3 = boto3.client("s3")
for attempt in range(60):
    try:
        s3.list_buckets()
        break
    except Exception:
        time.sleep(0.5)
s3.create_bucket(Bucket="load-forecast")
"""


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory) -> Path:
    """A committed project with a short search that leaves room for the cluster on two cores."""
    folder = copy(bake(), tmp_path_factory.mktemp("cluster") / "load-forecast")
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["tune"]["trials"] = 4
    params["tune"]["cluster"] = {
        "parallel_trials": 2,
        "minutes": 15,
        "cpu": "400m",
        "memory": "1Gi",
    }
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    make(folder, f"{VENV}/.pipeline")
    make(folder, "init")
    make(folder, "sample")
    return folder


@pytest.fixture(scope="module")
def image(engine, project, tmp_path_factory) -> str:  # noqa: ARG001  the engine is there
    """The project's own image, by its own Dockerfile, in the node's containerd."""
    docker = [str(own_engine.DOCKER)]
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    archive = tmp_path_factory.mktemp("image") / "project.tar"
    words = ["build", "--network", "host", "--quiet", "--file", "deploy/Dockerfile", "--tag", IMAGE]
    for command in ([*words, "."], ["save", "--output", str(archive), IMAGE]):
        subprocess.run([*docker, *command], cwd=project, env=environment, check=True)
    images.load(archive)
    archive.unlink()
    return IMAGE


@pytest.fixture(scope="module")
def store(project, tmp_path_factory):
    """A real MinIO inside the cluster's network, with the project's bucket."""
    folder = tmp_path_factory.mktemp("minio")
    command = [os.environ["MINIO_BINARY"], "server", "--quiet", "--address", f"{place.NODE}:9100"]
    keys = dict(zip(("MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"), KEYS.values(), strict=True))
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            running.command(*command, str(folder / "data")),
            env={**os.environ, **keys},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    environment = {**os.environ, **KEYS, "AWS_ENDPOINT_URL": STORE, "AWS_DEFAULT_REGION": "x"}
    python = running.command(str(VENV / "bin/python"), "-c", BUCKET, folder=project)
    subprocess.run(python, cwd=project, env=environment, check=True)
    yield STORE
    stop(process)


@pytest.fixture(scope="module")
def account(project, tmp_path_factory) -> Path:
    """A kubeconfig of the account that the project's overlay makes for its tasks, and no other."""
    overlay = project / "deploy/kubeflow/overlays/staging"
    running.kubectl("apply", "--server-side", "-k", str(overlay))
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pipeline-secrets", "namespace": TRIALS},
        "stringData": KEYS,
    }
    running.kubectl("apply", "-f", "-", text=json.dumps(secret))
    token = running.kubectl("create", "token", "pipeline", "-n", TASKS).strip()
    config = json.loads(place.KUBECONFIG.read_text())
    config["users"][0]["user"] = {"token": token}
    file = config["clusters"][0]["cluster"].pop("certificate-authority")
    trust = base64.b64encode(Path(file).read_bytes()).decode()
    config["clusters"][0]["cluster"]["certificate-authority-data"] = trust
    path = tmp_path_factory.mktemp("account") / "kubeconfig"
    path.write_text(json.dumps(config))
    yield path
    for space in (TASKS, TRIALS):
        running.kubectl("delete", "namespace", space, "--timeout=120s")


@pytest.fixture
def pipeline(project, image, store, account):
    """A function that runs `make pipeline TUNER=katib` where the cluster answers."""
    settings = {
        **KEYS,
        "AWS_ENDPOINT_URL": store,
        "AWS_DEFAULT_REGION": "us-east-1",
        "KUBECONFIG": str(account),
        "KATIB_NAMESPACE": TRIALS,
        "TRIAL_IMAGE": image,
        "TRIAL_SECRET": "pipeline-secrets",
        "TRIAL_SERVICE_ACCOUNT": "trial",
        "DATASET_URI": "s3://load-forecast/trials",
    }

    def run(*words: str, ok: bool = True) -> str:
        command = ["make", "--no-print-directory", "pipeline", "TUNER=katib", *words]
        of_ours = {"MAKELEVEL", "MAKEFLAGS", "MFLAGS"}
        done = subprocess.run(
            running.command(*command, f"VENV={VENV}", "PACKAGE=", folder=project),
            cwd=project,
            env={name: value for name, value in os.environ.items() if name not in of_ours}
            | settings,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode == 0) is ok, said
        return said

    return run


def may(verb: str, what: str, space: str) -> bool:
    """Whether the account of the tasks has a right."""
    account = f"system:serviceaccount:{TASKS}:pipeline"
    words = ["auth", "can-i", verb, what, "--as", account, "-n", space]
    done = subprocess.run(
        running.command("kubectl", *words),
        env=place.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() == "yes"


def test_the_champion_has_the_parameters_of_katibs_best_trial(project, pipeline, tmp_path):
    assert may("create", "experiments.kubeflow.org", TRIALS)
    assert not may("create", "experiments.kubeflow.org", TASKS)
    assert not may("get", "secrets", TRIALS)
    seen = tmp_path / "experiments.json"
    words = ["get", "experiments.kubeflow.org", "-n", TRIALS, "--watch", "-o", "json"]
    with seen.open("w") as file:  # the tuner removes its Experiments: watch them come and go
        watch = subprocess.Popen(
            running.command("kubectl", *words),
            env=place.environment(),
            stdout=file,
            start_new_session=True,
        )
    try:
        said = pipeline()
    finally:
        stop(watch)
    print(said)
    best, succeeded = [], 0
    for item in running.last_states(seen.read_text()).values():
        conditions = {one["type"]: one["status"] for one in item["status"]["conditions"]}
        assert conditions["Succeeded"] == "True"
        succeeded += item["status"]["trialsSucceeded"]
        optimal = item["status"]["currentOptimalTrial"]["parameterAssignments"]
        best.append({one["name"]: float(one["value"]) for one in optimal})
    assert (len(best), succeeded) == (2, 4)
    assert champion(project) == [("load-forecast", 1)]
    [(run,)] = registry(project, "select run_id from model_versions")
    question = f"select key, value from params where run_uuid='{run}'"
    trained = dict(registry(project, question))
    prefix = "candidate."
    chosen = {
        key.removeprefix(prefix): float(value)
        for key, value in trained.items()
        if key.startswith(prefix)
    }
    assert chosen in best
    assert running.get("experiments.kubeflow.org", "-n", TRIALS)["items"] == []


def test_trials_that_fail_are_named_and_nothing_is_left(pipeline):
    """Trials with too little memory are killed by the kernel."""
    said = pipeline("SET=tune.cluster.memory=32Mi tune.max_failed_trials=0", ok=False)
    print(said)
    assert " stopped: " in said
    assert running.get("experiments.kubeflow.org", "-n", TRIALS)["items"] == []
    # a container that does not heed SIGTERM lives half a minute longer
    running.kubectl("wait", "--for=delete", "pods", "--all", "-n", TRIALS, "--timeout=90s")
    assert running.get("pods", "-n", TRIALS)["items"] == []
