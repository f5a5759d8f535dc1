"""One sentence on what to do next, after `monitor` and after a decision to keep."""

from collections.abc import Mapping
from typing import Any

MORE_ROWS = "add newer tables with `make inbox`, or serve requests with `make serve`"


def after_monitor(verdict: Mapping[str, Any]) -> str:
    """The next step after a verdict; empty if none is needed."""
    word, needed = verdict["verdict"], verdict["window"]["needed"]
    if word == "unknown":
        return (
            f"{MORE_ROWS}; with {needed:,} rows or more (monitor.min_rows) run `make monitor` again"
        )
    return "" if word == "quiet" else "`make decide` says what to do about it"


def after_keeping(verdict: str) -> str:
    """The next step after the decision to keep the champion."""
    if verdict == "unknown":
        return f"{MORE_ROWS}; then run `make monitor` and `make decide` again"
    if verdict == "alarm":
        return "check again later with `make monitor`, or add a rule to decide.rules in params.yaml"
    return "run `make monitor` again once there are newer rows"
