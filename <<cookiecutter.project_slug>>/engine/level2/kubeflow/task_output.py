"""Progress of a task's process, relayed to the terminal of the process that started it."""

import io
import json
import os
import re
import sys
import threading
from typing import Any, TextIO

from ..base.console import Screen
from ..training.graph import STEPS

ENDS = {"select": "tune"}  # tasks of the pipeline alone that end a step of the loop
MARK = "\x1e"  # begins a line meant for the relay; ASCII's record separator, in no one's text
NUMBERS = {step.name: f"{place}/{len(STEPS)}" for place, step in enumerate(STEPS, start=1)}
FAILED = re.compile(r"Task .*'([\w-]+)'.* finished with status .*FAILURE")  # KFP's own words
SWITCH = "TASK_RELAY"  # set in the environment of tasks whose output a relay reads
STOPPED = "PIPELINE_STOPPED"  # set there too once a task has failed: `record` writes it down


class Voice:
    """Output of a task: marked lines for a relay, plain lines for a pod's log."""

    def __init__(self) -> None:
        self.relayed = os.environ.get(SWITCH) == "1"

    def update(self, done: int, total: int, note: str = "") -> None:
        """Progress of long work; omitted from a log."""
        if self.relayed:
            self._send(update=[done, total, note])

    def step(self, name: str, detail: str, seconds: float) -> None:
        """One finished step."""
        if self.relayed:
            self._send(step=[name, detail, seconds])
        else:
            print(f" {name}: {detail} ({seconds:.1f} s)", flush=True)

    def again(self, name: str, sentence: str) -> None:
        """Why a task is retried; only written to a log, because a person sees how it ends."""
        if not self.relayed:
            print(f" again: {name}: {sentence}", file=sys.stderr, flush=True)

    def stopped(self, name: str, sentence: str) -> None:
        """Why the task fails."""
        if self.relayed:
            self._send(stopped=[name, sentence])
        else:
            print(f" stopped: {sentence}", file=sys.stderr, flush=True)

    def _send(self, **event: Any) -> None:
        print(f"{MARK}{json.dumps(event)}", flush=True)


class _Piece(threading.local):
    """What one thread of KFP's runner has written: branches of the graph have one each."""

    line = ""  # not ended yet
    last = ""  # ended, of a task or of KFP, that is no event


class Relay(io.TextIOBase):
    """Replaces stdout while tasks run: shows their marked lines and keeps the last other ones."""

    def __init__(self, screen: Screen, through: TextIO | None = None) -> None:
        self.screen, self.through = screen, through
        self.stopped: tuple[str, str] | None = None  # the first task that refused, and why
        self._own = _Piece()

    def write(self, text: str) -> int:
        """Accept text in any pieces, as print and logging write it."""
        *lines, self._own.line = (self._own.line + text).split("\n")
        for line in lines:
            before, mark, event = line.partition(MARK)
            if mark:
                self._show(json.loads(event))
            else:
                self._keep(before.strip())
                if self.through:
                    self.through.write(line + "\n")
        return len(text)

    def _keep(self, line: str) -> None:
        """Note a task's last output before KFP reports that it failed."""
        failed = FAILED.search(line)
        if failed and self.stopped is None:
            self._stop(failed[1], self._own.last or "it printed nothing")
        elif line:
            self._own.last = line

    @property
    def reason(self) -> str:
        """Why the first failed task failed: its own message, or the last line it wrote."""
        return ": ".join(self.stopped or ())

    def _show(self, event: dict[str, Any]) -> None:
        if "update" in event:
            self.screen.update(*event["update"])
        elif "step" in event:
            name, detail, seconds = event["step"]
            name = ENDS.get(name, name)
            self.screen.line(NUMBERS.get(name, ""), name, detail, seconds)
        elif self.stopped is None:
            self._stop(*event["stopped"])

    def _stop(self, name: str, sentence: str) -> None:
        """Remember why the run fails, also for later tasks."""
        self.stopped = name, sentence
        os.environ[STOPPED] = self.reason
