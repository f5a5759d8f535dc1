"""`tune` on the real Katib, in a process of its own beside the test."""

import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster import running
from cluster.running import TRIALS
from projects import VENV

# every family at once, as the step of the loop does; a task of the pipeline has one of them
CODE = """
import sys
from pathlib import Path
from level2.kubeflow import task
run, tuning, *overrides = sys.argv[1:]
dataset = str(Path("data/dataset.parquet").resolve())
settings = {"tuner": "katib", "pipeline_run_id": run}
task.run("tune", {"dataset": dataset}, {"tuning": tuning}, overrides, settings)
"""
WAIT = 240  # seconds for something to come about


@dataclass(frozen=True)
class Attempt:
    """One process of the task."""

    process: subprocess.Popen
    log: Path
    tuning: Path

    def trial(self) -> str:
        """Wait until one of its trials runs; return the name of the pod."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            assert self.process.poll() is None, self.log.read_text()
            if pod := running_pod():
                return pod
            time.sleep(0.5)
        raise AssertionError(f"no trial runs after {WAIT} s: {self.log.read_text()}")

    def kill(self) -> None:
        """End it as a lost node does: it cannot tidy up."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(30)

    def stop(self) -> str:
        """Ask it to end, as Kubernetes asks a pod; return what it printed."""
        own = self.process.pid  # nsenter's: it would not wait for the task
        for child in Path(f"/proc/{own}/task/{own}/children").read_text().split():
            os.kill(int(child), signal.SIGTERM)
        return self.end(ok=False)

    def end(self, *, ok: bool = True) -> str:
        """Wait for its end; return what it printed."""
        code = self.process.wait(WAIT)
        said = self.log.read_text()
        print(said)
        assert (code == 0) is ok, said
        assert "Traceback" not in said, said
        return said

    def record(self) -> dict[str, Any]:
        """Return what it wrote for the tasks after it."""
        self.end()
        return json.loads(self.tuning.read_text())


@dataclass(frozen=True)
class Task:
    """`tune` of a project whose training set is built."""

    project: Path
    settings: dict[str, str]

    def begin(self, run: str, *overrides: str) -> Attempt:
        """Start it for a run of the pipeline."""
        folder = Path(tempfile.mkdtemp(dir=self.project.parent))
        log, written = folder / "log", folder / "tuning.json"
        words = [str(VENV / "bin/python"), "-W", "ignore", "-c", CODE]
        with log.open("w") as out:
            process = subprocess.Popen(
                running.command(*words, run, str(written), *overrides, folder=self.project),
                env={**os.environ, **self.settings, "PYTHONPATH": str(self.project / "engine")},
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        return Attempt(process, log, written)


def uids() -> set[str]:
    """Return the uids of the Experiments that are there."""
    items = running.get("experiments.kubeflow.org", "-n", TRIALS)["items"]
    return {item["metadata"]["uid"] for item in items}


def running_pod() -> str:
    """Return the name of a trial's pod that runs, empty if none does."""
    for pod in running.get("pods", "-n", TRIALS)["items"]:
        names = {item["name"] for item in pod["spec"]["containers"]}
        alive = pod["status"]["phase"] == "Running" and "deletionTimestamp" not in pod["metadata"]
        if "trial" in names and alive:
            return pod["metadata"]["name"]
    return ""
