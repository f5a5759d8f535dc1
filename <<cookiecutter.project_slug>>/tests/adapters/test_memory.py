"""Memory goes back to the system, in a process of its own as a command has one."""

import subprocess
import sys

import pytest

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
