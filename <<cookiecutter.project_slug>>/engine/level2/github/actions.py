"""Carry out a decision on GitHub. Standard library only, because it runs with a token."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from ..base.errors import ProjectError
from .client import GitHub

MOST = 240_000  # characters of a record, or of its evidence
EVENTS = {"retrain": "drift", "new_model": "new-model"}
ISSUES = {
    "change_processing": ("data-processing", "Upstream data changed: adapt their processing"),
    "change_inputs": ("inputs", "Retraining does not help: change inputs or objective"),
}


class Decided(NamedTuple):
    """The validated content of a record."""

    action: str
    verdict: str
    trials: int


def read(text: str) -> Decided:
    """Validate a record. Raises ProjectError for one that `decide` does not write."""
    try:
        tree = json.loads(text)
        found = Decided(tree["action"], tree["verdict"], tree["trials"])
    except (ValueError, KeyError, TypeError, RecursionError):
        raise ProjectError(
            "decide.json is not a record of a decision: run `decide` again"
        ) from None
    known = {"keep", *EVENTS, *ISSUES}
    whole = type(found.trials) is int and 1 <= found.trials <= 10_000
    if type(found.action) is not str or found.action not in known or not whole:
        raise ProjectError(
            f"decide.json names no action of {', '.join(sorted(known))} with a number of trials: "
            "run `decide` again"
        )
    return found


def act(client: GitHub, decided: Decided, evidence: str) -> Iterator[str]:
    """Start the retraining, or open the issue; close issues once everything is quiet."""
    if decided.action in EVENTS:
        event = EVENTS[decided.action]
        payload = {"trials": decided.trials} if decided.action == "new_model" else {}
        client.dispatch(event, **payload)
        yield f"dispatched {event}"
    elif decided.action in ISSUES:
        name, title = ISSUES[decided.action]
        yield f"issue {client.issue(name, title, evidence)}"
    elif decided.verdict == "quiet":
        for name, _ in ISSUES.values():
            client.settle(name, "The monitor is quiet again.")
        yield "nothing to do, all is quiet"
    else:
        yield "nothing to do"
