"""The quality gate: may this candidate replace the champion? Any doubt holds it."""

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from . import recall, wording
from .gate_rules import (
    Rule,
    beats_baseline,
    beats_champion,
    covers,
    metrics_complete,
    onnx_parity,
    wins_origins,
    within_thresholds,
    worst_slice,
)
from .records import Evaluation

if TYPE_CHECKING:
    from ..params.sections import Promote

OWN = "own rule "  # how the names of the project's own begin
OwnRule = Callable[[Evaluation], Sequence[str]]  # the reasons to hold, none where it passes
_OWN: dict[str, OwnRule] = {}


def add_own(rules: Mapping[str, OwnRule]) -> None:
    """Register the project's own rules by name, replacing those registered before."""
    _OWN.clear()
    _OWN.update(rules)


def own_rules() -> tuple[str, ...]:
    """Names allowed in `promote.rules`."""
    return tuple(_OWN)


@dataclass(frozen=True)
class Decision:
    """The verdict over all rules."""

    promote: bool
    rules: tuple[Rule, ...]

    @property
    def reasons(self) -> list[str]:
        """Why the candidate is held: the details of the failed rules."""
        return [rule.detail for rule in self.rules if not rule.passed]

    def to_json(self) -> dict[str, Any]:
        """A plain tree for files and registry tags."""
        return {
            "verdict": "promote" if self.promote else "hold",
            "rules": [asdict(rule) for rule in self.rules],
            "reasons": self.reasons,
        }


def decide(evaluation: Evaluation, settings: "Promote") -> Decision:
    """Apply the rules of params.yaml: promote to an evaluation (training/steps/evaluate.py).

    Raises ProjectError for a fault in one of the project's own rules.
    """
    rules = tuple(_rules(evaluation, settings))
    return Decision(all(rule.passed for rule in rules), rules)


def stands(decision: Mapping[str, Any]) -> bool:
    """Whether a decision's candidate is now the champion and passes every rule."""
    verdict = decision["verdict"]
    return verdict == "promote" or (verdict == "unchanged" and not decision["reasons"])


def _rules(evaluation: Evaluation, settings: "Promote") -> Iterator[Rule]:
    yield metrics_complete(evaluation)
    yield from within_thresholds(evaluation, settings)
    yield beats_baseline(evaluation, settings.baseline_margin)
    yield from wins_origins(evaluation, settings)
    yield beats_champion(evaluation, settings)
    yield from worst_slice(evaluation, settings.worst_slice_ratio)
    for outcome in recall.judge(evaluation["candidate"].get("recall"), settings.min_recall):
        yield Rule(*outcome)
    yield from covers(evaluation, settings.coverage)
    yield onnx_parity(evaluation, settings.onnx_tolerance)
    for name in settings.rules:
        reasons = _OWN[name](copy.deepcopy(evaluation))
        detail = "; ".join(wording.clean(reason, 200) for reason in reasons)
        yield Rule(OWN + name, not reasons, detail or f"{name} has no objection")
