"""What kustomize makes of deploy/serving, judged without a cluster."""

import copy
import os
from pathlib import Path

import pytest
import yaml

from level2.deploy import release, rollout
from level2.deploy.environment import Patience
from level2.prediction_log import shipping
from level2.prediction_log.settings import LogSettings
from level2.serving.settings import ServeSettings
from overlays import ENVIRONMENTS, build, project
from schemas import jsonschema, kubernetes_validate

pytestmark = pytest.mark.slow

KUBERNETES = "1.32"
EXTENSIONS = {  # what KServe adds to a pod, and its type
    "canaryTrafficPercent": int,
    "containerConcurrency": int,
    "maxReplicas": int,
    "minReplicas": int,
    "scaleMetric": str,
    "scaleTarget": int,
    "timeout": int,
}
# Knative takes these of a pod without a feature flag
KNATIVE = {
    "automountServiceAccountToken",
    "containers",
    "enableServiceLinks",
    "imagePullSecrets",
    "serviceAccountName",
    "volumes",
}


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request):
    return request.param


@pytest.fixture(
    scope="module",
    params=[
        "kserve",
        "kserve-standard",
        "plain",
        "kserve mlflow",
        "kserve-standard mlflow",
        "plain mlflow",
    ],
)
def overlay(request, environment, tmp_path_factory):
    """Objects, engine, and whether the model comes out of MLflow."""
    engine, _, source = request.param.partition(" ")
    folder = project(tmp_path_factory.mktemp("overlay") / "project", engine, bool(source))
    return build(folder, environment), engine, bool(source)


def pod_of(objects):
    serving = release.workload(objects)
    return serving["spec"].get("predictor") or serving["spec"]["template"]["spec"]


def faults(objects):
    """Complaints of the strict schemas of Kubernetes; of an InferenceService its pod is judged."""
    found = []
    for item in objects:
        if item["kind"] == "InferenceService":
            mode = item["metadata"]["annotations"][rollout.MODE]
            found += unfit(item["spec"]["predictor"], mode)
            plain = {key: value for key, value in pod_of([item]).items() if key not in EXTENSIONS}
            meta = {"name": item["metadata"]["name"]}
            item = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": plain}
        try:
            kubernetes_validate.validate(item, KUBERNETES, strict=True)
        except kubernetes_validate.ValidationError as error:
            found.append(f"{item['kind']} {item['metadata']['name']}: {error.message}")
    return found


def unfit(predictor, mode="Serverless"):
    """What KServe, or Knative where it serves, would not take of a predictor."""
    given = {key: value for key, value in predictor.items() if key in EXTENSIONS}
    found = [key for key, value in given.items() if type(value) is not EXTENSIONS[key]]
    names = [item["name"] for item in predictor["containers"]]
    found += [] if names == ["kserve-container"] else ["containers"]
    first = {"initContainers"} if "initContainers" in predictor else set()  # by a flag, said there
    more = {"terminationGracePeriodSeconds"} if mode == "Standard" else set()
    return [*found, *sorted(set(predictor) - set(EXTENSIONS) - KNATIVE - first - more)]


def loose(objects):
    """What pods may do beyond what the profile `restricted` and a sealed root leave them."""
    pod = pod_of(objects)
    whole = pod.get("securityContext", {})
    found = [] if pod.get("automountServiceAccountToken") is False else ["token"]
    for item in [*pod["containers"], *pod.get("initContainers", [])]:
        own = whole | item.get("securityContext", {})
        wanted = {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "runAsUser": 10001,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        }
        found += [key for key, value in wanted.items() if own.get(key) != value]
        found += [] if {"requests", "limits"} <= set(item.get("resources", {})) else ["resources"]
    return found


def test_there_is_staging_and_production():
    assert ENVIRONMENTS == ["production", "staging"]


