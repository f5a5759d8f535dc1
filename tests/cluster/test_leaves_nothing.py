"""A second cluster beside the first: what it is while it runs, and that nothing of it stays.

Only for the node of its own: Docker cleans up after kind.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cluster import running
from cluster.node import place

pytestmark = [
    *running.MARKS,
    pytest.mark.skipif(running.ON == "kind", reason="Docker cleans up after kind"),
]
NAME = "level2-second"
PIPE = {"stdout": subprocess.PIPE, "text": True, "check": False}


def node(verb: str) -> subprocess.CompletedProcess:
    """Start or end the second cluster."""
    return subprocess.run(
        [sys.executable, "-m", "cluster.node", verb],
        cwd=place.HERE.parents[1],
        env={**os.environ, "CLUSTER_NAME": NAME},
        capture_output=True,
        text=True,
        check=False,
    )


def state() -> Path:
    return place.CACHE / f"running-{NAME}"


def processes(network: str = "") -> dict[int, str]:
    """Processes that name the cluster's folder or live in its network."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            here = network and os.readlink(folder / "ns/net") == network
        except (FileNotFoundError, ProcessLookupError, PermissionError):  # gone, or not ours
            continue
        if here or str(state()) in words:
            found[int(folder.name)] = words
    return found


def controllers() -> int:
    """How many of Katib's controllers run in pods, whichever cluster they are of."""
    done = subprocess.run(["pgrep", "--count", "--full", r"^\./katib-controller"], **PIPE)
    return int(done.stdout)


def traces() -> dict[str, list[str]]:
    """What of the machine a cluster could have changed."""
    interfaces = subprocess.run(["ip", "-o", "link"], capture_output=True, text=True, check=True)
    rules = subprocess.run(["ip", "route"], capture_output=True, text=True, check=True)
    tables = subprocess.run(
        ["iptables-save"], capture_output=True, text=True, check=True, env=place.environment()
    )
    mounts = Path("/proc/self/mountinfo").read_text().splitlines()
    places = ["/run/netns", "/run/containerd", "/var/lib/cni", "/var/log/pods", "/var/lib/kubelet"]
    places += ["/var/log/containers", "/etc/cni", "/opt/cni", "/run/xtables.lock"]
    return {
        "interfaces": re.findall(r"^\d+: ([^:@]+)", interfaces.stdout, re.M),
        "routes": rules.stdout.splitlines(),
        "rules": re.findall(r"^.*KUBE.*$", tables.stdout, re.M),
        "mounts": [line for line in mounts if NAME in line or "/kubelet/" in line],
        "cgroups": [str(one) for one in Path("/sys/fs/cgroup").rglob(f"*{NAME}*")],
        "files": [str(one) for one in map(Path, places) if one.exists()],
    }


def test_a_second_cluster_runs_beside_and_leaves_nothing():
    before, others = traces(), controllers()
    begun = time.monotonic()
    started = node("up")
    try:
        assert started.returncode == 0, started.stdout + started.stderr
        print(f"started in {time.monotonic() - begun:.0f} s")
        first = (state() / "namespaces").read_text().split()[2]
        network = os.readlink(f"/proc/{first}/ns/net")
        alive = processes(network)
        for program in ("etcd", "kube-apiserver", "kubelet", "containerd", "mariadbd", "dnsmasq"):
            assert any(program in words for words in alive.values()), program
        assert controllers() == others + 1
        assert traces()["cgroups"]
        assert node("up").stdout == " cluster   runs already\n"
    finally:
        ended = node("down")
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert processes(network) == {}
    assert controllers() == others
    assert traces() == before
    assert not state().exists()
    again = node("down")
    assert again.returncode == 0, again.stderr
    assert [one["metadata"]["name"] for one in running.get("nodes")["items"]] == [place.NAME]
