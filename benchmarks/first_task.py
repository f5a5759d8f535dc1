"""From `python -m pipelines submit` to the first state of a task, on the stand-in KFP server."""

import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import project
from measure import MeasureError, Row, row, say, spend

IMAGE = f"registry.example/measured@sha256:{'a' * 64}"
STAND_IN = str(Path(__file__).parents[1] / "tests/engine/support/servers/kfp_api.py")


def rows(runs: int) -> list[Row]:
    """Seconds of a submit, all of it, over those of a bare script with the same client."""
    with tempfile.TemporaryDirectory() as folder:
        made = project.make(Path(folder), rows=100)
        git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
        for words in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "-m", "one"]):
            spend([*git, *words], made.root, made.variables)
        made.python_run("-m", "pipelines", "compile", IMAGE)
        bare = str(Path(__file__).with_name("bare_submit.py"))
        ours, floor = [], []
        for number in range(runs):
            ours.append(_seconds(made, ["-m", "pipelines", "submit", IMAGE], " running"))
            floor.append(_seconds(made, [bare, "ADDRESS", "pipeline.yaml"], ""))
            say(f"first task {number + 1}/{runs}: {ours[-1]:.2f} s, bare {floor[-1]:.2f} s")
    name = "submit to first task state, stand-in server"
    middle = statistics.median(ours), statistics.median(floor)
    return [row(name, *middle, "bare kfp.Client", None, "s wall", runs)]


def _seconds(made: project.Project, words: list[str], mark: str) -> float:
    """Seconds until a line with the mark is printed, or without one until the end."""
    server = subprocess.Popen(  # noqa: S603  the stand-in of the engine's tests
        [str(made.python), STAND_IN],
        cwd=made.root,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        address = server.stdout.readline().strip()
        words = [address if word == "ADDRESS" else word for word in words]
        variables = {**made.variables, "KF_PIPELINES_ENDPOINT": address, "PYTHONUNBUFFERED": "1"}
        start = time.perf_counter()
        child = subprocess.Popen(  # noqa: S603  measures run the commands they measure
            [str(made.python), *words],
            cwd=made.root,
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        said, seen = [], None
        for line in child.stdout:
            said.append(line)
            if mark and seen is None and line.rstrip().endswith(mark):
                seen = time.perf_counter() - start
        code, whole = child.wait(), time.perf_counter() - start
    finally:
        server.stdin.close()
        server.wait()
    if code or (mark and seen is None):
        raise MeasureError(f"{words} ended with {code}: {''.join(said[-3:])}")
    return seen or whole
