"""The Job that Katib starts for each trial."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ...model.search_space import Space

CONTAINER = "trial"
USER = 10001  # the image's
GRACE = 5  # seconds for a trial that is told to stop: it has nothing to tidy up
# a pod that its node gives up (drained, preempted, lost) says nothing about the parameters
_EVICTED = {"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}]}


@dataclass(frozen=True)
class TrialPod:
    """Settings shared by all trials of a run."""

    image: str
    command: Sequence[str]  # up to the family's own options; no word a shell would read
    environment: Mapping[str, str]
    secret: str | None
    service_account: str | None
    cpu: str
    memory: str
    parallel: int
    minutes: int


def trial_job(family: str, space: Space, pod: TrialPod) -> dict[str, Any]:
    """A batch/v1 Job without name and namespace, which Katib adds."""
    words = [*pod.command, "--trial", family]
    for name in space:
        words += ["--set-param", f"{name}=${{trialParameters.{name}}}"]
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "terminationGracePeriodSeconds": GRACE,
        "automountServiceAccountToken": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": USER,
            "runAsGroup": USER,
            "fsGroup": USER,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(words, pod)],
        "volumes": [{"name": "tmp", "emptyDir": {}}],
    }
    if pod.service_account:
        spec["serviceAccountName"] = pod.service_account
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "spec": {
            "backoffLimit": 0,
            "podFailurePolicy": {"rules": [_EVICTED]},
            "activeDeadlineSeconds": 60 * pod.minutes,
            "template": {
                "metadata": {
                    # a proxy that never ends would keep the Job from ending
                    "labels": {"sidecar.istio.io/inject": "false"},
                    "annotations": {"sidecar.istio.io/inject": "false"},
                },
                "spec": spec,
            },
        },
    }


def _container(words: list[str], pod: TrialPod) -> dict[str, Any]:
    amounts = {"cpu": pod.cpu, "memory": pod.memory}
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": pod.image,
        "imagePullPolicy": "IfNotPresent",
        "command": words,  # Katib wraps it in a shell and must not ask a registry for it
        "env": [{"name": name, "value": value} for name, value in pod.environment.items()],
        "resources": {"requests": amounts, "limits": amounts},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [{"name": "tmp", "mountPath": "/tmp"}],  # noqa: S108  the pod's own
    }
    if pod.secret:
        container["envFrom"] = [{"secretRef": {"name": pod.secret}}]
    return container
