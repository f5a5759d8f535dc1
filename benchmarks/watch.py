"""CPU of the monitor over a million logged predictions."""

import tempfile
from pathlib import Path

import project
from measure import Row, cpu, in_turn, row, say

GOAL = 1.0
SECONDS = 10.0
ROWS = 1_000_000
LEARNT = 100_000  # rows of the champion's data
TRIALS = 2
FILL = Path(__file__).with_name("fill_log.py")


def rows(runs: int) -> list[Row]:
    """The verb as a person runs it: read the log, compare every column, write the report."""
    with tempfile.TemporaryDirectory() as folder:
        made = project.make(Path(folder), LEARNT, TRIALS)
        made.verb("run")
        made.python_run(str(FILL), str(ROWS))
        words = "monitor", "--source", "log", "--set", "monitor.window_days=3660"
        spent = in_turn(min(runs, 3), monitor=lambda: made.verb(*words))["monitor"]
        found = made.read("artifacts/monitor.json")
        whole = found["window"]["rows"] == ROWS and len(found["columns"]) >= project.FEATURES
        project.expect(whole, f"the monitor looked at {found['window']}")
        say(f"peak {max(usage.peak for usage in spent) / 1e6:,.0f} MB")
    name = "monitor, 1e6 logged rows x 20 features"
    return [row(name, cpu(spent), SECONDS, "10 s", GOAL, "s CPU", len(spent))]
