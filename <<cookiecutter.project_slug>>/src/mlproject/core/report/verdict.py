"""What the gate says about a candidate, in words."""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import gate, recall
from ..amounts import plural
from ..comparison import needed
from ..metrics import DIRECTIONS, gain
from . import marks, wording

if TYPE_CHECKING:
    from ...config import Params
    from ..knobs import Promote

Tree = dict[str, Any]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


@dataclass(frozen=True)
class RuleLine:
    """One rule of the gate: `bound` is what it asks, `text` what it found."""

    name: str
    passed: bool
    bound: str
    text: str
    metric: str | None

    @property
    def finding(self) -> str:
        """The text beside the name, which it need not repeat."""
        return self.text.removeprefix(f"{self.name} ")


@dataclass(frozen=True)
class Verdict:
    """promote, hold or unchanged; `would` while no registry has been asked."""

    word: str
    would: bool
    good: bool
    summary: str
    rules: tuple[RuleLine, ...]

    @property
    def title(self) -> str:
        """The first words of the first line."""
        return f"Gate: {'would ' if self.would else ''}{self.word}"

    @property
    def mark(self) -> str:
        """`good` or `bad`."""
        return marks.held(self.good)

    @property
    def failed(self) -> list[RuleLine]:
        """The rules that hold the candidate."""
        return [rule for rule in self.rules if not rule.passed]

    @property
    def why(self) -> str:
        """One sentence of cause."""
        failed = self.failed
        found = "; ".join(rule.text for rule in failed)
        if self.word == "unchanged":
            again = "this run trained the champion's own model again (the same digest)"
            return f"{again}: there is no other to promote{found and f'; {found}'}."
        return f"{found or f'all {len(self.rules)} rules passed'}."


def judge(evaluation: Tree, decision: Tree | None, params: "Params") -> Verdict:
    """Word the registry's decision, or what the gate would decide.

    A decision about another model, or whose rules differ from today's judgement, is not used.
    """
    now = gate.decide(evaluation, params.promote).to_json()
    settled = decision
    if decision is not None and (
        decision["rules"] != now["rules"] or decision["digest"] != evaluation["candidate"]["digest"]
    ):
        settled = None
    word = str((settled or now)["verdict"])
    if _same_model(evaluation):
        word = "unchanged"
    rules = tuple(_line(rule, evaluation, params) for rule in now["rules"])
    failed = [rule for rule in rules if not rule.passed]
    summary = _summary(word, settled, evaluation, params.promote.margin, rules, len(failed))
    good = word == "promote" or (word == "unchanged" and not failed)
    return Verdict(word, settled is None and word != "unchanged", good, summary, rules)


def _same_model(evaluation: Tree) -> bool:
    champion = evaluation["champion"]
    return bool(champion) and champion.get("digest") == evaluation["candidate"]["digest"]


def _summary(
    word: str,
    settled: Tree | None,
    evaluation: Tree,
    margin: float,
    rules: tuple[RuleLine, ...],
    failed: int,
) -> str:
    """What happens to the named model; follows its name."""
    champion = evaluation["champion"]
    fails = f"fails {failed} of {plural(len(rules), 'rule')}"
    if word == "unchanged":
        now = f" and now {fails}" if failed else ""
        if settled and settled.get("previous"):
            new, old = settled["version"], settled["previous"]
            return f"v{new} replaces v{old}: the same model, now from a commit" + now
        return f"v{champion['version']} is this very model" + now
    if word == "promote" and settled:
        new, old = settled["version"], settled.get("previous")
        return f"v{new} replaces v{old}" if old else f"v{new} becomes the first champion"
    if word == "promote":
        old = (
            f"replace champion v{champion['version']}" if champion else "become the first champion"
        )
        return f"would {old}"
    if champion and champion["comparable"]:
        metric = evaluation["metric"]
        mine, theirs = (side["metrics"].get(metric) for side in (evaluation["candidate"], champion))
        if mine is not None and theirs is not None:
            change = gain(evaluation["task"], metric, mine, theirs)
            if change < 0:
                return "would get worse"
            if change < margin:
                return f"would not get better by the wanted {wording.share(margin)}"
    return fails


