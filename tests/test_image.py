"""The image, built by a real Docker engine from the unmodified Dockerfile, run as on a cluster."""

import json
import shutil
import time

import pytest
from engine import BOUNDS, SHA, build, docker, need_engine

TAG = "cookiecutter-mlops-level2-test:local"

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.usefixtures("project")]


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory):
    """A baked project whose image is built; skipped where no engine answers or no base is had."""
    need_engine()
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
    build(project, TAG)
    assert time.monotonic() - started < 30
    assert "# another line" in run("cat", "/app/src/load_forecast/core/gate.py")
