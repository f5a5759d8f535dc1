"""What a pull request changes: metrics and parameters against the base branch, verdict."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..base.amounts import plural
from ..model import wording
from ..model.gate import Decision, decide
from ..model.gate_rules import Rule
from ..model.metrics import DIRECTIONS, gain
from ..model.records import Evaluation
from ..reports.training.markdown import MOST_ROWS
from ..reports.training.markdown_text import code, details, prose, table

if TYPE_CHECKING:
    from ..params.sections import Promote

Tree = dict[str, Any]
Changes = Mapping[str, Mapping[str, Any]]  # name: {"old": ..., "new": ...}, as DVC tells them
TOLERANCE = 1e-9  # relative: what two machines may differ by
CANDIDATE, BASELINES = "candidate.", "baselines."


@dataclass(frozen=True)
class PullRequest:
    """One evaluated change compared with its base."""

    evaluation: Evaluation
    metrics: Changes  # of every metric, equal ones too
    params: Changes
    data: bool  # whether another version of the raw data is named

    @property
    def base(self) -> dict[str, float]:
        """The base branch's metrics for the candidate, empty if it has committed none."""
        found = {name: item.get("old") for name, item in self.metrics.items()}
        return {
            name.removeprefix(CANDIDATE): value
            for name, value in found.items()
            if name.startswith(CANDIDATE) and value is not None
        }

    @property
    def comparable(self) -> bool:
        """Whether both were tested on the same rows: then the baselines have the same metrics.

        A baseline that only one of the two has does not count; the mean is in both.
        """
        pairs = [
            (item.get("old"), item.get("new"))
            for name, item in self.metrics.items()
            if name.startswith(BASELINES)
        ]
        both = [(old, new) for old, new in pairs if old is not None and new is not None]
        same = all(math.isclose(old, new, rel_tol=TOLERANCE) for old, new in both)
        return same and (bool(both) or not pairs)


def judge(change: PullRequest, settings: "Promote") -> Decision:
    """The gate's rules, and the rule that the model is no worse than the base branch's."""
    gate = decide(change.evaluation, settings)
    rules = (*gate.rules, _against_base(change))
    return Decision(all(rule.passed for rule in rules), rules)


def _against_base(change: PullRequest) -> Rule:
    task, metric = change.evaluation["task"], change.evaluation["metric"]
    theirs = change.base.get(metric)
    if theirs is None:
        return Rule("no worse than base", True, "the base branch has committed no metrics", metric)
    if not change.comparable:
        detail = "the test rows differ from those of the base branch, so the two are not compared"
        return Rule("no worse than base", True, detail, metric)
    mine = change.evaluation["candidate"]["metrics"].get(metric)
    better = gain(task, metric, mine, theirs) if mine is not None else float("nan")
    change_of = wording.difference(task, metric, mine, theirs, relative=True)
    values = " against ".join(wording.metric(metric, value) for value in (mine, theirs))
    detail = f"{wording.label(metric)} {values} on the base branch, {change_of}"
    return Rule("no worse than base", better >= -TOLERANCE, detail, metric)


def render(change: PullRequest, decision: Decision, summary: str) -> str:
    """The comment: verdict, metrics, parameters; below them the candidate's own report."""
    parts = [_title(change, decision), _metrics(change), _params(change)]
    return "\n\n".join([*(part for part in parts if part), "---", summary.strip()]) + "\n"


def _title(change: PullRequest, decision: Decision) -> str:
    """The verdict comes first: it is what a phone shows."""
    if not decision.promote:
        reasons = "; ".join(rule.detail for rule in decision.rules if not rule.passed)
        return f"### 🔴 This change: held\n\n{prose(wording.clean(reasons, 380))}."
    against = prose(decision.rules[-1].detail)
    data = " · another version of the data" if change.data else ""
    return f"### 🟢 This change: passes\n\n{against[:1].upper()}{against[1:]}{data}."


def _metrics(change: PullRequest) -> str:
    if not change.base:
        return ""
    task, unit = change.evaluation["task"], change.evaluation["unit"]
    mine, rows = change.evaluation["candidate"]["metrics"], []
    for name, direction in DIRECTIONS[task].items():
        new, old = mine.get(name), change.base.get(name)
        difference = wording.difference(task, name, new, old, relative=False)
        cells = (prose(wording.metric(name, value, unit)) for value in (old, new))
        arrow = "↓" if direction == "minimize" else "↑"
        rows.append([f"{prose(wording.label(name))} {arrow}", *cells, difference])
    return table(["metric", "base", "this change", "Δ"], "lrrr", rows)


def _params(change: PullRequest) -> str:
    if not change.params:
        return ""
    pairs = sorted(change.params.items())
    rows = [[code(name), code(item.get("old")), code(item.get("new"))] for name, item in pairs]
    more = f"\n\n… and {len(rows) - MOST_ROWS} more." if len(rows) > MOST_ROWS else ""
    body = table(["parameter", "base", "this change"], "lll", rows[:MOST_ROWS]) + more
    return details(f"{plural(len(rows), 'parameter')} changed", body)
