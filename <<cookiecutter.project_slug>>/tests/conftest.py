"""What the project's tests share: a copy of it that has trained once, and its service."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from level2.params.config import load_params

ROOT = Path(__file__).parents[1]
QUICK = ("--set", "tune.trials=1")  # the search is not what these tests are about


def environment() -> dict[str, str]:
    """Return the variables of a command: no store and no service of the person who tests."""
    own = ("MLFLOW_", "SERVE_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(own)}
    return {**kept, "PYTHONPATH": str(ROOT / "engine"), "OMP_NUM_THREADS": "1"}


def command(folder: Path, *words: str) -> str:
    """Run a command of the engine in a project's folder; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "level2", *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="session")
def params():
    return load_params(ROOT / "params.yaml")


@pytest.fixture(scope="session")
def trained(params, tmp_path_factory) -> Path:
    """A copy of this project after one run of the loop; its own registry is not touched."""
    folder = tmp_path_factory.mktemp("trained")
    source = Path(params.data.source)
    for name in ("src", "feature_repo"):
        ignored = shutil.ignore_patterns("data", "__pycache__")
        shutil.copytree(ROOT / name, folder / name, ignore=ignored)
    shutil.copy(ROOT / "params.yaml", folder)
    if (ROOT / source).is_file():
        (folder / source).parent.mkdir(parents=True)
        shutil.copy(ROOT / source, folder / source)
    elif source == Path("data/raw/load.csv"):
        command(folder, "sample")
    elif not params.data.remote:
        pytest.skip(f"{source} is not here: `make pull` fetches it")
    command(folder, "run", *QUICK)
    return folder


@pytest.fixture(scope="session")
def bundle(trained) -> Path:
    """The version that the run registered, accepted or not, as a folder that serves."""
    command(trained, "bundle", "--version", "1")
    return trained / "artifacts" / "bundle"
