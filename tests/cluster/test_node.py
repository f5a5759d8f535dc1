"""The cluster is a Kubernetes: its node is Ready, pods run, names resolve, a Service answers."""

import json

import pytest

from cluster import running
from cluster.node import images, place

IMAGE = images.SHELL
pytestmark = running.MARKS


@pytest.fixture
def space():
    """A namespace of the test's own."""
    with running.namespace("pods") as name:
        yield name


def pod(name: str, *command: str) -> str:
    container = {"name": "main", "image": IMAGE, "command": list(command)}
    spec = {"restartPolicy": "Never", "containers": [container]}
    spec["terminationGracePeriodSeconds"] = 1
    meta = {"name": name, "labels": {"app": name}}
    return json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": spec})


@pytest.fixture
def run(space):
    """A function that runs a command in a pod to its end and returns the pod's log."""

    def to_its_end(name: str, *command: str) -> str:
        running.kubectl("apply", "-n", space, "-f", "-", text=pod(name, *command))
        until = "--for=jsonpath={.status.phase}=Succeeded"
        running.kubectl("wait", "-n", space, until, f"pod/{name}", "--timeout=90s")
        return running.kubectl("logs", "-n", space, name)

    return to_its_end


def test_the_node_is_ready_and_of_the_pinned_version():
    [node] = running.get("nodes")["items"]
    conditions = {one["type"]: one["status"] for one in node["status"]["conditions"]}
    assert conditions["Ready"] == "True"
    server = json.loads(running.kubectl("version", "-o", "json"))["serverVersion"]["gitVersion"]
    kubelet = node["status"]["nodeInfo"]["kubeletVersion"]
    assert server == kubelet
    if running.ON == "node":
        assert server == place.KUBERNETES


def test_a_pod_runs_and_its_log_is_read(run):
    assert run("hello", "sh", "-c", "echo hello from $HOSTNAME") == "hello from hello\n"


def test_a_service_answers_another_pod_under_its_name(space, run):
    server = pod("server", "sh", "-c", "while :; do echo served | nc -l -p 8080; done")
    running.kubectl("apply", "-n", space, "-f", "-", text=server)
    running.kubectl("expose", "-n", space, "pod", "server", "--port=80", "--target-port=8080")
    running.kubectl("wait", "-n", space, "--for=condition=Ready", "pod/server", "--timeout=90s")
    address = running.get("service", "server", "-n", space)["spec"]["clusterIP"]
    # by hand: Debian's static busybox cannot resolve a name inside nc or wget
    name = f"server.{space}.svc.cluster.local"
    look = f"nslookup {name} | sed -n 's/^Address: //p' | tail -n 1"
    ask = f'until ip=$({look}); test -n "$ip"; do sleep 1; done; echo $ip; echo | nc $ip 80'
    assert run("client", "sh", "-c", ask) == f"{address}\nserved\n"
