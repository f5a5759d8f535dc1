"""The namespaces that everything of the cluster lives in: processes, mounts and network.

Their first process is `pause`. The kernel ends every other process of the cluster with it, and the
mounts and the network go with the last of them: nothing has to be hunted for.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from .place import BIN, CGROUP, NODE, SERVICES, STATE, environment

UNSHARE = ["unshare", "--fork", "--kill-child", "--mount-proc", "--propagation", "private"]
UNSHARE += ["--pid", "--mount", "--net"]
# what programs leave in places of their own; /var/lib/cni is the bridge's
PRIVATE = ["/run", "/var/log", "/var/lib/cni"]
HOLDER = STATE / "namespaces"  # pid of the first process, as seen from outside, and its start


def create() -> None:
    """Make the namespaces, with their network up."""
    STATE.mkdir(parents=True)
    Path("/var/lib/cni").mkdir(parents=True, exist_ok=True)
    mounts = "".join(f" && mount -t tmpfs tmpfs {folder}" for folder in PRIVATE)
    script = f"mount --make-rshared /{mounts} && mkdir /run/netns && exec '{BIN}/pause'"
    with (STATE / "unshare.log").open("w") as log:
        command = [*UNSHARE, "sh", "-c", script]
        outer = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
        )
    first = _child(outer)
    HOLDER.write_text(f"{outer.pid} {_started(outer.pid)} {first}\n")
    for words in (
        ["ip", "link", "set", "lo", "up"],
        ["ip", "addr", "add", f"{NODE}/32", "dev", "lo"],
        ["ip", "route", "add", SERVICES, "dev", "lo", "src", NODE],
        ["sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv4.conf.all.route_localnet=1"],
        # a Service's answer comes back over the bridge; -e: a kernel may lack the key
        ["sysctl", "-qe", "-w", "net.bridge.bridge-nf-call-iptables=1"],
    ):
        subprocess.run(inside(*words), env=environment(), check=True)


def inside(*words: str, folder: Path | None = None) -> list[str]:
    """Return the command that runs another one among the cluster's processes."""
    first = HOLDER.read_text().split()[2]
    return [
        "nsenter",
        "--target",
        first,
        "--pid",
        "--mount",
        "--net",
        f"--wd={folder or Path.cwd()}",
        *words,
    ]


def alive() -> bool:
    """Whether the namespaces are there: their process, not another one with its number."""
    if not HOLDER.exists():
        return False
    pid, started, _ = HOLDER.read_text().split()
    return _started(int(pid)) == started


def remove() -> None:
    """End the cluster and delete what it kept on disk."""
    end()
    if STATE.exists():
        shutil.rmtree(STATE)


def end() -> None:
    """End every process of the cluster; its logs stay to be read."""
    if alive():
        outer, _, first = map(int, HOLDER.read_text().split())
        os.kill(first, signal.SIGKILL)
        _await_end(outer)
    _remove_cgroups()
    if Path("/var/lib/cni").exists() and not any(Path("/var/lib/cni").iterdir()):
        Path("/var/lib/cni").rmdir()


def cgroups() -> list[Path]:
    """The cluster's cgroup under every controller (or the one tree of cgroup v2)."""
    top = Path("/sys/fs/cgroup")
    if (top / "cgroup.controllers").exists():
        return [top / CGROUP]
    return [folder / CGROUP for folder in top.iterdir() if (folder / "cgroup.procs").exists()]


def _remove_cgroups() -> None:
    for top in cgroups():
        for folder, _, _ in os.walk(top, topdown=False):
            os.rmdir(folder)


def _child(outer: subprocess.Popen) -> int:
    """Wait until the first process holds the namespaces, their mounts made."""
    children = Path(f"/proc/{outer.pid}/task/{outer.pid}/children")
    for _ in range(100):
        if outer.poll() is not None:
            break
        for pid in children.read_text().split():
            if Path(f"/proc/{pid}/comm").read_text().strip() == "pause":
                return int(pid)
        time.sleep(0.05)
    sys.exit(f" stopped: no namespaces: {(STATE / 'unshare.log').read_text().strip()}")


def _started(pid: int) -> str:
    """When a process started, in the kernel's ticks; empty where none runs under the number."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except FileNotFoundError:
        return ""
    return "" if words[0] == "Z" else words[19]  # a zombie has ended: its parent is to reap it


def _await_end(pid: int) -> None:
    for _ in range(200):
        if not _started(pid):
            return
        time.sleep(0.05)
    sys.exit(f" stopped: process {pid} of the cluster does not end")