def test_every_object_fits_the_schemas_and_lies_in_its_namespace(overlay, environment):
    objects, engine, _ = overlay
    assert faults(objects) == []
    [space] = [item["metadata"] for item in objects if item["kind"] == "Namespace"]
    assert space["name"].endswith(f"-{environment}")
    rest = [item for item in objects if item["kind"] != "Namespace"]
    assert {item["metadata"]["namespace"] for item in rest} == {space["name"]}
    level = "restricted" if engine == "plain" else "baseline"
    assert space["labels"]["pod-security.kubernetes.io/enforce"] == level


CRD = Path(os.environ.get("KSERVE_CRD", "nowhere"))  # KServe's own, where somebody has it


@pytest.mark.skipif(not CRD.is_file(), reason="KSERVE_CRD names no file")
def test_an_inference_service_fits_the_schema_of_kserve_itself(overlay):
    objects, engine, _ = overlay
    crd = yaml.safe_load(CRD.read_text())
    [version] = [item for item in crd["spec"]["versions"] if item["name"] == "v1beta1"]
    judge = jsonschema.Draft202012Validator(closed(version["schema"]["openAPIV3Schema"]))
    if engine != "plain":
        item = release.workload(objects)
        assert [error.message for error in judge.iter_errors(item)] == []
        item = copy.deepcopy(item)
        item["spec"]["predictor"]["canaryPercent"] = 10
        assert [error.message for error in judge.iter_errors(item)], "a planted typing error"


def closed(schema):
    """The schema with unknown fields refused, as an API server does with fieldValidation=Strict."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: closed(value) for key, value in schema.items()}
    if schema.get("x-kubernetes-int-or-string"):
        return {"type": ["integer", "string"]}
    if (
        isinstance(schema.get("properties"), dict)
        and "x-kubernetes-preserve-unknown-fields" not in schema
    ):
        made.setdefault("additionalProperties", False)
    return made


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"canaryPercent": 10}, "canaryPercent"),
        ({"canaryTrafficPercent": "10"}, "canaryTrafficPercent"),
        ({"securityContext": {"runAsUser": 1}}, "securityContext"),
        ({"volumes": [{"name": "tmp", "emptydir": {}}]}, "Pod serving"),
    ],
)
def test_a_planted_fault_in_a_predictor_is_seen(tmp_path, change, said):
    objects = build(project(tmp_path / "project"), "staging")
    release.workload(objects)["spec"]["predictor"] |= change
    assert said in "\n".join(faults(objects))


def test_pods_may_do_nothing_beside_their_work(overlay):
    assert loose(overlay[0]) == []


@pytest.mark.parametrize("key", ["readOnlyRootFilesystem", "capabilities", "runAsNonRoot"])
def test_a_planted_right_is_seen(tmp_path, key):
    objects = build(project(tmp_path / "project"), "staging")
    del pod_of(objects)["containers"][0]["securityContext"][key]
    assert loose(objects) == [key]


def test_probes_ask_the_service_and_volumes_hold_what_it_writes(overlay):
    objects, engine, _ = overlay
    [service] = pod_of(objects)["containers"]
    probes = {name: item["httpGet"]["path"] for name, item in service.items() if "Probe" in name}
    assert probes["readinessProbe"] == "/v2/health/ready"
    assert probes["livenessProbe"] == "/v2/health/live"
    assert ("startupProbe" in probes) == (engine != "kserve")
    written = [item["mountPath"] for item in service["volumeMounts"] if not item.get("readOnly")]
    assert written == ["/tmp", "/log"]  # noqa: S108  paths in the container
    known = {f"SERVE_{name}".upper() for name in ServeSettings.model_fields}
    assert {item["name"] for item in service["env"]} <= known
    assert [item["containerPort"] for item in service["ports"]] == [8000]


COLD = 480  # seconds that a cold node may take to read the libraries and the model


def test_a_cold_start_is_waited_for_and_not_killed(overlay):
    objects, engine, _ = overlay
    serving = release.workload(objects)
    [service] = pod_of(objects)["containers"]
    live = service["livenessProbe"]
    if engine == "kserve":  # Knative takes no startup probe
        assert live["initialDelaySeconds"] >= COLD
        return
    start = service["startupProbe"]
    assert start["periodSeconds"] * start["failureThreshold"] >= COLD
    assert "initialDelaySeconds" not in live
    if engine == "plain":
        assert COLD < serving["spec"]["progressDeadlineSeconds"] < 60 * Patience().minutes


def test_a_pod_that_goes_answers_until_nobody_asks_it(overlay):
    """Knative's own proxy sees to it; else requests were refused during an update."""
    objects, engine, _ = overlay
    serving, pod = release.workload(objects), pod_of(objects)
    [service] = pod["containers"]
    if engine == "kserve":
        assert "lifecycle" not in service, "Knative refuses it"
        return
    [word, seconds] = service["lifecycle"]["preStop"]["exec"]["command"]
    assert word == "sleep"
    assert int(seconds) + 30 < pod["terminationGracePeriodSeconds"]
    mode = serving["metadata"].get("annotations", {}).get(rollout.MODE)
    assert mode == ("Standard" if engine == "kserve-standard" else None)


