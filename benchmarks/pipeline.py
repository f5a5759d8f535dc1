"""The production pipeline by KFP's local runner: over the loop, over its verbs, compiled."""

import re
import statistics
import tempfile
from functools import partial
from pathlib import Path

import project
from measure import Row, Usage, cpu, in_turn, row, say
from project import VERBS, Project, expect

ROWS, FEW = 100_000, 1_000
BEYOND = 0.15  # seconds a task may take beyond its verb
COMMANDS = f"the same verbs as commands, and {BEYOND} s for each"
IMAGE = f"registry.example/measured@sha256:{'a' * 64}"
STARTED = re.compile(r"^([\d:.]+) - INFO - Executing task \S*'([\w-]+)'", re.M)
ENDED = re.compile(r"^([\d:.]+) - INFO - Task \S*'([\w-]+)'\S* finished with status", re.M)
DAY = 86_400


def rows(runs: int) -> list[Row]:
    """CPU of the pipeline over the loop's; seconds of a task over its verb's; compiling."""
    with tempfile.TemporaryDirectory() as folder:
        made = _made(Path(folder) / "large", ROWS)
        commands = {"pipeline": pipeline, "loop": loop, "compile": compiled}
        spent = in_turn(runs, **{name: partial(run, made) for name, run in commands.items()})
        small = _made(Path(folder) / "small", FEW, trials=2)
        tasks, alone = zip(*(once(small) for _ in range(runs)), strict=True)
    allowed = statistics.median(alone) + BEYOND * len(VERBS)
    name, whole = "KFP pipeline on one machine", "whole loop, one process"
    return [
        row(name, cpu(spent["pipeline"]), cpu(spent["loop"]), whole, 2.0, "s CPU", runs),
        row(
            "9 verbs as KFP tasks", statistics.median(tasks), allowed, COMMANDS, 1.0, "s wall", runs
        ),
        row("KFP pipeline compiled", cpu(spent["compile"]), 1.0, "1 s", None, "s CPU", runs),
    ]


def _made(folder: Path, rows: int, trials: int | None = None) -> Project:
    """A project with a champion to compare with, its bytecode written."""
    folder.mkdir()
    made = project.make(folder, rows, trials)
    made.verb("init")
    made.verb("run", "--set", "train.seed=1")
    made.python_run("-m", "pipelines", "local")
    made.keep_store()
    return made


def pipeline(made: Project) -> Usage:
    """Run every task from nothing but the raw table."""
    _reset(made)
    usage = made.python_run("-m", "pipelines", "local", "--debug")
    _second(made)
    return usage


def loop(made: Project) -> Usage:
    """Run the loop alike."""
    _reset(made)
    usage = made.verb("run")
    _second(made)
    return usage


def compiled(made: Project) -> Usage:
    """Write the pipeline's YAML."""
    return made.python_run("-m", "pipelines", "compile", IMAGE)


def once(made: Project) -> tuple[float, float]:
    """Seconds of the verbs as tasks, by KFP's log, and of the same verbs as commands."""
    said = pipeline(made).output
    lasted = [
        (_seconds(end) - _seconds(start)) % DAY
        for (start, one), (end, other) in zip(
            STARTED.findall(said), ENDED.findall(said), strict=True
        )
        if one == other and one.replace("-", "_") in VERBS
    ]
    expect(len(lasted) == len(VERBS), f"KFP's log tells of {len(lasted)} verbs")
    _reset(made)
    own = sum(made.verb(verb).wall for verb in VERBS)
    _second(made)
    say(f"verbs as tasks {sum(lasted):.2f} s, as commands {own:.2f} s")
    return sum(lasted), own


def _seconds(moment: str) -> float:
    hours, minutes, seconds = moment.split(":")
    return 3600 * int(hours) + 60 * int(minutes) + float(seconds)


def _reset(made: Project) -> None:
    """Leave the raw table and a store that has a champion."""
    made.clear()
    made.restore_store()


def _second(made: Project) -> None:
    """See that the run registered a version beside the champion's."""
    known = made.read("artifacts/decision.json")["version"]
    expect(known not in (None, "1"), f"version {known} was registered, not another one")
