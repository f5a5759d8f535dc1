"""A trial of the local tuner against the same fit in a bare loop."""

import statistics
import tempfile
from pathlib import Path

import project
from measure import Row, row, say

ROWS = 10_000
TRIALS = 40
SCRIPT = Path(__file__).with_name("trial_times.py")


def rows(runs: int) -> list[Row]:
    """CPU of a trial by `tune`, Optuna and bookkeeping included, over the bare fit."""
    with tempfile.TemporaryDirectory() as folder:
        made = project.make(Path(folder), ROWS, TRIALS)
        for verb in ("ingest", "validate", "featurize", "build_dataset"):
            made.verb(verb)
        spent: dict[str, list[float]] = {"tune": [], "bare": []}
        for number in range(runs):
            for name, seconds in spent.items():
                usage = made.python_run(str(SCRIPT), name, "level2")
                seconds.append(1000 * float(usage.output.split()[-1]) / TRIALS)
                say(f"{name} {number + 1}/{runs}: {seconds[-1]:.1f} ms CPU a trial")
    ours, bare = (statistics.median(spent[name]) for name in ("tune", "bare"))
    return [
        row("local tuner, a trial", ours, bare, "bare loop, the same fits", 1.2, "ms CPU", runs)
    ]
