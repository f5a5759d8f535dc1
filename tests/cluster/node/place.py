"""Where the node's files lie, what it is called and which addresses it has.

The versions of everything that is built are in `../names.sh` and nowhere else.
"""

import hashlib
import os
import re
from pathlib import Path

HERE = Path(__file__).parent
VERSIONS = dict(re.findall(r"^(\w+)=(.*)$", (HERE.parent / "names.sh").read_text(), re.M))
KUBERNETES = VERSIONS["KUBERNETES_VERSION"]
KATIB = VERSIONS["KATIB_VERSION"]
ETCD = VERSIONS["ETCD_VERSION"]
KSERVE = VERSIONS["KSERVE_VERSION"]


def _cache() -> Path:
    caches = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    tools = Path(os.environ.get("TOOLS") or caches / "cookiecutter-mlops-level2")
    return tools / "cluster"


def recipe() -> str:
    """Digest of what the cache is filled by."""
    made_by = ("debian.py", "programs.py", "kserve.py", "images.py", "image.py", "optuna.txt")
    text = "\n".join((HERE / name).read_text() for name in made_by)
    return hashlib.sha256(text.encode()).hexdigest()


CACHE = _cache()
# stays: programs, Debian's packages unpacked, images
BUILT = CACHE / f"kubernetes-{KUBERNETES}-etcd-{ETCD}-katib-{KATIB}-kserve-{KSERVE}"
BIN = BUILT / "bin"
DEBIAN = BUILT / "debian"
CLUSTER = os.environ.get("CLUSTER_NAME", "mlops-level2")  # another one runs beside it
STATE = CACHE / f"running-{CLUSTER}"  # goes with the cluster

NODE = "10.200.0.1"  # on the namespace's own loopback: API server, node, DNS and database
PODS = "10.88.0.0/16"
SERVICES = "10.96.0.0/16"
NAME = "level2"
CGROUP = f"{CLUSTER}-cluster"
KUBECONFIG = STATE / "admin.kubeconfig"
CONTAINERD = STATE / "containerd.sock"
LIBRARIES = ":".join(str(DEBIAN / f"{top}lib/x86_64-linux-gnu") for top in ("usr/", ""))
FOLDERS = [BIN, *(DEBIAN / name for name in ("usr/sbin", "usr/bin", "sbin", "bin"))]


def environment() -> dict[str, str]:
    """Return the environment of every program of the cluster."""
    path = [*map(str, FOLDERS), os.environ.get("PATH", ""), "/usr/sbin:/sbin:/usr/bin:/bin"]
    return {**os.environ, "PATH": ":".join(path), "KUBECONFIG": str(KUBECONFIG)}
