"""Section `decide` of params.yaml: which action follows which alarms."""

from typing import Literal

from pydantic import Field

from ..data.feature import Strict

Signal = Literal["quality", "data", "prediction", "target", "performance", "staleness"]
Action = Literal["keep", "retrain", "new_model", "change_processing", "change_inputs"]


class Rule(Strict):
    """If all these signals alarm and these actions did not help, take this action."""

    when: tuple[Signal, ...] = Field(min_length=1)
    after: tuple[Action, ...] = ()
    then: Action


class Decide(Strict):
    """Section `decide`."""

    memory_days: float = Field(30, gt=0)
    pause_hours: float = Field(20, ge=0)
    trials: int = Field(60, ge=1, le=10_000)
    rules: tuple[Rule, ...] = ()
