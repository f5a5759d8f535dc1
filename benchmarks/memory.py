"""Peak memory of the loop at a million rows against the size of the table in memory."""

import tempfile
from pathlib import Path

import project
from measure import Row, row
from whole_loop import SCRIPT

GOAL = 4.0
ROWS = 1_000_000
TRIALS = 2  # one a family, the fewest there can be
MEGABYTE = 1e6


def rows(runs: int) -> list[Row]:  # noqa: ARG001  a peak hardly varies: once is enough
    """Largest resident set of the loop in one process, of each step and of the bare fits alone."""
    with tempfile.TemporaryDirectory() as folder:
        made = project.make(Path(folder), ROWS, TRIALS)
        peaks = {f"peak memory, loop of 1e6 rows, {TRIALS} trials": made.verb("run").peak}
        for name in project.VERBS:
            peaks[f"peak memory, {name} alone"] = made.verb(name).peak
        peaks["peak memory, the bare script alone"] = made.python_run(str(SCRIPT)).peak
    table = made.table_bytes / MEGABYTE
    words = "the raw table in pandas, deep"
    return [
        row(name, peak / MEGABYTE, table, words, None if "alone" in name else GOAL, "MB", 1)
        for name, peak in peaks.items()
    ]
