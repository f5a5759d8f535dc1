"""image.yml pushes to a real registry on loopback: what it hands on is what the registry serves.

Run by act as in test_act.py; here the stand-ins of Docker's actions drive a real engine by
its own client, so that login, build, push and digest are real. Attestations are not: they come with
a builder that would have to be pulled.
"""

import hashlib
import json
import os
import shutil
import subprocess

import pytest

import servers
from acting import SECRETS, GitHub, git, stand_in_for_github
from conftest import lacking
from engine import BOUNDS, STEP, docker
from own_engine import DOCKER
from projects import copy

pytestmark = [pytest.mark.slow, pytest.mark.server]

USER = "somebody"  # who act says has pushed
# what bcrypt makes of SECRETS["REGISTRY_PASSWORD"]
HASH = "$2b$04$urCWVC2y9wgsAtwGegjXdOefEuENf84WS2Gc7Wo169gRAYjkpwwtG"
CALLER = """
name: caller
on: workflow_dispatch
jobs:
  image:
    uses: ./.github/workflows/image.yml
    secrets: { REGISTRY_PASSWORD: "${{ secrets.REGISTRY_PASSWORD }}" }
  next:
    needs: [image]
    runs-on: ubuntu-24.04
    steps:
      - env: { IMAGE: "${{ needs.image.outputs.image }}" }
        run: echo "handed=$IMAGE" >> "$GITHUB_OUTPUT"
"""


@pytest.fixture(scope="module")
def registry(tmp_path_factory):
    for program in ("docker-registry", "skopeo"):
        if not shutil.which(program):
            lacking(f"{program} is missing: apt-get install {program}")
    host, process = servers.registry(tmp_path_factory.mktemp("registry") / "x", USER, HASH)
    yield host
    servers.stop(process)


@pytest.fixture(scope="module")
def github(bake, engine, registry, tmp_path_factory):  # noqa: ARG001  the engine is asked by docker
    """A project whose images go to that registry."""
    folder = tmp_path_factory.mktemp("act")
    project = copy(bake(container_registry=registry), folder / "work")
    found, token = stand_in_for_github()
    with found:
        hub = GitHub(project, folder, found.address, token)
        host = os.environ.get("DOCKER_HOST", "unix:///var/run/docker.sock")
        (hub.state / "docker").write_text(f"{DOCKER} {host}")
        (project / ".github/workflows/caller.yml").write_text(CALLER)
        git(project, "init", "--quiet", "--initial-branch=main")
        git(project, "add", "--all")
        yield hub


def built(hub):
    """The image workflow for a new commit: the commit, and how it went."""
    git(hub.work, "commit", "--quiet", "--allow-empty", "--message", "One more")
    sha = hub.push("main")
    return sha, hub.act("caller", "workflow_dispatch", {}, sha)


def skopeo(*words: str) -> subprocess.CompletedProcess:
    command = ["skopeo", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def served(reference: str) -> dict | None:
    """What the registry says of an image, None where it has none."""
    login = f"--creds={USER}:{SECRETS['REGISTRY_PASSWORD']}"
    done = skopeo("inspect", "--tls-verify=false", login, f"docker://{reference}")
    assert "manifest unknown" in done.stderr or done.returncode == 0, done.stderr
    return None if done.returncode else json.loads(done.stdout)


@pytest.fixture(scope="module")
def pushed(github):
    sha, run = built(github)
    assert run.code == 0, run.log
    yield sha, run.outputs["handed"]
    repository = run.outputs["handed"].split("@")[0]
    docker("image", "rm", "--force", f"{repository}:{sha}", f"{repository}:main")


def test_the_digest_handed_on_is_the_one_the_registry_serves(pushed, registry, tmp_path):
    sha, handed = pushed
    repository, digest = handed.split("@")
    assert repository == f"{registry}/example-org/load-forecast"
    for tag in (sha, "main"):
        assert served(f"{repository}:{tag}")["Digest"] == digest
    login = f"--src-creds={USER}:{SECRETS['REGISTRY_PASSWORD']}"
    to = tmp_path / "image"
    done = skopeo("copy", "--src-tls-verify=false", login, f"docker://{handed}", f"dir:{to}")
    assert done.returncode == 0, done.stderr
    manifest = (to / "manifest.json").read_bytes()
    assert f"sha256:{hashlib.sha256(manifest).hexdigest()}" == digest
    parts = json.loads(manifest)
    for part in (parts["config"], *parts["layers"]):
        name = part["digest"].removeprefix("sha256:")
        assert hashlib.sha256((to / name).read_bytes()).hexdigest() == name
    config = json.loads((to / parts["config"]["digest"].removeprefix("sha256:")).read_text())
    assert config["config"]["User"] == "10001:10001"
    assert config["config"]["Labels"]["org.opencontainers.image.revision"] == sha


def test_a_step_runs_from_that_digest(pushed):
    sha, handed = pushed
    repository = handed.split("@")[0]
    docker("image", "rm", "--force", f"{repository}:{sha}", f"{repository}:main")
    docker("run", "--pull=never", handed, "true", ok=False)
    docker("pull", "--quiet", handed)
    try:
        assert int(docker("run", "--rm", *BOUNDS, handed, "python", "-c", STEP)) > 10_000
    finally:
        docker("image", "rm", "--force", handed)


def test_without_a_password_it_is_built_and_nothing_is_pushed(github, registry, monkeypatch):
    monkeypatch.setitem(SECRETS, "REGISTRY_PASSWORD", "")
    sha, run = built(github)
    assert run.code == 0, run.log
    assert "REGISTRY_PASSWORD is not set: the image is built and not pushed" in run.log
    assert run.outputs["handed"] == ""
    monkeypatch.undo()
    assert served(f"{registry}/example-org/load-forecast:{sha}") is None
    for tag in (sha, "main"):  # it was built
        docker("image", "rm", "--force", f"{registry}/example-org/load-forecast:{tag}")


def test_a_wrong_password_is_refused_and_nothing_is_handed_on(github, registry, monkeypatch):
    monkeypatch.setitem(SECRETS, "REGISTRY_PASSWORD", "wrong")
    sha, run = built(github)
    assert run.code == 1
    assert run.jobs == {"image/image": "failure"}
    assert "unauthorized" in run.log.lower()
    assert "handed" not in run.outputs
    monkeypatch.undo()
    assert served(f"{registry}/example-org/load-forecast:{sha}") is None
