"""Every verdict that asks for something ends in one sentence with the next command."""

import re

import pytest

from layout import PROJECT
from level2.monitoring.advice import after_keeping, after_monitor
from level2.monitoring.decision import decide
from level2.params.decide import Decide

TARGETS = re.findall(r"^([a-z-]+):", (PROJECT / "Makefile").read_text(), re.MULTILINE)


def commands(text):
    return re.findall(r"`make ([a-z-]+)`", text)


def one_sentence(text):
    return bool(commands(text)) and not re.search(r"[.!?] |\n", text)


@pytest.mark.parametrize("verdict", ["unknown", "warn", "alarm"])
def test_the_monitor_names_the_next_command(verdict):
    text = after_monitor({"verdict": verdict, "window": {"needed": 1_030}})
    assert one_sentence(text)
    assert set(commands(text)) <= set(TARGETS)
    assert ("1,030 rows" in text) == (verdict == "unknown")


def test_a_quiet_monitor_asks_for_nothing():
    assert after_monitor({"verdict": "quiet", "window": {"needed": 30}}) == ""


@pytest.mark.parametrize("verdict", ["unknown", "quiet", "warn", "alarm"])
def test_keeping_the_champion_names_the_next_command(verdict):
    text = after_keeping(verdict)
    assert one_sentence(text)
    assert set(commands(text)) <= set(TARGETS)


def test_nothing_to_compare_is_not_taken_for_quiet():
    verdict = {"signals": {"data": "unknown"}, "verdict": "unknown"}
    found = decide(verdict, (), Decide(), 0.0)
    assert (found.action, found.reason) == ("keep", "the monitor had nothing to compare")
