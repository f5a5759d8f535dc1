"""The report's tables: metrics against references and rules, and slices against all rows."""

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...model import recall, wording
from ...model.comparison import beside, gains, hardest
from ...model.gate_rules import judged
from ...model.metrics import DIRECTIONS
from ...model.records import ChampionRecord, Evaluation
from . import marks
from .slice_table import slice_lines
from .verdict import RuleLine, Verdict

if TYPE_CHECKING:
    from ...params.config import Params
    from ...params.sections import Promote

Tree = dict[str, Any]


@dataclass(frozen=True)
class MetricLine:
    """One row: the references' values, the candidate's, the difference, (rule, passed) pairs."""

    label: str
    others: tuple[str, ...]
    mine: str
    change: str
    rules: tuple[tuple[str, bool], ...]

    @property
    def mark(self) -> str:
        """`bad` if a rule failed, `good` if all passed, empty without rules."""
        return marks.held(all(passed for _, passed in self.rules)) if self.rules else ""


@dataclass(frozen=True)
class MetricTable:
    """Rows under the names of the references and of the one used for differences."""

    others: tuple[str, ...]
    against: str
    lines: tuple[MetricLine, ...]


def reference(evaluation: Evaluation, settings: "Promote") -> tuple[str, Tree, float, Tree]:
    """Name, metrics and required margin of the candidate's reference; the candidate's metrics.

    That is the champion; without a comparable one, the baseline that is hardest to beat, on the
    rows that it covers.
    """
    champion, mine = evaluation["champion"], evaluation["candidate"]["metrics"]
    if champion and champion["comparable"]:
        return f"champion v{champion['version']}", champion["metrics"], settings.margin, mine
    name, _ = hardest(gains(evaluation))
    values = evaluation["baselines"][name]
    return wording.label(name), values, settings.baseline_margin, beside(evaluation, name)


def metric_table(evaluation: Evaluation, verdict: Verdict, params: "Params") -> MetricTable:
    """Every metric of the task, the worst slice and the ONNX parity."""
    champion = evaluation["champion"]
    against, values, _, own = reference(evaluation, params.promote)
    others = {wording.label(name): found for name, found in evaluation["baselines"].items()}
    if champion and champion["comparable"]:
        others[f"champion v{champion['version']}"] = champion["metrics"]
    lines = [
        _metric_line(evaluation, verdict, name, others, (own, values))
        for name in DIRECTIONS[evaluation["task"]]
    ]
    lines += [
        *_incomparable(verdict, champion, len(others)),
        *_worst_slice(evaluation, verdict, params, list(others)),
        *_recalls(evaluation, verdict, len(others)),
        *_interval_line(evaluation, verdict, len(others)),
        _parity_line(evaluation, verdict, len(others)),
    ]
    return MetricTable(tuple(others), against, tuple(lines))


def _metric_line(
    evaluation: Evaluation,
    verdict: Verdict,
    name: str,
    others: dict[str, Tree],
    pair: tuple[Tree, Tree],
) -> MetricLine:
    mine = evaluation["candidate"]["metrics"].get(name)
    own, theirs = (values.get(name) for values in pair)  # on the same rows
    present = mine is not None and math.isfinite(mine)
    about = [rule for rule in verdict.rules if rule.metric == name and rule.name != "worst slice"]
    comparable = not evaluation["champion"] or evaluation["champion"]["comparable"]
    rules = [
        (rule.bound, rule.passed)
        for rule in about
        if rule.bound and (comparable or rule.name != "beats champion")
    ]
    return MetricLine(
        label=wording.label(name),
        others=tuple(wording.metric(name, found.get(name)) for found in others.values()),
        mine=wording.metric(name, mine),
        change=wording.difference(
            evaluation["task"], name, own, theirs, name == evaluation["metric"]
        ),
        rules=tuple(rules if present else [("a number", False), *rules]),
    )


def _incomparable(
    verdict: Verdict, champion: ChampionRecord | None, width: int
) -> list[MetricLine]:
    """A row for a champion that cannot be measured on these data."""
    if champion is None or champion["comparable"]:
        return []
    rule = _rule(verdict, "beats champion")
    rules = ((rule.bound, rule.passed),) if rule else ()
    name = f"champion v{champion['version']}"
    return [MetricLine(name, ("",) * width, "not comparable", "", rules)]


def _worst_slice(
    evaluation: Evaluation, verdict: Verdict, params: "Params", others: list[str]
) -> list[MetricLine]:
    lines = slice_lines(evaluation, params)
    if not lines:
        return []
    worst, rule, few = lines[0], _rule(verdict, "worst slice"), judged(evaluation)
    shown = tuple(worst.champion if name.startswith("champion v") else "" for name in others)
    return [
        MetricLine(
            f"worst slice{f' ({few})' if few else ''}: {worst.name}",
            shown,
            worst.value,
            worst.times,
            ((rule.bound, rule.passed),) if rule else (),
        )
    ]


def _recalls(evaluation: Evaluation, verdict: Verdict, width: int) -> list[MetricLine]:
    """A row for each class whose recall the gate checks, and for one that is never found."""
    found = []
    for item in evaluation["candidate"].get("recall") or ():
        rule = _rule(verdict, recall.ONE + item["class"])
        never = not item["found"] and item["rows"] >= recall.FEW
        if rule is None and never:
            rule = _rule(verdict, recall.EVERY)
        if rule is None or not item["rows"]:
            continue
        if never or rule.name != recall.EVERY:
            mine = wording.share(item["found"] / item["rows"], 0)
            label = f"found of {wording.clean(item['class'], 40)}"
            rules = ((rule.bound, rule.passed),)
            found.append(MetricLine(label, ("",) * width, mine, "", rules))
    return found


def _interval_line(evaluation: Evaluation, verdict: Verdict, width: int) -> list[MetricLine]:
    """How many test rows lie inside their prediction interval, where there is one."""
    told = evaluation["candidate"].get("interval")
    if not told:
        return []
    rule = _rule(verdict, "interval coverage")
    rules = ((rule.bound, rule.passed),) if rule else ()
    half = wording.with_unit(wording.number(told["half_width"]), evaluation.get("unit", ""))
    label = f"inside the {100 * told['coverage']:.6g}{wording.NARROW}% interval, ± {half}"
    return [MetricLine(label, ("",) * width, wording.share(told["measured"]), "", rules)]


def _parity_line(evaluation: Evaluation, verdict: Verdict, width: int) -> MetricLine:
    rule = _rule(verdict, "ONNX parity")
    value = wording.number(evaluation["parity"]["relative_difference"])
    rules = ((rule.bound, rule.passed),) if rule else ()
    return MetricLine("ONNX difference", ("",) * width, value, "", rules)


def _rule(verdict: Verdict, name: str) -> RuleLine | None:
    return next((rule for rule in verdict.rules if rule.name == name), None)
