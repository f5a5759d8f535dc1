"""The relay shows what tasks mean to show and remembers why the first one failed."""

import io
import json
import os
import threading

import pytest

from level2.kubeflow.task_output import MARK, STOPPED, Relay

FAILURE = "05:14:02.573 - ERROR - Task \033[96m'tune'\033[0m finished with status \033[91mFAILURE"


@pytest.fixture(autouse=True)
def _no_failure(monkeypatch):
    monkeypatch.setenv(STOPPED, "")


class Screen:
    """Stand-in that remembers."""

    def __init__(self):
        self.seen = []

    def update(self, *words):
        self.seen.append(("update", *words))

    def line(self, *words):
        self.seen.append(("line", *words))


def event(**words):
    return f"    {MARK}{json.dumps(words)}\n"


def test_marked_lines_are_shown_and_the_rest_is_kept_off():
    screen = Screen()
    relay = Relay(screen)
    text = "noise\n" + event(update=[1, 2, "best 3"]) + event(step=["tune", "2 trials", 0.5])
    for letter in text:  # in any pieces
        relay.write(letter)
    relay.write(event(step=["select", "4 trials", 0.1]))
    relay.write(event(step=["hand_over", "v2", 0.1]))
    assert screen.seen == [
        ("update", 1, 2, "best 3"),
        ("line", "5/9", "tune", "2 trials", 0.5),
        ("line", "5/9", "tune", "4 trials", 0.1),
        ("line", "", "hand_over", "v2", 0.1),
    ]
    assert relay.reason == ""


def test_branches_that_write_at_once_do_not_mix():
    screen = Screen()
    relay = Relay(screen)
    turn = threading.Barrier(2, timeout=10)

    def branch(name):
        for piece in (event(step=["tune_family", name, 0.1]).rstrip(), "\n"):
            turn.wait()
            relay.write(piece)

    threads = [threading.Thread(target=branch, args=(name,)) for name in ("linear", "trees")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(screen.seen) == [
        ("line", "", "tune_family", "linear", 0.1),
        ("line", "", "tune_family", "trees", 0.1),
    ]


def test_with_debug_the_rest_passes_too():
    through = io.StringIO()
    relay = Relay(Screen(), through)
    relay.write("noise\n" + event(update=[1, 2, ""]))
    assert through.getvalue() == "noise\n"


def test_the_first_refusal_counts():
    relay = Relay(Screen())
    relay.write(event(stopped=["tune", "no trial"]) + FAILURE + "\n")
    relay.write(event(stopped=["record", "MLflow is away"]))
    assert relay.reason == os.environ[STOPPED] == "tune: no trial"


def test_a_task_that_died_without_a_word_is_named_with_its_last_line():
    relay = Relay(Screen())
    relay.write("    Killed\n    \n" + FAILURE + "\n    other\n")
    assert relay.reason == os.environ[STOPPED] == "tune: Killed"
    silent = Relay(Screen())
    silent.write(FAILURE + "\n")
    assert silent.reason == "tune: it printed nothing"
