"""Memory goes back to the system, in a process of its own as a command has one."""

import gc
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from level2.base import memory
from level2.training import graph, loop

PROBE = """
import sys
from level2.base import memory
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


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
def test_what_is_freed_leaves_the_process():
    done = subprocess.run(
        [sys.executable, "-c", PROBE, "economize"], capture_output=True, text=True, check=True
    )
    pool, peak, left = done.stdout.split()
    assert pool == "system"
    assert float(peak) > 150
    assert float(left) < 20


def test_what_is_settled_is_searched_again_afterwards():
    gc.unfreeze()
    with memory.settled() as settle:
        settle()
        assert gc.get_freeze_count() > 10_000
    assert gc.get_freeze_count() == 0


def test_steps_run_with_their_libraries_settled(monkeypatch, context):
    seen = []
    verb = SimpleNamespace(run=lambda _: seen.append(gc.get_freeze_count()) or "line")
    monkeypatch.setattr(graph.Step, "load", lambda _: verb)
    loop.run_steps(context, (graph.Step("one", (), (), ()),), None, lambda *_: None)
    assert seen[0] > 10_000


PATHS = {**os.environ, "PYTHONPATH": str(Path(memory.__file__).parents[2])}
ENDS = """
import atexit, sys, tempfile
sys.argv = ["project"]
folder = tempfile.TemporaryDirectory()
open("folder", "w").write(folder.name)
atexit.register(lambda: open("farewell", "w"))
from level2.base import terminal
from level2.base.errors import ProjectError
class Lasting:
    def __del__(self):
        print("taken apart")
lasting = Lasting()
def command():
    print("done")
    {ending}
terminal.main(command)
"""


@pytest.mark.parametrize(
    ("ending", "code", "said"),
    [
        ("pass", 0, ""),
        ("raise SystemExit(3)", 3, ""),
        ("raise SystemExit", 0, ""),
        ("raise ProjectError('no: yes')", 1, " stopped: no: yes\n"),
        ("raise KeyboardInterrupt", 130, " stopped: interrupted\n"),
    ],
)
def test_a_command_ends_at_once_but_not_untidily(ending, code, said, tmp_path):
    words = [sys.executable, "-c", ENDS.format(ending=ending)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, env=PATHS)
    assert (done.returncode, done.stdout, done.stderr) == (code, "done\n", said)
    assert (tmp_path / "farewell").exists()
    assert not Path((tmp_path / "folder").read_text()).exists()


def test_a_reader_that_has_gone_is_no_error(tmp_path):
    words = [sys.executable, "-c", ENDS.format(ending="print('x' * 200_000)")]
    process = subprocess.Popen(
        words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path, env=PATHS
    )
    process.stdout.close()
    assert "Exception ignored" not in process.stderr.read()
    process.stderr.close()
    process.wait(30)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no /dev/full")
def test_words_that_a_full_disk_took_are_no_success(tmp_path):
    words = [sys.executable, "-c", ENDS.format(ending="pass")]
    with open("/dev/full", "w") as full:
        assert subprocess.run(words, stdout=full, cwd=tmp_path, env=PATHS).returncode == 1
