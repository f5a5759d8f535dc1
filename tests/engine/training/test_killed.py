"""kill -9 in the middle of a run: the next one reaches the same result."""

import json
import shutil
import signal
import subprocess
import sys
import time

import pytest

from layout import TESTS
from level2.training.graph import STEPS
from processes import CLI, RUNNING, command, environment, registry, result, task

KILLED = str(TESTS / "support" / "killed.py")
pytestmark = pytest.mark.slow


def test_killed_in_every_step_and_resumed_gives_the_undisturbed_result(project, finished):
    start: list[str] = []
    for step in (item.name for item in STEPS):
        done = subprocess.run(
            [sys.executable, KILLED, step, *start],
            cwd=project,
            env=environment(),
            capture_output=True,
            text=True,
        )
        assert done.returncode == -signal.SIGKILL, f"{step}: {done.stdout}{done.stderr}"
        start = ["--from", step]
    done = command(project, "run", *start)
    assert done.returncode == 0, done.stderr
    assert result(project) == result(finished)
    assert not list(project.rglob("*.tmp*"))
    assert registry(project, RUNNING) == [(0,)]
    champions = registry(
        project, "select version from registered_model_aliases where alias='champion'"
    )
    assert len(champions) == 1


def killed_while_mlflow_is_written(folder, words):
    """Kill a command as soon as it has opened a run."""
    child = subprocess.Popen(
        words,
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and child.poll() is None:
        if registry(folder, RUNNING) == [(1,)]:
            child.send_signal(signal.SIGKILL)
            break
        time.sleep(0.005)
    child.wait()
    assert registry(folder, RUNNING) == [(1,)]


def test_killed_while_mlflow_is_written_leaves_no_running_run_after_the_next(project, finished):
    folder = shutil.copytree(finished, project.parent / "copy")
    killed_while_mlflow_is_written(folder, [*CLI, "run", "--from", "evaluate"])
    done = command(folder, "run", "--from", "evaluate")
    assert "marked KILLED" in done.stdout, done.stdout + done.stderr
    assert registry(folder, RUNNING) == [(0,)]
    assert result(folder) == result(finished)


def test_the_exit_task_closes_what_a_killed_pod_of_its_run_left(finished, tmp_path):
    """As pods run it: each task in a folder of its own, nothing shared but the run's id."""
    folder = shutil.copytree(finished, tmp_path / "copy")
    killed_while_mlflow_is_written(folder, task("evaluate", folder, tmp_path, "run-1"))
    for run, left in (("run-2", 1), ("run-1", 0)):
        words = task(
            "record", folder, tmp_path, run, trigger="data", state="FAILED", failed="killed"
        )
        done = subprocess.run(words, cwd=folder, env=environment(), capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        assert registry(folder, RUNNING) == [(left,)], f"after the exit task of {run}"
    outcome = json.loads((tmp_path / "made/outcome").read_text())
    assert outcome["error"] == "killed"
