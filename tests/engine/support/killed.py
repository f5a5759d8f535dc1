"""Run the loop in this process and die by SIGKILL in the middle of a step: what a power cut does.

usage: python killed.py STEP [--from STEP]   (STEP `none` lives to the end)
"""

import os
import signal
import sys
from pathlib import Path

from level2.base import files
from level2.model.records import Records
from level2.project import Context
from level2.training import graph
from level2.training.run_loop import run_loop


def main() -> None:
    victim = sys.argv[1]
    start = sys.argv[3] if len(sys.argv) > 3 else None
    whole = graph.Step.run

    def run(step: graph.Step, context: Context, records: Records) -> str:
        if step.name == victim:
            die_after_half_a_write()
        return whole(step, context, records)

    graph.Step.run = run
    run_loop(Path.cwd(), start, ())


def die_after_half_a_write() -> None:
    """Make the next rename the last thing this process does, before it happens."""
    files.os.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main()
