"""What kustomize makes of deploy/kubeflow, judged without a cluster; rights against the code."""

import os
import re
import shutil
import subprocess

import pytest
import yaml

from layout import PROJECT
from schemas import kubernetes_validate

from pipelines import cluster_tasks

ROOT = PROJECT
KUBEFLOW = ROOT / "deploy" / "kubeflow"
OVERLAYS = sorted(path.name for path in (KUBEFLOW / "overlays").iterdir())
KUBERNETES = "1.32"
PACKAGE = ROOT / "engine" / "level2"
GROUPS = {"experiment": "kubeflow.org", "trial": "kubeflow.org", "suggestion": "kubeflow.org"}


def build(folder):
    """The objects of a kustomization."""
    if not shutil.which("kubectl"):
        if os.environ.get("CI"):
            pytest.fail("kubectl is missing: CI must build the overlays")
        pytest.skip("kubectl is not installed: the overlays are not built here")
    command = ["kubectl", "kustomize", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return list(yaml.safe_load_all(done.stdout))


@pytest.fixture(params=OVERLAYS)
def overlay(request):
    return request.param, build(KUBEFLOW / "overlays" / request.param)


def faults(objects):
    """Complaints of the strict schemas of Kubernetes: unknown keys, wrong types."""
    found = []
    for item in objects:
        try:
            kubernetes_validate.validate(item, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{item['kind']} {item['metadata']['name']}: {error.message}")
    return found


def excessive(objects):
    """Rules that grant more than named verbs on named resources, or beyond the namespace."""
    found = [item["kind"] for item in objects if item["kind"].startswith("Cluster")]
    for item in objects:
        for rule in item.get("rules", []):
            words = [*rule["apiGroups"], *rule["resources"], *rule["verbs"]]
            found += [f"{item['metadata']['name']}: {word}" for word in words if "*" in word]
            if "secrets" in rule["resources"] and not rule.get("resourceNames"):
                found.append(f"{item['metadata']['name']}: every secret")
    return found


def granted(objects, role):
    """Group, resource and verb of each right of a role."""
    [found] = [
        item for item in objects if (item["kind"], item["metadata"]["name"]) == ("Role", role)
    ]
    return {
        (group, resource, verb)
        for rule in found["rules"]
        for group in rule["apiGroups"]
        for resource in rule["resources"]
        for verb in rule["verbs"]
    }


def asked(source):
    """The rights a text asks for: KatibClient names its methods by verb and kind."""
    methods = re.findall(
        r"\.(create|delete|get|list|patch)_(experiment|trial|suggestion)s?\b", source
    )
    return {(GROUPS[kind], f"{kind}s", verb) for verb, kind in methods}


def test_there_is_staging_and_production():
    assert OVERLAYS == ["production", "staging"]


def spaces(objects):
    """The namespace of the tasks and that of the trials, each with its labels."""
    found = {
        item["metadata"]["name"]: item["metadata"]["labels"]
        for item in objects
        if item["kind"] == "Namespace"
    }
    [trials] = [name for name in found if name.endswith("-trials")]
    [tasks] = set(found) - {trials}
    return tasks, trials, found


def test_every_object_fits_the_schemas_and_lies_in_its_namespace(overlay):
    name, objects = overlay
    assert faults(objects) == []
    tasks, trials, labels = spaces(objects)
    assert (tasks.endswith(f"-{name}"), trials) == (True, f"{tasks}-trials")
    placed = {
        (item["kind"], item["metadata"]["name"]): item["metadata"]["namespace"]
        for item in objects
        if item["kind"] != "Namespace"
    }
    of_trials = {("ServiceAccount", "trial"), ("Role", "tuner"), ("RoleBinding", "pipeline-tuner")}
    assert placed == {key: trials if key in of_trials else tasks for key in placed}
    subjects = [one for item in objects for one in item.get("subjects", [])]
    assert {subject["namespace"] for subject in subjects} == {tasks}
    for space in labels.values():
        assert space["pod-security.kubernetes.io/enforce"] == "baseline"


INJECTION = "katib.kubeflow.org/metrics-collector-injection"


def endangered(objects):
    """Namespaces that wait for Katib and hold more than its trials, or are other people's."""
    waiting = {
        item["metadata"]["name"]
        for item in objects
        if item["kind"] == "Namespace" and INJECTION in item["metadata"]["labels"]
    }
    others = [
        item["metadata"]["namespace"]
        for item in objects
        if item["kind"] in ("ServiceAccount", "ConfigMap") and item["metadata"]["name"] != "trial"
    ]
    return sorted(waiting & {*others, "kubeflow", "argo"})


def test_only_trials_wait_for_katib(overlay):
    """No pod starts in a labelled namespace while Katib does not answer: its own least of all."""
    _, objects = overlay
    _, trials, labels = spaces(objects)
    assert [name for name, space in labels.items() if space.get(INJECTION) == "enabled"] == [trials]
    assert endangered(objects) == []
    [settings] = [item["data"] for item in objects if item["kind"] == "ConfigMap"]
    assert settings["KATIB_NAMESPACE"] == trials


def test_a_planted_label_on_the_tasks_namespace_is_seen():
    objects = build(KUBEFLOW / "overlays" / OVERLAYS[0])
    tasks, _, labels = spaces(objects)
    labels[tasks][INJECTION] = "enabled"
    assert endangered(objects) == [tasks]


def test_where_kfp_runs_alone_its_namespace_is_named_and_not_touched(tmp_path):
    """As the guide says: namespace: kubeflow, without namespace.yaml, its accounts bound."""
    shutil.copytree(KUBEFLOW, tmp_path / "kubeflow")
    overlay = tmp_path / "kubeflow" / "overlays" / "staging"
    tasks, _, _ = spaces(build(overlay))
    for path in (overlay / "pipeline/kustomization.yaml", overlay / "trials/kustomization.yaml"):
        text = path.read_text().replace("  - namespace.yaml\n", "")
        text = text.replace(f"namespace: {tasks} #", "namespace: kubeflow #")
        path.write_text(text.replace(f"value: {tasks} ", "value: kubeflow "))
    objects = build(overlay)
    assert faults(objects) == []
    [space] = [item["metadata"]["name"] for item in objects if item["kind"] == "Namespace"]
    assert space.endswith("-trials")
    [bound] = [
        one
        for item in objects
        if (item["kind"], item["metadata"]["name"]) == ("RoleBinding", "pipeline-tuner")
        for one in item["subjects"]
    ]
    assert bound == {"kind": "ServiceAccount", "name": "pipeline", "namespace": "kubeflow"}


def test_a_planted_typo_is_seen():
    objects = build(KUBEFLOW / "overlays" / OVERLAYS[0])
    [role, *_] = [item for item in objects if item["kind"] == "Role"]
    role["rules"][0]["verb"] = ["get"]
    assert faults(objects)


def test_rights_are_what_the_code_asks_none_missing_none_more(overlay):
    _, objects = overlay
    assert excessive(objects) == []
    texts = [path.read_text() for path in PACKAGE.rglob("*.py")]
    katib = [text for text in texts if "from kubeflow.katib import" in text]
    assert granted(objects, "tuner") == asked("\n".join(katib))
    served = ("serving.kserve.io", "inferenceservices")
    assert granted(objects, "deployer") == {(*served, verb) for verb in ("create", "get", "patch")}


def test_planted_rights_are_seen():
    assert asked("self.client.get_trial(name)") == {("kubeflow.org", "trials", "get")}
    rule = {"apiGroups": [""], "resources": ["secrets"], "verbs": ["*"]}
    role = {"kind": "ClusterRole", "metadata": {"name": "r"}, "rules": [rule]}
    assert excessive([role]) == ["ClusterRole", "r: *", "r: every secret"]


def test_who_has_which_rights(overlay):
    _, objects = overlay
    bound = {
        (subject["name"], item["roleRef"]["name"])
        for item in objects
        if item["kind"] == "RoleBinding"
        for subject in item["subjects"]
    }
    assert bound == {("pipeline", "tuner"), ("pipeline", "kfp-task"), ("deployer", "deployer")}
    accounts = {
        item["metadata"]["name"]: item for item in objects if item["kind"] == "ServiceAccount"
    }
    assert set(accounts) == {"pipeline", "trial", "deployer"}
    assert accounts["trial"]["automountServiceAccountToken"] is False


def secrets(folder):
    """Names and values of every Secret in the files of a folder."""
    found = {}
    for path in sorted(folder.rglob("*.yaml")):
        for item in yaml.safe_load_all(path.read_text()):
            if isinstance(item, dict) and item.get("kind") == "Secret":
                found |= item.get("data", {}) | item.get("stringData", {})
    return found


def test_no_secret_value_is_committed(overlay, tmp_path):
    found = secrets(KUBEFLOW)
    assert found
    assert set(found.values()) == {""}
    assert not [item for item in overlay[1] if item["kind"] == "Secret"], (
        "it would empty the real one"
    )
    planted = {"kind": "Secret", "stringData": {"KEY": "value"}}
    (tmp_path / "a.yaml").write_text(yaml.safe_dump(planted))
    assert secrets(tmp_path) == {"KEY": "value"}


def test_settings_hold_addresses_that_differ_by_environment_and_no_credentials(overlay):
    name, objects = overlay
    [settings] = [item["data"] for item in objects if item["kind"] == "ConfigMap"]
    assert set(settings) == set(cluster_tasks.ADDRESSES), "what the pods of the pipeline are given"
    assert set(secrets(KUBEFLOW)) == set(cluster_tasks.CREDENTIALS)
    assert not [value for value in settings.values() if "@" in value]
    for key in ("DATASET_URI", "FEAST_REGISTRY", "KATIB_NAMESPACE"):
        assert f"-{name}" in settings[key]
    stores = (KUBEFLOW / "feature_store.yaml").read_text()
    assert set(re.findall(r"\$\{(\w+)\}", stores)) <= set(settings) | set(secrets(KUBEFLOW))
    assert ROOT / settings["FEAST_FS_YAML_FILE_PATH"].removeprefix("/app/") == (
        KUBEFLOW / "feature_store.yaml"
    )
