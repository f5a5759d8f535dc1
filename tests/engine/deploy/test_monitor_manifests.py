"""What kustomize makes of deploy/monitor, judged without a cluster."""

import copy
import re
import shutil
import subprocess

import pytest
import yaml

from level2.github.jobs import VERBS
from level2.params.config import Settings
from level2.prediction_log.settings import LogSettings
from overlays import ROOT, kubectl
from schemas import kubernetes_validate

MONITOR = ROOT / "deploy" / "monitor"
KUBERNETES = "1.32"
OF_LIBRARIES = {"AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"}
OF_LIBRARIES |= {"MLFLOW_TRACKING_TOKEN", "NOTICE_URL"}


def built(folder):
    command = ["kubectl", "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {item["kind"]: item for item in yaml.safe_load_all(done.stdout)}


@pytest.fixture(scope="module", params=["looks", "acts"])
def objects(request, tmp_path_factory):
    """Without and with the component act."""
    kubectl()
    folder = shutil.copytree(MONITOR, tmp_path_factory.mktemp("monitor") / "monitor")
    file = folder / "kustomization.yaml"
    assert "\n# components: [act]\n" in file.read_text()
    if request.param == "acts":
        file.write_text(file.read_text().replace("# components:", "components:"))
    return built(folder)


def pod_of(objects):
    return objects["CronJob"]["spec"]["jobTemplate"]["spec"]["template"]["spec"]


def containers(objects):
    pod = pod_of(objects)
    return {item["name"]: item for item in [*pod.get("initContainers", []), *pod["containers"]]}


def faults(item):
    try:
        kubernetes_validate.validate(item, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [error.message]
    return []


def loose(pod):
    """What the pod may do beyond the profile `restricted` and a sealed root."""
    wanted = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    found = [] if pod["automountServiceAccountToken"] is False else ["token"]
    for item in [*pod["containers"], *pod.get("initContainers", [])]:
        own = pod["securityContext"] | item.get("securityContext", {})
        found += [key for key, value in wanted.items() if own.get(key) != value]
        found += [] if {"requests", "limits"} <= set(item["resources"]) else ["resources"]
    return found


def test_every_object_fits_the_schemas_and_lies_in_one_namespace(objects):
    assert {name: faults(item) for name, item in objects.items() if faults(item)} == {}
    spaces = {item["metadata"].get("namespace") for item in objects.values()}
    assert spaces == {None, objects["Namespace"]["metadata"]["name"]}
    planted = copy.deepcopy(objects["CronJob"])
    planted["spec"]["scedule"] = ""
    assert faults(planted)


def test_the_pod_may_do_nothing_beside_its_work(objects):
    assert loose(pod_of(objects)) == []
    planted = copy.deepcopy(pod_of(objects))
    del planted["containers"][0]["securityContext"]["capabilities"]
    planted["automountServiceAccountToken"] = True
    assert loose(planted) == ["token", "capabilities"]
    assert "Role" not in objects
    assert objects["NetworkPolicy"]["spec"]["ingress"] == []


def test_one_looks_at_a_time_and_a_late_one_is_left_out(objects):
    spec = objects["CronJob"]["spec"]
    assert (spec["concurrencyPolicy"], spec["jobTemplate"]["spec"]["backoffLimit"]) == ("Forbid", 0)
    assert spec["startingDeadlineSeconds"] < 86_400
    assert spec["jobTemplate"]["spec"]["activeDeadlineSeconds"] < 86_400


def test_who_reads_data_has_no_token_and_who_has_it_reads_no_data(objects):
    found = containers(objects)
    secrets = {
        name: {next(iter(one.values()))["name"] for one in item["envFrom"] if "secretRef" in one}
        for name, item in found.items()
    }
    if "act" not in found:
        assert secrets == {"look": {"monitor"}}
        assert found["look"]["command"][-1] == "--only-tell", "nobody acts: people are told"
        return
    assert secrets == {"look": {"monitor"}, "act": {"monitor-github"}}
    assert found["look"]["command"][-2:] == ["--source", "log"]
    assert [item["name"] for item in pod_of(objects)["initContainers"]] == ["look"]
    words = found["act"]["command"][-1].split()
    assert words[-2] in VERBS
    assert words[-5:] == ["python", "-m", "level2.github", "act", "."]


def test_what_a_run_writes_has_a_place_on_the_sealed_root(objects):
    for item in containers(objects).values():
        places = {mount["mountPath"] for mount in item["volumeMounts"]}
        assert places == {"/tmp", "/app/artifacts", "/app/reports"}  # noqa: S108  in a pod
    kinds = {next(key for key in item if key != "name") for item in pod_of(objects)["volumes"]}
    assert kinds == {"emptyDir"}


def test_settings_are_known_and_secrets_hold_no_value(objects):
    known = {name.upper() for model in (Settings, LogSettings) for name in model.model_fields}
    assert set(objects["ConfigMap"]["data"]) <= known | OF_LIBRARIES
    assert "Secret" not in objects
    listed = list(yaml.safe_load_all((MONITOR / "secret.example.yaml").read_text()))
    assert [item["metadata"]["name"] for item in listed] == ["monitor", "monitor-github"]
    for item in listed:
        assert set(item["stringData"]) <= known | OF_LIBRARIES
        assert set(item["stringData"].values()) == {""}
    named = [next(iter(one.values()))["name"] for one in containers(objects)["look"]["envFrom"]]
    assert re.fullmatch(r"monitor-\w+", named[0]), "another setting makes another pod"
    for kind in ("deployment", "inferenceservice"):
        patch = yaml.safe_load((ROOT / f"deploy/serving/shared-log/{kind}.yaml").read_text())
        assert patch[0]["value"]["value"] == objects["ConfigMap"]["data"]["PREDICTION_LOG"]
