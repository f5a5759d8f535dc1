"""The image, built by a real Docker engine from the unmodified Dockerfile, run as on a cluster."""

import json
import shutil
import time

import pytest

from engine import BOUNDS, SHA, STEP, build, docker

TAG = "cookiecutter-mlops-level2-test:local"

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.usefixtures("project")]


@pytest.fixture(scope="module")
def project(bake, engine, tmp_path_factory):  # noqa: ARG001  it is asked by docker
    """A baked project whose image is built."""
    folder = tmp_path_factory.mktemp("image") / "load-forecast"
    shutil.copytree(bake(), folder)
    build(folder, TAG)
    yield folder
    docker("image", "rm", "--force", TAG)


def run(*words: str, ok: bool = True) -> str:
    """Run as a pod does."""
    return docker("run", "--rm", *BOUNDS, TAG, *words, ok=ok)


def test_it_says_what_it_is():
    found = json.loads(docker("image", "inspect", TAG))[0]["Config"]
    assert found["User"] == "10001:10001"
    assert found["Labels"]["org.opencontainers.image.revision"] == SHA
    assert found["Labels"]["org.opencontainers.image.title"] == "load-forecast"


def test_nobody_can_change_it_and_nothing_in_it_compiles():
    assert run("id", "-u").strip() == "10001"
    run("touch", "/app/x", ok=False)
    find = "command -v gcc cc g++ make git uv; find / -xdev -name .cache -type d 2>/dev/null; true"
    assert run("sh", "-c", find) == ""
    writable = "find /app /venv -writable ! -type l 2>/dev/null | head -3"
    loose = docker("run", "--rm", TAG, "sh", "-c", writable)  # its own rights, not a read-only root
    assert loose == ""
    assert "__pycache__" in run("sh", "-c", "find /app/engine /venv -name __pycache__ | head -1")


def test_no_data_secret_or_test_is_in_it():
    listed = set(run("ls", "-A", "/app").split())
    assert listed == {
        "deploy",
        "engine",
        "feature_repo",
        "params.yaml",
        "pipelines",
        "requirements",
        "src",
    }


def test_a_step_runs_in_it_and_it_names_its_commit():
    assert int(run("python", "-c", STEP)) > 10_000
    assert run("sh", "-c", "echo $GIT_COMMIT").strip() == SHA


def test_a_change_of_code_alone_is_built_in_seconds(project):
    changed = project / "engine/level2/model/gate.py"
    changed.write_text(changed.read_text() + "\n# another line\n")
    started = time.monotonic()
    build(project, TAG)
    assert time.monotonic() - started < 30
    assert "# another line" in run("cat", "/app/engine/level2/model/gate.py")
