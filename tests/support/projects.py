"""Run a generated project's own commands and read what they left behind."""

import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
VENV = Path(os.environ.get("PROJECT_VENV", ROOT / ".venv-project"))


def shared(name: str) -> Path | None:
    """Find a real table in the folder beside the checkout, None where there is none."""
    folder = Path(os.environ.get("SHARED_DATA", ROOT.parent / "shared" / "data"))
    return folder / name if (folder / name).exists() else None


def make(folder: Path, *words: str, ok: bool = True) -> str:
    """Run a make target of the project in the shared environment; return all it printed."""
    command = ["make", "--no-print-directory", *words, f"VENV={VENV}", "PACKAGE="]
    of_ours = {"MAKELEVEL", "MAKEFLAGS", "MFLAGS"}  # these tests may run below a make themselves
    env = {name: value for name, value in os.environ.items() if name not in of_ours}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    said = done.stdout + done.stderr
    assert (done.returncode == 0) is ok, f"make {' '.join(words)}:\n{said}"
    assert "Traceback" not in said, said
    return said


def python(folder: Path, code: str) -> str:
    """Run a few lines in the project's environment; return what they print."""
    command = [str(VENV / "bin" / "python"), "-W", "ignore", "-c", code]
    env = {**os.environ, "PYTHONPATH": str(folder / "engine")}
    done = subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def tool(folder: Path, *words: str) -> str:
    """Run a tool of the environment (dvc, feast, git ...) in the project; return all it printed."""
    env = {**os.environ, "PATH": f"{VENV}/bin:{os.environ['PATH']}"}
    env["PYTHONPATH"] = str(folder / "engine")
    done = subprocess.run(words, cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}:\n{done.stdout}{done.stderr}"
    return done.stdout + done.stderr


def registry(folder: Path, question: str) -> list[tuple]:
    """Ask the project's MLflow store."""
    with sqlite3.connect(folder / "mlflow.db") as store:
        return store.execute(question).fetchall()


def champion(folder: Path) -> list[tuple]:
    """Name and version behind every champion alias."""
    return registry(
        folder, "select name, version from registered_model_aliases where alias='champion'"
    )


def evaluation(folder: Path) -> dict:
    """What the last run measured."""
    return json.loads((folder / "artifacts" / "evaluation.json").read_text())


def copy(project: Path, to: Path) -> Path:
    """Copy a project with all it has made, to change it."""
    return Path(shutil.copytree(project, to, symlinks=True))
