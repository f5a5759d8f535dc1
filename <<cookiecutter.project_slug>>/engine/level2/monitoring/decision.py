"""Decide what to do about the monitor's verdict: written rules, the first match applies."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..params.decide import Action, Decide, Rule

NUMBERS: dict[str, str] = {
    "keep": "0",
    "retrain": "1",
    "new_model": "2a",
    "change_processing": "2b",
    "change_inputs": "3",
}
MEANT: dict[str, str] = {
    "keep": "keep the champion",
    "retrain": "retrain on the newest data",
    "new_model": "search wider for a new model",
    "change_processing": "change the processing of the data: a person, upstream",
    "change_inputs": "change inputs or objective: a person",
}
DAY = 86_400.0


@dataclass(frozen=True)
class Past:
    """An earlier action."""

    at: float  # seconds since 1970
    action: str
    verdict: str
    version: str = ""  # that was held, where it was trained without a decision


@dataclass(frozen=True)
class Held:
    """A candidate that was trained on the data a retraining would use now, and held."""

    at: float  # seconds since 1970
    version: str


@dataclass(frozen=True)
class Decision:
    """What to do, and by which rule."""

    action: Action
    rule: int | None  # from 1; None where none fits
    reason: str
    signals: dict[str, str]
    tried: tuple[str, ...]


def decide(
    verdict: Mapping[str, Any],
    past: Sequence[Past],
    knobs: Decide,
    now: float,
    held: Held | None = None,
) -> Decision:
    """The action of the first matching rule, unless it was started too recently.

    `held`, whoever trained it, counts as a retraining that was tried: these data are not trained on
    again.
    """
    signals = dict(verdict["signals"])
    loud = {name for name, state in signals.items() if state == "alarm"}
    recent = tried(past, knobs, now)
    if held and all(item.action != "retrain" for item in recent):
        recent = tried([*past, Past(held.at, "retrain", "", held.version)], knobs, now)
    names = tuple(item.action for item in recent)
    for number, rule in enumerate(knobs.rules, start=1):
        if not loud.issuperset(rule.when) or not set(names).issuperset(rule.after):
            continue
        if reason := _put_off(rule, recent, knobs, now, held):
            reason = f"rule {number} says {rule.then}, but {reason}"
            return Decision("keep", number, reason, signals, names)
        return Decision(rule.then, number, _reason(number, rule), signals, names)
    reason = f"no rule matches:  {', '.join(sorted(loud))} alarm" if loud else "nothing alarms"
    if verdict["verdict"] == "unknown":
        reason = "the monitor had nothing to compare"
    return Decision("keep", None, reason, signals, names)


def _put_off(
    rule: Rule, recent: Sequence[Past], knobs: Decide, now: float, held: Held | None
) -> str:
    """Why a rule that matches is not followed now; empty if it is."""
    if held and rule.then == "retrain":
        return (
            f"these data were tried already: v{held.version}, trained on them, was held; "
            "add newer data, or train on them again with `make run`"
        )
    if not recent or now - recent[-1].at >= knobs.pause_hours * 3_600:
        return ""
    last = recent[-1]
    what = f"{last.action} was started"
    if last.version:
        what = f"these data were tried already: v{last.version} was held"
    return (
        f"{what} {(now - last.at) / 3_600:.1f} hours ago: "
        f"wait {knobs.pause_hours:g} hours (decide.pause_hours)"
    )


def _reason(number: int, rule: Rule) -> str:
    after = f" and {', '.join(rule.after)} did not help" if rule.after else ""
    verb = "alarms" if len(rule.when) == 1 else "alarm"
    return f"rule {number}: {', '.join(rule.when)} {verb}{after}"


def tried(past: Sequence[Past], knobs: Decide, now: float) -> list[Past]:
    """Actions since the last quiet verdict, within the memory; the oldest first."""
    found: list[Past] = []
    for item in sorted(past, key=lambda one: -one.at):
        if item.verdict == "quiet" or now - item.at > knobs.memory_days * DAY:
            break
        if item.action != "keep":
            found.insert(0, item)
    return found
