"""The image, built by a real Docker engine from the unmodified Dockerfile, run as on a cluster."""

import json
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

DOCKER = shutil.which("docker", path=f"/usr/bin:{os.environ['PATH']}")
TAG = "cookiecutter-mlops-level2-test:local"
SHA = "0123456789abcdef0123456789abcdef01234567"

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.usefixtures("project")]


def docker(*words: str, ok: bool = True, folder: Path | None = None) -> str:
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    done = subprocess.run(
        [str(DOCKER), *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory):
    """A baked project whose image is built; skipped where no engine answers or no base is had."""
    if not DOCKER or subprocess.run([DOCKER, "info"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers: set DOCKER_HOST")
    base = ["run", "--rm", "python:3.11-slim", "python3", "--version"]
    if subprocess.run([DOCKER, *base], capture_output=True, check=False).returncode:
        pytest.skip("the image python:3.11-slim cannot be had: pull or import it")
    folder = tmp_path_factory.mktemp("image") / "load-forecast"
    shutil.copytree(bake(), folder)
    build(folder)
    yield folder
    docker("image", "rm", "--force", TAG)


def build(folder: Path) -> None:
    words = ["--file", "deploy/Dockerfile", "--build-arg", f"GIT_COMMIT={SHA}", "--tag", TAG, "."]
    docker("build", "--quiet", *words, folder=folder)


def run(*words: str, ok: bool = True) -> str:
    """Run as a pod does: the image's own user, a root that cannot be written, no rights."""
    bounds = ["--read-only", "--tmpfs=/tmp", "--cap-drop", "ALL", "--network", "none"]
    return docker("run", "--rm", *bounds, TAG, *words, ok=ok)


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
    assert "__pycache__" in run("sh", "-c", "find /app/src /venv -name __pycache__ | head -1")


def test_no_data_secret_or_test_is_in_it():
    listed = set(run("ls", "-A", "/app").split())
    assert listed == {"deploy", "feature_repo", "params.yaml", "pipelines", "requirements", "src"}


def test_a_step_runs_in_it():
    """A verb writes where it may, with the locked packages, and names the commit it came from."""
    code = (
        "import json, load_forecast.task, kfp, pathlib, subprocess, sys; "
        "subprocess.run([sys.executable, '-m', 'load_forecast', 'sample', '--output', "
        "'/tmp/project/data/raw/load.csv'], check=True, stdout=sys.stderr); "
        "subprocess.run('cp -r /app/params.yaml /app/feature_repo /tmp/project', shell=True); "
        "subprocess.run([sys.executable, '-m', 'load_forecast', 'ingest'], check=True, "
        "cwd='/tmp/project', stdout=sys.stderr); "
        "print(pathlib.Path('/tmp/project/data/ingested.parquet').stat().st_size)"
    )
    assert int(run("python", "-c", code)) > 10_000
    assert run("sh", "-c", "echo $GIT_COMMIT").strip() == SHA


def test_a_change_of_code_alone_is_built_in_seconds(project):
    changed = project / "src/load_forecast/core/gate.py"
    changed.write_text(changed.read_text() + "\n# another line\n")
    started = time.monotonic()
    build(project)
    assert time.monotonic() - started < 30
    assert "# another line" in run("cat", "/app/src/load_forecast/core/gate.py")
