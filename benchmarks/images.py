"""The images: sizes, seconds of a build, start and memory of the one that serves."""

import importlib
import json
import socket
import statistics
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import project
from measure import ROOT, MeasureError, Row, environment, row, say, spend

PIPELINE, SERVING = "measured-pipeline:local", "measured-serving:local"
MEGABYTE = 1e6
OVER_BASE, REBUILD, READY = 250.0, 10.0, 3.0  # megabytes, seconds, seconds
REQUEST = 256 * 1.048576  # megabytes that the pod of the service asks for
ASKED = 200  # predictions before memory is looked at
# as its pod is bound
BOUNDS = ("--read-only", "--tmpfs=/tmp", "--cap-drop=ALL", "--security-opt=no-new-privileges")


@dataclass(frozen=True)
class Docker:
    """The client, and where it works."""

    program: str
    folder: Path

    def __call__(self, *words: str) -> tuple[str, float]:
        """Run a command of it. Returns what it printed and its seconds."""
        variables = environment(self.folder.parent, DOCKER_BUILDKIT="1")
        done = spend([self.program, *words], self.folder, variables)
        return done.output.strip(), done.wall

    def build(self, tag: str, commit: str, *words: str) -> float:
        """Build the Dockerfile as it is; return the seconds."""
        file = ("--file", "deploy/Dockerfile", "--build-arg", f"GIT_COMMIT={commit}")
        return self("build", "--quiet", *file, "--tag", tag, *words, ".")[1]

    def megabytes(self, tag: str) -> float:
        """The size of an image, unpacked."""
        return int(self("image", "inspect", "--format", "{{.Size}}", tag)[0]) / MEGABYTE


def rows(runs: int) -> list[Row]:
    """Build both images of a small project, rebuild, start and ask. Needs Docker, or root."""
    sys.path += [str(ROOT / "tests"), str(ROOT / "tests" / "support")]
    own_engine = importlib.import_module("own_engine")
    try:
        with own_engine.engine(), tempfile.TemporaryDirectory() as folder:
            made = project.make(Path(folder), rows=1000, trials=2)
            made.verb("run")
            made.verb("bundle")
            docker = Docker(own_engine.DOCKER, made.root)
            base = docker.megabytes(own_engine.BASE)
            try:
                return [*built(docker, base, runs), *served(docker, base, runs)]
            finally:
                docker("image", "rm", "--force", PIPELINE, SERVING)
    except own_engine.EngineError as error:
        raise MeasureError(f"images cannot be built: {error}") from error


def built(docker: Docker, base: float, runs: int) -> list[Row]:
    """The pipeline's image: built from nothing, then again after each change of one line."""
    cold = docker.build(PIPELINE, "0", "--no-cache")
    say(f"cold {cold:.1f} s")
    changed = docker.folder / "engine" / "level2" / "model" / "gate.py"
    seconds = []
    for number in range(runs):
        changed.write_text(changed.read_text(encoding="utf-8") + f"# {number}\n", encoding="utf-8")
        seconds.append(docker.build(PIPELINE, str(number + 1)))
        say(f"rebuild {number + 1}/{runs}: {seconds[-1]:.1f} s")
    over, again = docker.megabytes(PIPELINE) - base, statistics.median(seconds)
    return [
        row("pipeline image, over its base", over, base, "the base", None, "MB", 1),
        row("pipeline image, built cold", cold, 60, "60 s", None, "s wall", 1),
        row("pipeline image, code changed", again, REBUILD, "10 s", 1.0, "s wall", runs),
    ]


def served(docker: Docker, base: float, runs: int) -> list[Row]:
    """The image that serves: its size, seconds until it is ready, memory after predictions."""
    cold = docker.build(SERVING, "0", "--target", "serving")
    over, seconds, resident = docker.megabytes(SERVING) - base, [], []
    for number in range(runs):
        ready, memory = start(docker)
        seconds.append(ready)
        resident.append(memory)
        say(f"ready {number + 1}/{runs}: {ready:.2f} s, {memory:.0f} MB")
    ready, memory = statistics.median(seconds), statistics.median(resident)
    return [
        row("serving image, over its base", over, OVER_BASE, "250 MB", 1.0, "MB", 1),
        row("serving image, after the other", cold, 60, "60 s", None, "s wall", 1),
        row("serving container, start to ready", ready, READY, "3 s", 1.0, "s wall", runs),
        row("serving container, memory", memory, REQUEST, "its pod's request", 1.0, "MB", runs),
    ]


def start(docker: Docker) -> tuple[float, float]:
    """Start a container, ask it; return seconds until it was ready, and its megabytes."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    began = time.perf_counter()
    name = docker("run", "--detach", *BOUNDS, f"--publish=127.0.0.1:{port}:8000", SERVING)[0]
    try:
        while (answer := ask(port, "/v2/health/ready")) is None:
            if time.perf_counter() - began > 60:
                raise MeasureError(f"the service is not ready: {docker('logs', name)[0][-300:]}")
            time.sleep(0.01)
        ready = time.perf_counter() - began
        project.expect(answer == {"ready": True}, f"the service says {answer}")
        values = {f"x{number}": 0.5 for number in range(project.FEATURES)}
        for _ in range(ASKED):
            found = ask(port, "/predict", {"rows": [values]})
            project.expect(bool(found and found["predictions"]), f"the service says {found}")
        status = docker("exec", name, "cat", "/proc/1/status")[0]
    finally:
        docker("rm", "--force", name)
    [line] = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return ready, int(line.split()[1]) * 1024 / MEGABYTE


def ask(port: int, path: str, body: Any = None) -> Any:
    """Ask the service; None while nobody answers."""
    data = None if body is None else json.dumps(body).encode()
    try:
        url = f"http://127.0.0.1:{port}{path}"
        with urllib.request.urlopen(url, data, timeout=5) as answer:
            return json.loads(answer.read())
    except OSError:
        return None
