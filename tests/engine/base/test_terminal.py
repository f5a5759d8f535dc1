"""What Typer refuses or is told is said as everything else: one sentence, and its code."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import level2
from level2.base import terminal

PACKAGE = level2.__name__
HERE = Path(level2.__file__).parents[1]
PROGRAM = """
import sys, typer
from typing import Annotated
from level2.base import terminal
app = typer.Typer(no_args_is_help=True, add_completion=False)
@app.command()
def serve(port: Annotated[int, typer.Option(max=65535)]):
    if port == 1:
        raise KeyboardInterrupt
    raise typer.Exit(port)
@app.command()
def other(): ...
terminal.main(terminal.spoken(app), "interrupted; go on")
"""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["serve", "--port", "0"], 0, ""),
        (["serve", "--port", "3"], 3, ""),
        (["serve", "--port", "1"], 130, " stopped: interrupted; go on\n"),
        (["serve", "--port", "99999"], 2, " stopped: Invalid value for '--port': "),
        (["serve"], 2, " stopped: Missing option '--port': --help says more\n"),
        (["serv"], 2, " stopped: No such command 'serv'"),
    ],
)
def test_a_command_line_is_answered_in_one_sentence(words, code, said):
    done = asked(words)
    assert (done.returncode, done.stdout) == (code, "")
    assert done.stderr.startswith(said)
    assert done.stderr.count("\n") == bool(said)


def test_a_command_line_without_a_command_is_answered_by_all_of_them():
    done = asked([])
    assert done.returncode == 2
    assert "Usage" in done.stdout + done.stderr
    assert "other" in done.stdout + done.stderr
    assert "stopped" not in done.stderr


@pytest.mark.parametrize("late", ["from .made_up import verb", "from .made_up.verb import run"])
def test_a_room_that_was_deleted_is_named(late):
    scope = {"__package__": PACKAGE}
    with pytest.raises(ImportError) as caught:
        exec(late, scope)  # noqa: S102  words of the test
    said = "this command needs engine/level2/made_up, which is not in this project"
    assert terminal.sentence(caught.value).startswith(said)


@pytest.mark.parametrize("late", ["import made_up", "from .base.errors import made_up"])
def test_another_import_that_fails_is_a_fault(late):
    scope = {"__package__": PACKAGE}
    with pytest.raises(ImportError) as caught:
        exec(late, scope)  # noqa: S102  words of the test
    assert terminal.sentence(caught.value).startswith("unexpected ")


def asked(words):
    command = [sys.executable, "-c", PROGRAM, *words]
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
