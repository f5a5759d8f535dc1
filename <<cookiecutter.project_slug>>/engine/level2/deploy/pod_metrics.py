"""The metrics that pods of the service report, by the version that they serve."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from prometheus_client.parser import text_string_to_metric_families

from .kubectl import Cluster
from .release import Release
from .traffic import Traffic, total

Object = dict[str, Any]
PORT = 8000
PREDICTING = ("predict", "infer")  # routes, as the service names them


@dataclass(frozen=True)
class Reading:
    """The counters of each pod at one moment, by its uid, and the digest of the model it serves."""

    pods: dict[str, tuple[str, Traffic]]

    def since(self, earlier: "Reading", new: Release) -> tuple[Traffic, Traffic]:
        """What was counted after `earlier` by pods of other versions, and by those of `new`."""
        parts: tuple[list[Traffic], list[Traffic]] = ([], [])
        for uid, (sha256, now) in self.pods.items():
            _, before = earlier.pods.get(uid, ("", None))
            parts[sha256 == new.sha256].append(now.since(before))
        return total(parts[0]), total(parts[1])


def read(cluster: Cluster) -> Reading:
    """Ask every running pod of the service. Raises ProjectError without the right to."""
    found = {}
    for pod in cluster.every("pods"):
        sha256 = _model(pod)
        if sha256 and _ready(pod):
            meta = pod["metadata"]
            text = cluster.metrics(meta["name"], PORT)
            found[meta["uid"]] = (sha256, traffic(text))
    return Reading(found)


def traffic(text: str) -> Traffic:
    """The counters in a page of metrics, as deploy/serving's pods write it."""
    requests = failed = 0.0
    seconds: dict[str, float] = {}
    numbers: dict[str, float] = {}
    labels: dict[str, float] = {}
    for name, marks, value in _samples(text):
        if name == "serving_requests_total" and _predicts(marks):
            requests += value
            failed += value if marks["code"].startswith("5") else 0
        elif name == "serving_request_seconds_bucket" and _predicts(marks):
            seconds[marks["le"]] = seconds.get(marks["le"], 0) + value
        elif name == "serving_prediction_bucket":
            numbers[marks["le"]] = numbers.get(marks["le"], 0) + value
        elif name == "serving_predicted_labels_total":
            labels[marks["label"]] = labels.get(marks["label"], 0) + value
    return Traffic(requests, failed, seconds, numbers, labels)


def _samples(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            yield sample.name, sample.labels, sample.value


def _predicts(marks: dict[str, str]) -> bool:
    """Whether a route predicts; probes and pages do not count."""
    return marks.get("route") in PREDICTING


def _model(pod: Object) -> str:
    """The digest that the pod's first container must serve, as `make deploy` set it."""
    environment = pod["spec"]["containers"][0].get("env", [])
    return next(
        (str(item.get("value")) for item in environment if item["name"] == "SERVE_SHA256"), ""
    )


def _ready(pod: Object) -> bool:
    """Whether it takes requests: a pod that is going is Ready until its container has ended."""
    if "deletionTimestamp" in pod["metadata"]:
        return False
    conditions = pod.get("status", {}).get("conditions", [])
    return any(item["type"] == "Ready" and item["status"] == "True" for item in conditions)
