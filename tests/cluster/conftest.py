"""The project whose trials run on the node: its image, its object store, its accounts."""

import base64
import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

import own_engine
from cluster import running, tuning
from cluster.node import images, place
from cluster.running import TASKS, TRIALS
from projects import VENV, copy, make, tool
from servers import stop

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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
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


@pytest.fixture(scope="session")
def settings(image, store, account) -> dict[str, str]:
    """Variables of a process that tunes with Katib."""
    return {
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


@pytest.fixture
def pipeline(project, settings):
    """A function that runs `make pipeline TUNER=katib` where the cluster answers."""

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


@pytest.fixture(scope="session")
def tuned(project, settings, tmp_path_factory) -> tuning.Task:
    """`tune`, as a process that a test may start, kill and repeat."""
    folder = copy(project, tmp_path_factory.mktemp("tuning") / "load-forecast")
    for step in ("ingest", "validate", "featurize", "build_dataset"):
        tool(folder, "python", "-m", "level2", step)
    return tuning.Task(folder, settings)
