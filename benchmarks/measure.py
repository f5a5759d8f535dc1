"""What measures share: child processes and their cost, medians in turn, rows of the table."""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
TEMPLATE = ROOT / "<<cookiecutter.project_slug>>"
# Set by `make`, or by the person who calls it, for another project than the one that is measured.
FOREIGN = ("MAKE", "MFLAGS", "ONLY", "PROJECT_VENV", "VIRTUAL_ENV", "PYTHON", "MLFLOW_", "GIT_")
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")

Row = dict[str, Any]


class MeasureError(Exception):
    """A measure cannot be had; the message says why."""


@dataclass(frozen=True)
class Usage:
    """What a command and all its children cost."""

    cpu: float  # seconds, user and system
    wall: float  # seconds
    peak: float  # bytes: the largest resident set of any one process
    output: str  # what was printed, both streams


def environment(home: Path, **more: str) -> dict[str, str]:
    """Return a child's environment: a home of its own, nothing of this checkout, also on PATH."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(FOREIGN)}
    words = kept.get("PATH", os.defpath).split(os.pathsep)
    path = os.pathsep.join(word for word in words if not Path(word).is_relative_to(ROOT))
    return {**kept, "PATH": path, "HOME": str(home), **more}


def spend(command: Sequence[str], folder: Path, variables: Mapping[str, str]) -> Usage:
    """Run a command to its end. Raises MeasureError with its last words where it fails.

    This process must stay small: on Linux a child's peak starts at its parent's size.
    """
    with tempfile.TemporaryFile() as output:
        start = time.perf_counter()
        child = subprocess.Popen(  # noqa: S603  measures run the commands they measure
            command,
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.perf_counter() - start
        child.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        text = output.read().decode(errors="replace")
    if child.returncode:
        words = " | ".join(text.strip().splitlines()[-3:])
        raise MeasureError(f"`{' '.join(command)}` ended with {child.returncode}: {words}")
    unit = 1 if sys.platform == "darwin" else 1024
    return Usage(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss * unit, text)


def in_turn(runs: int, **commands: Callable[[], Usage]) -> dict[str, list[Usage]]:
    """Run the commands A B A B ..., so that a noisy moment meets all alike."""
    spent: dict[str, list[Usage]] = {name: [] for name in commands}
    for number in range(runs):
        for name, command in commands.items():
            spent[name].append(command())
            say(f"{name} {number + 1}/{runs}: {spent[name][-1].cpu:.2f} s CPU")
    return spent


def cpu(spent: Sequence[Usage]) -> float:
    """Return the median of CPU seconds."""
    return statistics.median(usage.cpu for usage in spent)


def row(
    name: str,
    ours: float,
    reference: float,
    reference_name: str,
    goal: float | None,
    unit: str,
    runs: int,
    at_least: bool = False,
) -> Row:
    """Return a line of the table and of results.json; without a goal it is only reported.

    Less is better, unless the ratio is to be `at_least` the goal.
    """
    ratio = ours / reference
    return {
        "name": name,
        "ours": round(ours, 3),
        "reference": round(reference, 3),
        "reference_name": reference_name,
        "ratio": round(ratio, 3),
        "goal": goal,
        "at_least": at_least,
        "met": None if goal is None else (ratio >= goal if at_least else ratio <= goal),
        "unit": unit,
        "runs": runs,
    }


def say(text: str) -> None:
    """Progress, apart from the table."""
    print(f"   {text}", file=sys.stderr, flush=True)


def project_python() -> Path:
    """Python of the environment generated projects run in. Raises MeasureError without it."""
    python = Path(os.environ.get("PROJECT_VENV", ROOT / ".venv-project")) / "bin" / "python"
    if not python.exists():
        raise MeasureError(f"{python} is missing: run `make bench`, or set PROJECT_VENV")
    return python
