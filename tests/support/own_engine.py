"""A Docker engine for tests and measures: the one that answers, else one of our own.

Ours is `dockerd` with socket and data in a folder that goes when it ends, and Debian's Python 3.11
stands in for the base image under the name that the Dockerfile gives it: nothing has to be pulled.
"""

import hashlib
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BASE = "python:3.11-slim"
TOOLS = Path(os.environ.get("TOOLS", Path.home() / ".cache" / "cookiecutter-mlops-level2"))
SYSTEM = f"{os.environ['PATH']}:/usr/sbin:/sbin"  # iptables and dockerd are there
# before others: /usr/bin's can BuildKit, a newer one without its plugin cannot
DOCKER = shutil.which("docker", path=f"/usr/bin:{os.environ['PATH']}")
PACKAGES = {  # of Debian and Ubuntu, by the program they bring
    "docker": "docker.io",
    "dockerd": "docker.io",
    "containerd": "containerd",
    "runc": "runc",
    "iptables": "iptables",
    "mmdebstrap": "mmdebstrap",
}
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")  # of this machine, a proxy's included
RECIPE = [
    "--quiet",
    "--variant=minbase",
    "--include=ca-certificates,netbase,tzdata,python3.11,python3.11-venv",
    '--customize-hook=chroot "$1" python3.11 -m venv /usr/local',
    '--customize-hook=rm -f "$1/etc/resolv.conf"',
    f"--customize-hook=copy-in {CERTIFICATES} {CERTIFICATES.parent}",
    "bookworm",
]
CONFIG = [
    "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    f"ENV PIP_CERT={CERTIFICATES}",
    f"ENV SSL_CERT_FILE={CERTIFICATES}",
    'CMD ["python3"]',
]
SECONDS = 60


class EngineError(Exception):
    """No engine can be had; the message says why."""


@contextmanager
def engine() -> Iterator[None]:
    """Let DOCKER_HOST name an engine that has the base image. Raises EngineError."""
    if _works("info"):
        if not _works("run", "--rm", BASE, "python3", "--version"):
            raise EngineError(f"the engine has no image {BASE} and cannot pull it: import one")
        yield
        return
    if lacking := missing(SYSTEM):
        raise EngineError(f"no Docker engine answers, and {lacking}")
    before = os.environ.get("DOCKER_HOST")
    folder = Path(tempfile.mkdtemp(prefix="docker-"))
    os.environ["DOCKER_HOST"] = f"unix://{folder}/docker.sock"
    process = _start(folder)
    try:
        _await(process, folder / "log")
        changes = [word for line in CONFIG for word in ("--change", line)]
        _run(str(DOCKER), "import", *changes, str(base()), BASE)
        yield
    finally:
        os.environ.pop("DOCKER_HOST")
        os.environ |= {"DOCKER_HOST": before} if before else {}
        _stop(process)
        shutil.rmtree(folder)


def missing(path: str) -> str:
    """What keeps this machine from an engine of its own, empty where nothing does."""
    if os.geteuid():
        return "only root can start one: start it, or set DOCKER_HOST"
    absent = {package for name, package in PACKAGES.items() if not shutil.which(name, path=path)}
    return f"to start one, do: apt-get install {' '.join(sorted(absent))}" if absent else ""


def base() -> Path:
    """The stand-in's file tree as a tar, about a minute the first time."""
    bundle = CERTIFICATES.read_bytes()
    known = hashlib.sha256("\n".join(RECIPE).encode() + bundle).hexdigest()[:12]
    tree = TOOLS / f"base-{known}.tar"
    if not tree.exists():
        TOOLS.mkdir(parents=True, exist_ok=True)
        for old in TOOLS.glob("base-*.tar"):
            old.unlink()
        unfinished = TOOLS / f".base-{os.getpid()}.tar"
        _run("mmdebstrap", *RECIPE, str(unfinished))
        unfinished.replace(tree)
    return tree


def _start(folder: Path) -> subprocess.Popen:
    places = [f"--{name}={folder / name}" for name in ("data-root", "exec-root", "pidfile")]
    with (folder / "log").open("w") as log:
        return subprocess.Popen(
            ["dockerd", *places, "--host", os.environ["DOCKER_HOST"]],
            env={**os.environ, "PATH": SYSTEM},
            stdout=log,
            stderr=log,
            start_new_session=True,  # Ctrl-C is for who asked, who then ends it
        )


def _await(process: subprocess.Popen, log: Path) -> None:
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and process.poll() is None:
        if _works("info"):
            return
        time.sleep(0.1)
    raise EngineError(f"dockerd does not answer: {' | '.join(log.read_text().splitlines()[-3:])}")


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _works(*words: str) -> bool:
    command = [str(DOCKER), *words]
    return bool(DOCKER) and not subprocess.run(command, capture_output=True, check=False).returncode


def _run(*words: str) -> None:
    environment = {**os.environ, "PATH": SYSTEM}
    done = subprocess.run(words, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise EngineError(f"{words[0]} ended with {done.returncode}: {done.stderr.strip()[-400:]}")