def _line(rule: Tree, evaluation: Tree, params: "Params") -> RuleLine:
    name, metric = str(rule["name"]), rule["metric"]
    shown = f"threshold {wording.label(metric)}" if name.startswith("threshold ") else name
    bound = _bound(rule, evaluation, params.promote)
    return RuleLine(shown, bool(rule["passed"]), bound, _text(rule, evaluation, params), metric)


def _bound(rule: Tree, evaluation: Tree, settings: "Promote") -> str:
    """What the rule asks for, short enough for a table cell."""
    name, champion = rule["name"], evaluation["champion"]
    if name == "beats baseline":
        return _margin(evaluation, "baseline", settings.baseline_margin)
    if name == "several origins":
        count = len(evaluation["origins"])
        return f"in {needed(count, settings.origins_won or 0.0)} of {count} origins"
    if name == "beats champion":
        if champion is None:
            return ""
        if not champion["comparable"]:
            return "comparable champion"
        return _margin(evaluation, "champion", settings.margin)
    if name == "worst slice":
        return f"≤ {settings.worst_slice_ratio:g} × overall"
    if name == "ONNX parity":
        return f"≤ {settings.onnx_tolerance:g} of spread"
    if name == recall.EVERY:
        return "each at least once"
    if name.startswith(recall.ONE):
        least = recall.wanted(name.removeprefix(recall.ONE), settings.min_recall)
        return f"≥ {100 * (least or 0):g}{wording.NARROW}%"
    if name == "metrics complete":
        return "a number"
    if name.startswith(gate.OWN):
        return ""
    threshold = settings.thresholds[rule["metric"]]
    pairs = (("≥", threshold.min), ("≤", threshold.max))
    return ", ".join(f"{sign} {limit:,g}" for sign, limit in pairs if limit is not None)


def _margin(evaluation: Tree, other: str, margin: float) -> str:
    smaller = DIRECTIONS[evaluation["task"]][evaluation["metric"]] == "minimize"
    if not margin:
        return f"{'≤' if smaller else '≥'} {other}"
    sign = "−" if smaller == (margin > 0) else "+"
    return f"{'≤' if smaller else '≥'} {other} {sign} {100 * abs(margin):g}{wording.NARROW}%"


def _text(rule: Tree, evaluation: Tree, params: "Params") -> str:
    """The gate's phrase with metrics, baselines and slices named as people name them."""
    text, metric = str(rule["detail"]), rule["metric"]
    for item in evaluation["slices"]:
        start = f"worst slice {item['column']}={item['value']}:"
        if text.startswith(start):
            text = f"worst slice {slice_name(item, params)}:" + text.removeprefix(start)
            break
    if metric:
        before, found, after = text.rpartition(f"{metric} ")
        text = f"{before}{wording.label(metric)} {after}" if found else text
    for name in evaluation["baselines"]:
        shown = wording.label(name)
        text = text.replace(f" against {name}, wanted", f" against {shown}, wanted")
        text = text.replace(f" rows that {name} knows)", f" rows that {shown} knows)")
    text = re.sub(r"(?<= )-(?=[\d.,]+%)", "−", text)
    text = re.sub(r"(?<=\d)%", f"{wording.NARROW}%", text.replace(" x overall", " × overall"))
    text = re.sub(r"\d\.\de-\d+", lambda found: wording.number(float(found.group())), text)
    return wording.clean(re.sub(r"([\d.]+) x$", r"\1 ×", text), 400)


def slice_name(item: Tree, params: "Params") -> str:
    """`area = Amprion`, `holiday = yes`, `weekday = Monday`."""
    column, value = str(item["column"]), str(item["value"])
    feature = params.data.features.get(column)
    if feature is not None and feature.type == "bool":
        value = {"0": "no", "1": "yes"}.get(value, value)
    if column == "weekday" and column in params.featurize.calendar and value in set("0123456"):
        value = WEEKDAYS[int(value)]
    if column == f"{params.data.entity_column}_key" and params.featurize.entity_as_feature:
        column = params.data.entity_column
    return f"{wording.clean(column, 40)} = {wording.clean(value, 40) or '(empty)'}"
