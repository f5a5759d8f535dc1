"""A one-node Kubernetes without Docker or an image: `python -m cluster.node VERB`.

`build` fills the cache, `up` starts the cluster (and builds what lacks), `down` leaves nothing of
it but the cache, `exec COMMAND...` runs a command where the cluster answers.
"""

import fcntl
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

from . import certificates, control, debian, images, katib, kserve, programs, worker, world
from .place import BIN, BUILT, CACHE, KATIB, KSERVE, KUBERNETES, STATE, environment, recipe
from .services import LOGS

NEEDED = ["apt-get", "dpkg", "openssl", "ip", "nsenter", "unshare", "sysctl", "uv"]
COMPLETE = BUILT / "complete"
READY = STATE / "ready"


def build() -> None:
    """Fill the cache; another version's programs go.

    A program that is there stays: after a change of how one is built, delete it.
    """
    made_by = recipe()
    if COMPLETE.exists() and COMPLETE.read_text() == made_by:
        return
    _needs("go" if shutil.which("go") else "/usr/local/go/bin/go", "mmdebstrap")
    begun = time.monotonic()
    if not any(CACHE.glob("running-*")):
        for old in CACHE.iterdir():
            if old.is_dir() and old != BUILT:
                shutil.rmtree(old)
    BIN.mkdir(parents=True, exist_ok=True)
    COMPLETE.unlink(missing_ok=True)
    shutil.rmtree(BUILT / "images", ignore_errors=True)
    debian.unpack()
    programs.build()
    images.archives()
    COMPLETE.write_text(made_by)
    print(f" cluster   programs built in {time.monotonic() - begun:.0f} s", flush=True)


def up() -> None:
    """Start the cluster, unless it runs."""
    if world.alive() and READY.exists():
        print(" cluster   runs already")
        return
    build()
    world.remove()  # what a killed one left
    begun = time.monotonic()
    world.create()
    try:
        inside([sys.executable, "-m", "cluster.node", "start"])
    except BaseException:
        world.end()
        print(f" cluster   did not start: what its programs said is in {LOGS}", file=sys.stderr)
        raise
    READY.touch()
    print(
        f" cluster   Kubernetes {KUBERNETES} with Katib {KATIB} and KServe {KSERVE}"
        f" after {time.monotonic() - begun:.0f} s; `make test-cluster`, then `make cluster-down`"
    )


def start() -> None:
    """Start every program; runs in the cluster's namespaces."""
    certificates.make()
    control.start_all()
    worker.start_all()
    katib.install()
    kserve.install()


def down() -> None:
    """End the cluster."""
    was = STATE.exists()
    world.remove()
    print(f" cluster   {'gone; its programs stay in the cache' if was else 'none runs'}")


def inside(command: list[str]) -> None:
    """Run a command among the cluster's processes; its exit code is ours."""
    if not world.alive():
        sys.exit(" stopped: no cluster runs here: make cluster")
    done = subprocess.run(world.inside(*command), env=environment(), check=False)
    if done.returncode:
        sys.exit(done.returncode)


def _needs(*more: str) -> None:
    if os.geteuid():
        sys.exit(" stopped: without Docker and kind the cluster needs root")
    path = environment()["PATH"]
    absent = [name for name in (*NEEDED, *more) if not shutil.which(name, path=path)]
    if absent:
        sys.exit(f" stopped: not installed: {', '.join(absent)}")


def main() -> None:
    """Do what the first word says."""
    verb, *rest = sys.argv[1:] or [""]
    if verb == "exec":
        inside(rest)
    elif verb == "start":
        start()
    elif verb in VERBS and not rest:
        CACHE.mkdir(parents=True, exist_ok=True)
        with (CACHE / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the second of two waits for the first
            try:
                VERBS[verb]()
            except subprocess.CalledProcessError as error:
                name = Path(str(error.cmd[0])).name
                sys.exit(f" stopped: {name} ended with {error.returncode}, see above")
    else:
        sys.exit(f" stopped: `{verb}`: one of {', '.join(VERBS)}, exec")


VERBS = {"build": build, "up": up, "down": down}
main()
