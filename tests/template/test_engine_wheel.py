"""The engine as a wheel from an index: two projects without the folder engine/ share it."""

import functools
import re
import shutil
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conftest import PROJECT, ROOT, lacking
from projects import VENV, champion, copy

pytestmark = pytest.mark.slow


def uv() -> str:
    found = shutil.which("uv") or str(ROOT / ".venv-uv/bin/uv")
    if not Path(found).exists():
        lacking("uv is not here")
    return found


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def index(template, tmp_path_factory):
    """A package index on this machine, with the one wheel."""
    folder = tmp_path_factory.mktemp("index")
    wheels = folder / "simple/level2"
    engine = template / PROJECT.name / "engine"
    command = [uv(), "build", "--quiet", "--offline", "--wheel", "--out-dir", str(wheels)]
    done = subprocess.run([*command, str(engine)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    (wheel,) = wheels.glob("level2-*.whl")
    (wheels / "index.html").write_text(f'<a href="{wheel.name}">{wheel.name}</a>')
    handler = functools.partial(Quiet, directory=folder)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/simple", re.findall("-([0-9.]+)-", wheel.name)
        server.shutdown()


@pytest.fixture(scope="module")
def environment(index, tmp_path_factory):
    """An environment over that of projects, with the wheel of the index in it."""
    url, (version,) = index
    folder = tmp_path_factory.mktemp("env") / "venv"
    subprocess.run([f"{VENV}/bin/python", "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    (below,) = VENV.glob("lib/python3*/site-packages")
    (site / "projects.pth").write_text(f"{below}\n")
    command = [uv(), "pip", "install", "--quiet", "--no-deps", "--python", f"{folder}/bin/python"]
    command += ["--default-index", url, "--no-cache", f"level2=={version}"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (site / "level2/serving/page/page.html").is_file(), "data files are part of the wheel"
    for name in (".train", ".serve", ".dev"):
        (folder / name).touch()
    return folder


def without_folder(project: Path, version: str) -> Path:
    """A project with the steps of the guide taken."""
    shutil.rmtree(project / "engine")
    text = (project / "pyproject.toml").read_text()
    text = text.replace("dependencies = []", f'dependencies = ["level2=={version}"]', 1)
    assert f"level2=={version}" in text
    (project / "pyproject.toml").write_text(text)
    params = (project / "params.yaml").read_text()
    (project / "params.yaml").write_text(params.replace("trials: 20", "trials: 2"))
    guide = (ROOT / "docs/how-to/engine-as-a-wheel.md").read_text()
    (edit,) = re.findall(r"`(sed -i .* dvc\.yaml)`", guide)
    subprocess.run(["bash", "-c", edit], cwd=project, check=True)
    return project


def make(project: Path, environment: Path, *words: str) -> str:
    command = ["make", "--no-print-directory", *words, f"VENV={environment}", "PACKAGE="]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No module named" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def test_two_projects_run_to_a_champion_on_one_wheel(index, environment, bake, tmp_path):
    _, (version,) = index
    one = without_folder(copy(bake(), tmp_path / "load-forecast"), version)
    two = without_folder(
        copy(bake(project_name="Bike Rentals", package_name="bikes"), tmp_path / "bike-rentals"),
        version,
    )
    for project in (one, two):
        assert "installed as a wheel" in make(project, environment, "engine-check")
        make(project, environment, "run")
        ((_, number),) = champion(project)
        assert number == 1
        assert not (project / "engine").exists()
    where = "import level2; print(level2.__file__)"
    done = subprocess.run(
        [f"{environment}/bin/python", "-c", where], cwd=one, capture_output=True, text=True
    )
    assert done.stdout.startswith(f"{environment}/lib/"), done.stdout


def test_a_misspelt_variable_is_refused_without_the_folder_too(index, environment, bake, tmp_path):
    project = without_folder(copy(bake(), tmp_path / "load-forecast"), index[1][0])
    command = ["make", "engine-check", "EDITTED=yes", f"VENV={environment}", "PACKAGE="]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True)
    assert done.returncode == 2
    assert "no target takes EDITTED=: did you mean EDITED=?" in done.stderr


def test_the_stages_name_the_lock_in_place_of_the_folder(index, bake, tmp_path):
    project = without_folder(copy(bake(), tmp_path / "load-forecast"), index[1][0])
    text = (project / "dvc.yaml").read_text()
    assert "engine/level2" not in text
    assert text.count("- requirements/train.txt\n") == 8