def test_the_model_is_in_the_image_or_comes_out_of_mlflow(overlay):
    objects, _, fetched = overlay
    pod = pod_of(objects)
    command = pod["containers"][0].get("command", [])
    assert ("--model /model" in " ".join(command)) == fetched
    policies = [item["spec"]["egress"] for item in objects if item["kind"] == "NetworkPolicy"]
    assert policies in ([], [[{}]] if fetched else [[]]), "who needs no network has none"
    for first in pod.get("initContainers", []):
        words = " ".join(first["command"])
        assert words.endswith("bundle --version $(MODEL_VERSION) --output /model")
    assert not [item for item in objects if item["kind"] == "Secret"]


@pytest.mark.parametrize("from_mlflow", [False, True])
@pytest.mark.parametrize("engine", ["kserve", "kserve-standard", "plain"])
def test_a_second_container_copies_the_log_and_alone_has_the_key(engine, from_mlflow, tmp_path):
    objects = build(project(tmp_path / "project", engine, from_mlflow, True), "staging")
    pod = pod_of(objects)
    service, beside = pod["containers"]
    assert beside["command"] == ["python", "-m", "level2", "ship-log"]
    assert len(pod.get("initContainers", [])) == from_mlflow
    if engine != "plain":
        pod["containers"] = [service]  # `unfit` knows the service's alone
    assert faults(objects) == []
    pod["containers"] = [service, beside]
    assert loose(objects) == []
    given = {item["name"]: item for item in service["env"]}
    assert "envFrom" not in service, "the key of the store is not the service's"
    assert not [name for name in given if name.startswith("AWS_")]
    also = {item["name"]: item["value"] for item in beside["env"]}
    for name in ("SERVE_LOG", "PREDICTION_LOG"):
        assert given[name]["value"] == also[name]
    known = {name.upper() for name in LogSettings.model_fields}
    assert set(also) == {"SERVE_LOG", "AWS_ENDPOINT_URL", "AWS_DEFAULT_REGION"} | known
    places = [
        {one["mountPath"]: one["name"] for one in c["volumeMounts"]} for c in (service, beside)
    ]
    assert places[0].items() >= places[1].items()
    policies = [item["spec"]["egress"] for item in objects if item["kind"] == "NetworkPolicy"]
    assert policies in ([], [[{}]])
    assert pod.get("terminationGracePeriodSeconds", 300) > shipping._LINGER


ONE = [("kserve", "staging"), ("kserve-standard", "staging")]  # where one pod is enough


def test_environments_scale_apart(overlay, environment):
    objects, engine, _ = overlay
    scaled = {item["kind"]: item.get("spec") for item in objects}
    bounds = (
        scaled["InferenceService"]["predictor"]
        if engine != "plain"
        else scaled["HorizontalPodAutoscaler"]
    )
    assert (bounds["maxReplicas"] == 2) == (environment == "staging")
    assert bounds["minReplicas"] == (1 if (engine, environment) in ONE else 2)
