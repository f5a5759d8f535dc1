"""What `make test-cluster` would put on a cluster, judged where there is none."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from cluster import fitted
from projects import copy

HERE = Path(__file__).parents[1] / "cluster"
INJECTION = "katib.kubeflow.org/metrics-collector-injection"
pytestmark = pytest.mark.skipif(not shutil.which("kubectl"), reason="kubectl is not installed")


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory):
    folder = copy(bake(), tmp_path_factory.mktemp("cluster") / "load-forecast")
    fitted.fit(folder)
    return folder


@pytest.fixture(scope="module")
def objects(project):
    overlay = project / "deploy/kubeflow/overlays/staging"
    command = ["kubectl", "kustomize", str(overlay)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


def test_trials_have_a_namespace_of_their_own_and_kfps_is_never_labelled(objects):
    spaces = [item["metadata"] for item in objects if item["kind"] == "Namespace"]
    assert [(item["name"], item["labels"][INJECTION]) for item in spaces] == [
        (fitted.TRIALS, "enabled")
    ]
    [settings] = [item["data"] for item in objects if item["kind"] == "ConfigMap"]
    assert settings["KATIB_NAMESPACE"] == fitted.TRIALS
    assert settings.items() >= fitted.SETTINGS.items()
    for path in HERE.iterdir():
        if path.is_file():
            words = [line for line in path.read_text().splitlines() if "label namespace" in line]
            assert words == [], f"{path.name} labels a namespace"


def test_rights_are_those_of_an_account_that_has_nothing_else(objects):
    """KFP's own pipeline-runner has kubeflow.org/*: running as it proves nothing."""
    bound = {
        (item["metadata"]["namespace"], item["roleRef"]["kind"], item["roleRef"]["name"])
        for item in objects
        for one in item.get("subjects", [])
        if one == {"kind": "ServiceAccount", "name": fitted.ACCOUNT, "namespace": fitted.TASKS}
    }
    assert bound == {(fitted.TRIALS, "Role", "tuner"), (fitted.TASKS, "Role", "kfp-task")}
    test = (HERE / "test_cluster.py").read_text()
    assert 'setenv("KF_PIPELINES_SERVICE_ACCOUNT", fitted.ACCOUNT)' in test
    assert "pipeline-runner" not in (HERE / "project.yaml").read_text()


def test_both_namespaces_get_the_secret_and_trials_no_more_than_they_need(project):
    found = {item["metadata"]["namespace"]: item["stringData"] for item in fitted.secrets()}
    example = yaml.safe_load((project / "deploy/kubeflow/secrets.example.yaml").read_text())
    assert set(found[fitted.TASKS]) <= set(example["stringData"])
    assert set(found[fitted.TRIALS]) == {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}


def locked(project, name):
    text = (project / "requirements" / name).read_text()
    return set(re.findall(r"^([\w.-]+)==", text, re.M))


def test_the_image_that_runs_mlflows_server_holds_one(project):
    """The pipeline's holds mlflow-skinny, which refuses `mlflow server`."""
    text = (HERE / "Dockerfile").read_text()
    files = re.findall(r"-r /([\w.-]+)", text)
    held = set().union(*(locked(project, name) for name in files))
    assert {"mlflow", "boto3"} <= held
    assert "mlflow" not in locked(project, "pipeline.txt")
    assert set(files) == set(re.findall(r"requirements/([\w.-]+)", text))
    [server, _] = list(yaml.safe_load_all((HERE / "project.yaml").read_text()))
    [container] = server["spec"]["template"]["spec"]["containers"]
    assert container["image"] == "MLFLOW_IMAGE"
    assert 'pushed(project, HERE / "Dockerfile", "test-mlflow")' in (
        (HERE / "test_cluster.py").read_text()
    )


def test_no_mlflow_server_of_ours_starts_workers_for_jobs(project):
    switch = "MLFLOW_SERVER_ENABLE_JOB_EXECUTION"
    [server, _] = list(yaml.safe_load_all((HERE / "project.yaml").read_text()))
    [container] = server["spec"]["template"]["spec"]["containers"]
    assert {"name": switch, "value": "false"} in container["env"]
    stack = yaml.safe_load((project / "deploy/compose.yaml").read_text())
    assert stack["services"]["mlflow"]["environment"][switch] == "false"
    written = (project / "Makefile").read_text().replace("\\\n", "")
    [line] = [text for text in written.splitlines() if "mlflow ui --host" in text]
    assert f"{switch}=false" in line
