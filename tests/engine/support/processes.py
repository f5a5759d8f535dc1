"""Run the project's commands as processes, and read what they left."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from layout import PROJECT
from level2.workspace import Workspace

ROOT = PROJECT
CLI = [sys.executable, "-m", "level2"]
TASK = "from level2.kubeflow import task; "
CHAMPIONS = "select version from registered_model_aliases where alias='champion'"
RUNNING = "select count(*) from runs where status='RUNNING'"


def environment() -> dict[str, str]:
    """Return the variables of this process, without the store MLflow notes for its children."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW_")}
    return {**kept, "PYTHONPATH": str(ROOT / "engine"), "OMP_NUM_THREADS": "1"}


def command(folder: Path, *words: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*CLI, *words],
        cwd=folder,
        env={**environment(), **settings},
        capture_output=True,
        text=True,
        timeout=300,
    )


def task(step: str, folder: Path, out: Path, run: str, **more: str) -> list[str]:
    """Return the command of one verb as a task in a pod, its inputs those of a finished run."""
    own = Workspace.at(folder)
    names = ("ingested", "raw", "validation", "dataset", "tuning", "model")
    inputs = {name: str(getattr(own, name)) for name in names if step == "evaluate"}
    made = {"evaluate": ("metrics", "evaluation", "predictions", "tracked"), "record": ("outcome",)}
    outputs = {name: str(out / "made" / name) for name in made[step]}
    given = {"run": run, **more} if step == "record" else {}
    words = [step, inputs, outputs, [], {"pipeline_run_id": run}, given]
    return [sys.executable, "-c", f"{TASK}task.run(*{words!r})"]


def stopped(done: subprocess.CompletedProcess[str]) -> str:
    """The one sentence of a refusal, nothing else on stderr."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    lines = done.stderr.strip().splitlines()
    assert lines[0].startswith("stopped: "), done.stderr
    return done.stderr.strip()


def registry(folder: Path, question: str) -> list[tuple]:
    with sqlite3.connect(folder / "mlflow.db") as store:
        return store.execute(question).fetchall()


def result(folder: Path) -> tuple[str, str]:
    """What must be equal between two runs: the metrics and the model's digest."""
    model = json.loads((folder / "artifacts/model/model.json").read_text())
    return (folder / "artifacts/metrics.json").read_text(), model["sha256"]["model.onnx"]
