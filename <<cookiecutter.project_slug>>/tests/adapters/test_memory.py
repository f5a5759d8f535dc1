"""Memory goes back to the system, in a process of its own as a command has one."""

import gc
import subprocess
import sys
from types import SimpleNamespace

import pytest

from mlproject.loop import Step

PROBE = """
import sys
from mlproject.adapters import memory
if sys.argv[1] == "economize":
    memory.economize()
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

def resident():
    lines = open("/proc/self/status").read().splitlines()
    [line] = [line for line in lines if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1000

def fill():
    return [pc.add(numbers, place) for place in range(100)]

numbers = pa.array(np.arange(200_000))
pc.add(numbers, 1)
before = resident()
held = fill()
peak = resident()
del held
memory.release()
print(pa.default_memory_pool().backend_name, peak - before, resident() - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_is_freed_leaves_the_process():
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "economize"], capture_output=True, text=True, check=True
    )
    pool, peak, left = done.stdout.split()
    assert pool == "system"
    assert float(peak) > 150
    assert float(left) < 20


ENDS = """
import atexit, gc, sys
sys.argv = ["project"]
atexit.register(lambda: print(gc.get_freeze_count() > 1_000, gc.collect() < 1_000))
from mlproject import terminal
from mlproject.errors import ProjectError
def command():
    import pandas
    {ending}
terminal.main(command)
"""


@pytest.mark.parametrize("ending", ["pass", "raise ProjectError('no')", "raise KeyboardInterrupt"])
def test_the_end_of_a_command_does_not_look_through_its_libraries(ending):
    words = [sys.executable, "-c", ENDS.format(ending=ending)]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_a_step_starts_with_its_libraries_settled(monkeypatch):
    seen = []
    verb = SimpleNamespace(run=lambda _: seen.append(gc.get_freeze_count()) or "line")
    monkeypatch.setattr(Step, "load", lambda _: verb)
    gc.unfreeze()
    try:
        assert Step("ingest", (), ()).run(None) == "line"
    finally:
        gc.unfreeze()
    assert seen[0] > 10_000
