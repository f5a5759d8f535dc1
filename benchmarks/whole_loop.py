"""The whole loop, registration included, against a bare scikit-learn script doing the same fits."""

import json
import tempfile
from functools import partial
from pathlib import Path

import project
from measure import Row, Usage, cpu, in_turn, row
from project import Project, expect

ROWS = 100_000
SCRIPT = Path(__file__).with_name("bare_script.py")
BARE = "bare scikit-learn script, the same fits"
GOALS = {
    "loop": ("whole loop, one process", 2.0),
    "cold": ("dvc repro, cold", 2.5),
    "nothing": ("dvc repro, nothing changed", 0.2),
}


def rows(runs: int) -> list[Row]:
    """CPU seconds of `run`, of `dvc repro --force` and of `dvc repro` over those of the script."""
    with tempfile.TemporaryDirectory() as folder:
        made = project.make(Path(folder), ROWS)
        made.verb("init")
        made.verb("run", "--set", "train.seed=1")  # bytecode, and a champion to compare with
        made.keep_store()
        commands = {"loop": loop, "bare": bare, "cold": cold, "nothing": nothing}
        spent = in_turn(runs, **{name: partial(run, made) for name, run in commands.items()})
    reference = cpu(spent["bare"])
    return [
        row(name, cpu(spent[key]), reference, BARE, goal, "s CPU", runs)
        for key, (name, goal) in GOALS.items()
    ]


def loop(made: Project) -> Usage:
    """Run the loop from nothing but the raw table, into a store that has a champion."""
    made.clear()
    made.restore_store()
    usage = made.verb("run")
    version = made.read("artifacts/decision.json")["version"]
    expect(version == "2", f"the loop registered version {version}, not a second one")
    return usage


def bare(made: Project) -> Usage:
    """Run the script on the loop's own data set; its figures show that the fits are the same."""
    usage = made.python_run(str(SCRIPT))
    metrics, found = made.read("artifacts/metrics.json"), json.loads(usage.output)
    pairs = (
        (found["best"], made.read("artifacts/tuning.json")["chosen"]["value"]),
        (found["candidate"], metrics["candidate"]["rmse"]),
        (found["mean"], metrics["baselines"]["mean"]["rmse"]),
    )
    same = all(abs(one - two) <= 1e-4 * two for one, two in pairs)
    expect(same, f"the script's fits are not the loop's: {pairs}")
    return usage


def cold(made: Project) -> Usage:
    """Run every stage of the experimental pipeline."""
    return made.python_run("-m", "dvc", "repro", "--force")


def nothing(made: Project) -> Usage:
    """Run the pipeline when nothing has changed."""
    usage = made.python_run("-m", "dvc", "repro")
    expect("up to date" in usage.output, "dvc found changes where there were none")
    return usage
