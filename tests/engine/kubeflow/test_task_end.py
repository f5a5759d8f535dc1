"""How a task ends that KFP's own executor runs: at once, but never a failed one as a success."""

import json
import os
import subprocess
import sys

import pytest

COMPONENT = """
import tempfile
from level2.base import terminal
class Library:
    def __del__(self):
        print("taken apart", flush=True)
library = Library()
kept = tempfile.TemporaryDirectory()
def work():
    terminal.leave_after_executor()
    print("worked in", kept.name)
    {ending}
"""


def execute(tmp_path, ending, **streams):
    module = tmp_path / "component.py"
    module.write_text(COMPONENT.format(ending=ending))
    given = {"outputs": {"outputFile": str(tmp_path / "out" / "executor_output.json")}}
    words = ["--component_module_path", str(module), "--function_to_execute", "work"]
    command = [sys.executable, "-m", "kfp.dsl.executor_main", *words, "--executor_input"]
    return subprocess.run(
        [*command, json.dumps(given)],
        capture_output=not streams,
        text=True,
        env={**os.environ, "_KFP_RUNTIME": "true"},
        check=False,
        **streams,
    )


def test_a_task_that_went_well_leaves_its_libraries_standing(tmp_path):
    done = execute(tmp_path, "return")
    assert done.returncode == 0, done.stderr
    assert "worked in" in done.stdout, "what was printed is lost"
    assert "taken apart" not in done.stdout
    assert not os.path.exists(done.stdout.split("worked in ")[1].splitlines()[0])


@pytest.mark.parametrize("ending", ["raise OSError('no space')", "return object()"])
def test_a_task_that_failed_after_its_verb_is_no_success(ending, tmp_path):
    done = execute(tmp_path, ending)
    assert done.returncode == 1, done.stdout
    assert "taken apart" in done.stdout  # as Python ends


def test_words_of_a_task_that_a_full_disk_took_are_no_success(tmp_path):
    with open("/dev/full", "w") as full:
        assert execute(tmp_path, "return", stdout=full, stderr=full).returncode != 0


def test_nothing_but_the_executor_leaves_so():
    """A test that calls a verb as a task must still end with its own code."""
    lines = [
        "from level2.base import terminal",
        "terminal.leave_after_executor()",
        "raise SystemExit(3)",
    ]
    words = [sys.executable, "-c", "\n".join(lines)]
    assert subprocess.run(words, check=False).returncode == 3
