"""What kustomize makes of deploy/webhook, judged without a cluster."""

import copy
import json
import re
import subprocess

import pytest
import yaml

from level2.intake.webhook.settings import WebhookSettings
from overlays import ROOT, kubectl
from schemas import kubernetes_validate

WEBHOOK = ROOT / "deploy" / "webhook"
KUBERNETES = "1.32"


@pytest.fixture(scope="module")
def objects():
    kubectl()
    command = ["kubectl", "kustomize", str(WEBHOOK)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return {item["kind"]: item for item in yaml.safe_load_all(done.stdout)}


def faults(item):
    try:
        kubernetes_validate.validate(item, KUBERNETES, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [error.message]
    return []


def loose(deployment):
    """What the pod may do beyond the profile `restricted` and a sealed root."""
    pod = deployment["spec"]["template"]["spec"]
    [item] = pod["containers"]
    own = pod["securityContext"] | item["securityContext"]
    wanted = {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
        "runAsNonRoot": True,
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    found = [key for key, value in wanted.items() if own.get(key) != value]
    return found + ([] if pod["automountServiceAccountToken"] is False else ["token"])


def test_every_object_fits_the_schemas_and_lies_in_one_namespace(objects):
    assert {name: faults(item) for name, item in objects.items() if faults(item)} == {}
    spaces = {item["metadata"].get("namespace") for item in objects.values()}
    assert spaces == {None, objects["Namespace"]["metadata"]["name"]}
    planted = copy.deepcopy(objects["Deployment"])
    planted["spec"]["template"]["spec"]["containers"][0]["readinesProbe"] = {}
    assert faults(planted)


def test_the_pod_may_do_nothing_beside_its_work(objects):
    assert loose(objects["Deployment"]) == []
    planted = copy.deepcopy(objects["Deployment"])
    del planted["spec"]["template"]["spec"]["containers"][0]["securityContext"]["capabilities"]
    assert loose(planted) == ["capabilities"]


def test_one_pod_keeps_its_record_on_a_volume(objects):
    spec = objects["Deployment"]["spec"]
    assert (spec["replicas"], spec["strategy"]["type"]) == (1, "Recreate")
    record = objects["ConfigMap"]["data"]["WEBHOOK_RECORD"]
    [container] = spec["template"]["spec"]["containers"]
    [mount] = [item for item in container["volumeMounts"] if record.startswith(item["mountPath"])]
    [volume] = [
        item for item in spec["template"]["spec"]["volumes"] if item["name"] == mount["name"]
    ]
    claim = volume["persistentVolumeClaim"]["claimName"]
    assert claim == objects["PersistentVolumeClaim"]["metadata"]["name"]


def test_settings_are_those_the_webhook_reads_and_secrets_hold_no_value(objects):
    known = {name.upper() for name in WebhookSettings.model_fields}
    assert set(objects["ConfigMap"]["data"]) <= known
    assert "Secret" not in objects
    secret = yaml.safe_load((WEBHOOK / "secret.example.yaml").read_text())
    assert set(secret["stringData"]) <= known
    assert set(secret["stringData"].values()) == {""}
    [container] = objects["Deployment"]["spec"]["template"]["spec"]["containers"]
    named = [next(iter(item.values()))["name"] for item in container["envFrom"]]
    assert re.fullmatch(r"webhook-\w+", named[0]), "another setting makes another pod"
    assert named[1] == secret["metadata"]["name"]


def test_nothing_but_one_port_reaches_it_and_it_calls_https_alone(objects):
    policy = objects["NetworkPolicy"]["spec"]
    assert policy["ingress"] == [{"ports": [{"port": "http"}]}]
    ports = {item["port"] for rule in policy["egress"] for item in rule["ports"]}
    assert ports == {53, 443}
    assert "0.0.0.0/0" not in json.dumps(policy)
