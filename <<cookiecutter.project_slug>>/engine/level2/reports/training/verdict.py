"""The gate's verdict on a candidate, in words."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...base.amounts import plural
from ...model import gate, wording
from ...model.metrics import gain
from ...model.records import Evaluation, GateRecord
from . import marks
from .rule_words import bound_of, detail_of

if TYPE_CHECKING:
    from ...params.config import Params

Tree = dict[str, Any]


@dataclass(frozen=True)
class RuleLine:
    """One rule of the gate: `bound` is its requirement, `text` its result."""

    name: str
    passed: bool
    bound: str
    text: str
    metric: str | None

    @property
    def finding(self) -> str:
        """The text beside the name, without repeating the name."""
        return self.text.removeprefix(f"{self.name} ")


@dataclass(frozen=True)
class Verdict:
    """promote, hold or unchanged; `would` if the registry has not decided yet."""

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
        """One sentence about the cause."""
        failed = self.failed
        found = "; ".join(rule.text for rule in failed)
        if self.word == "unchanged":
            again = "this run trained the champion's own model again (the same digest)"
            return f"{again}: there is no other to promote{found and f'; {found}'}."
        return f"{found or f'all {len(self.rules)} rules passed'}."


def judge(evaluation: Evaluation, decision: GateRecord | None, params: "Params") -> Verdict:
    """Describe the registry's decision, or what the gate would decide.

    A decision about another model, or with other rule results than today's, is not used.
    """
    now = gate.decide(evaluation, params.promote).to_json()
    settled = decision
    if decision is not None and (
        decision["rules"] != now["rules"] or decision["digest"] != evaluation["candidate"]["digest"]
    ):
        settled = None
    word = str((settled or now)["verdict"])
    if settled is None and _same_model(evaluation):
        word = "unchanged"
    rules = tuple(_line(rule, evaluation, params) for rule in now["rules"])
    failed = [rule for rule in rules if not rule.passed]
    summary = _summary(word, settled, evaluation, params.promote.margin, rules, len(failed))
    good = word == "promote" or (word == "unchanged" and not failed)
    return Verdict(word, settled is None and word != "unchanged", good, summary, rules)


def _same_model(evaluation: Evaluation) -> bool:
    champion = evaluation["champion"]
    return champion is not None and champion.get("digest") == evaluation["candidate"]["digest"]


def _summary(
    word: str,
    settled: GateRecord | None,
    evaluation: Evaluation,
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
        return f"v{champion['version'] if champion else '?'} is this same model" + now
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
                return f"would not improve by the required {wording.share(margin)}"
    return fails


def _line(rule: Tree, evaluation: Evaluation, params: "Params") -> RuleLine:
    name, metric = str(rule["name"]), rule["metric"]
    shown = f"threshold {wording.label(metric)}" if name.startswith("threshold ") else name
    bound = bound_of(rule, evaluation, params.promote)
    return RuleLine(shown, bool(rule["passed"]), bound, detail_of(rule, evaluation, params), metric)
