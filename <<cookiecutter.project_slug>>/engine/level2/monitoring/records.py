"""Records of the monitor: its verdict, and the action that was decided on it."""

from collections.abc import Mapping
from typing import Any, NotRequired, TypedDict


class Model(TypedDict):
    """The monitored version."""

    name: str
    version: str
    registered: str | None


class Window(TypedDict):
    """The examined rows."""

    source: str  # "prediction log" or "raw data"
    rows: int
    needed: int
    compared: int  # pairs of an answer and the model's own on the stored features
    labelled: int
    sent_back: int
    first: str | None
    last: str | None


class Verdict(TypedDict):
    """artifacts/monitor.json."""

    at: str | None
    verdict: str  # "quiet", "warn", "alarm" or "unknown"
    signals: Mapping[Any, str]  # state by signal
    findings: list[dict[str, Any]]
    columns: list[dict[str, Any]]
    performance: dict[str, Any] | None
    seasonal: Any
    model: Model
    window: Window
    reference: dict[str, Any]
    max_age_days: dict[str, float | None]  # of `model` and `data`; None: no limit is set


class ActionRecord(TypedDict):
    """artifacts/decide.json: which rule chose which action, on what evidence."""

    action: str
    number: int | str
    meant: str
    rule: int | None
    reason: str
    signals: dict[str, str]
    tried: Any
    at: float
    by: str
    model: Model
    verdict: str
    rules: list[dict[str, Any]]
    trials: int
    inputs: dict[str, Any]
    findings: list[str]
    done: NotRequired[str]
