"""KServe on the node: its controller and webhook, for mode Standard, which needs no Knative."""

import base64
import json

import yaml

from . import certificates
from .certificates import PKI
from .place import BUILT
from .services import kubectl, wait

SPACE = "kserve"
SECRET = "kserve-webhook-server-cert"  # noqa: S105  a name
HOST = f"kserve-webhook-server-service.{SPACE}.svc"
# parts for large language models and models cached on nodes, and what cert-manager would do
LEFT_OUT = ("llm", "localmodel", "inferencepools", "inferenceobjectives")
LEFT_OUT_KINDS = ("Certificate", "Issuer", "ClusterStorageContainer")


def install() -> None:
    """Apply the manifests with a certificate for the webhook; wait for the controller."""
    certificates.sign("kserve", "/CN=kserve", [f"DNS:{HOST}"])
    objects = fitted(list(yaml.load_all((BUILT / "kserve.yaml").read_text(), yaml.CSafeLoader)))
    space = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": SPACE}}
    # the controller ends where a kind that it watches is not there yet
    kinds = [item for item in objects if item["kind"] == "CustomResourceDefinition"]
    _apply([space, *kinds])
    names = [f"crd/{item['metadata']['name']}" for item in kinds]
    # again and again: kubectl gives up where a definition has no conditions yet
    established = ["kubectl", "wait", "--for=condition=Established", "--timeout=1s", *names]
    wait("kube-apiserver", 60, *established)
    _apply([_secret(), *(item for item in objects if item not in kinds)])
    words = ["deployment/kserve-controller-manager", "-n", SPACE, "--timeout=180s"]
    kubectl("rollout", "status", *words)


def _apply(objects: list[dict]) -> None:
    kubectl("apply", "--server-side", "-f", "-", text="\n".join(map(json.dumps, objects)))


def kept(item: dict) -> bool:
    """Whether an object of KServe's manifests is needed to serve a model of our own container."""
    named = item["metadata"]["name"].replace("-", "")
    return item["kind"] not in LEFT_OUT_KINDS and not any(word in named for word in LEFT_OUT)


def fitted(objects: list[dict]) -> list[dict]:
    """Mode Standard by default, no Ingress; the webhook is trusted by this cluster's authority."""
    for item in objects:
        for hook in item.get("webhooks", []):
            hook["clientConfig"]["caBundle"] = _encoded("ca.crt")
        if item["metadata"]["name"] == "inferenceservice-config":
            _change(item["data"], "deploy", {"defaultDeploymentMode": "Standard"})
            _change(item["data"], "ingress", {"disableIngressCreation": True})
        if item["kind"] == "Deployment":
            pod = item["spec"]["template"]["spec"]
            # without the proxy that guards its metrics: an image of others
            [container] = [one for one in pod["containers"] if one["name"] == "manager"]
            pod["containers"] = [container]
            container["imagePullPolicy"] = "IfNotPresent"
            for probe in ("livenessProbe", "readinessProbe"):
                container[probe]["initialDelaySeconds"] = 2
            container["resources"]["limits"].pop("cpu")  # a tenth of a core starts in a minute
    return objects


def _change(data: dict[str, str], key: str, change: dict) -> None:
    data[key] = json.dumps(json.loads(data[key]) | change)


def _secret() -> dict:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/tls",
        "metadata": {"name": SECRET, "namespace": SPACE},
        "data": {"tls.crt": _encoded("kserve.crt"), "tls.key": _encoded("kserve.key")},
    }


def _encoded(name: str) -> str:
    return base64.b64encode((PKI / name).read_bytes()).decode()
