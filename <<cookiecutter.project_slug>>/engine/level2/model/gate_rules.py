"""The rules of the quality gate, one function each."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..base.amounts import plural
from . import wording
from .comparison import gains, hardest, needed, number, won
from .metrics import DIRECTIONS, gain
from .records import Evaluation

if TYPE_CHECKING:
    from ..params.sections import Promote


@dataclass(frozen=True)
class Rule:
    """One rule's outcome: `detail` is a phrase with the numbers it compared."""

    name: str
    passed: bool
    detail: str
    metric: str | None = None


def shown(metric: str, value: Any) -> str:
    """A metric's name and its value with the digits of the report."""
    return f"{metric} {wording.metric(metric, number(value))}"


def rows_compared(parity: Mapping[str, Any]) -> str:
    """`80 test rows and 29 made from them with unusual values`."""
    rows, odd = parity["rows"], parity.get("odd_rows")
    if odd is None:  # evaluated before they were counted
        return plural(rows, "row")
    return f"{rows - odd:,} test rows and {odd:,} made from them with unusual values"


def metrics_complete(evaluation: Evaluation) -> Rule:
    """Every metric of the task is a number."""
    metrics = evaluation["candidate"]["metrics"]
    missing = [
        name for name in DIRECTIONS[evaluation["task"]] if math.isnan(number(metrics.get(name)))
    ]
    detail = (
        f"{', '.join(missing)} is missing or not a number"
        if missing
        else "every metric is a number"
    )
    return Rule("metrics complete", not missing, detail)


def within_thresholds(evaluation: Evaluation, settings: "Promote") -> Iterator[Rule]:
    """Each metric of promote.thresholds stays within its bounds."""
    for name, bound in settings.thresholds.items():
        value = number(evaluation["candidate"]["metrics"].get(name))
        low = bound.min is None or value >= bound.min
        high = bound.max is None or value <= bound.max
        wanted = " and ".join(
            f"{sign} {limit:g}"
            for sign, limit in (("≥", bound.min), ("≤", bound.max))
            if limit is not None
        )
        yield Rule(
            f"threshold {name}",
            low and high,
            f"{shown(name, value)}, wanted {wanted}",
            name,
        )


def beats_baseline(evaluation: Evaluation, margin: float) -> Rule:
    """The candidate beats the hardest baseline by the required margin."""
    task, metric = evaluation["task"], evaluation["metric"]
    found = gains(evaluation)
    if not found:
        return Rule("beats baseline", False, "there is no baseline to compare with", metric)
    best, least = hardest(found)
    passed = least >= margin
    return Rule(
        "beats baseline",
        passed,
        f"{metric} {_versus(task, metric, least, best, margin)}{_some(evaluation, best)}",
        metric,
    )


def _some(evaluation: Evaluation, name: str) -> str:
    """The number of rows compared, for a baseline that does not cover all of them."""
    partial = evaluation.get("partial", {}).get(name)
    return f" (on the {plural(partial['rows'], 'row')} that {name} knows)" if partial else ""


def wins_origins(evaluation: Evaluation, settings: "Promote") -> Iterator[Rule]:
    """The candidate beats the baselines in most windows of time, if there are several."""
    found, share = evaluation.get("origins") or (), settings.origins_won
    if share is None or len(found) < 2:
        return
    metric, margin = evaluation["metric"], settings.baseline_margin
    count, wanted = won(found, margin), needed(len(found), share)
    detail = (
        f"{metric} better than the best baseline by {margin:.1%} in {count} of "
        f"{len(found)} origins, wanted ≥ {wanted}"
    )
    yield Rule("several origins", count >= wanted, detail, metric)


def _versus(task: str, metric: str, better: float, other: str, margin: float) -> str:
    """A gain and the required one as changes of the metric itself, with its sign."""
    smaller = DIRECTIONS[task][metric] == "minimize"
    change, wanted = ((-item if smaller else item) + 0.0 for item in (better, margin))
    against = f" against {other}" if other else ""
    return f"{change:+.1%}{against}, wanted {'≤' if smaller else '≥'} {wanted:+.1%}"


def beats_champion(evaluation: Evaluation, settings: "Promote") -> Rule:
    """The candidate beats the champion on the same rows; a first model has none to beat."""
    champion, metric = evaluation["champion"], evaluation["metric"]
    if champion is None:
        return Rule("beats champion", True, "the registry has no champion yet", metric)
    name = f"champion v{champion['version']}"
    if not champion["comparable"]:
        allowed = settings.replace_incomparable_champion
        detail = f"{name} cannot be compared: {champion['reason']}"
        hint = "" if allowed else " (promote.replace_incomparable_champion: true replaces it)"
        return Rule("beats champion", allowed, detail + hint, metric)
    if champion.get("digest") and champion["digest"] == evaluation["candidate"].get("digest"):
        detail = f"the candidate is {name}'s own model, which need not beat itself"
        return Rule("beats champion", True, detail, metric)
    mine = number(evaluation["candidate"]["metrics"].get(metric))
    theirs = number(champion["metrics"].get(metric))
    change = gain(evaluation["task"], metric, mine, theirs)
    detail = (
        f"{shown(metric, mine)} against {name}'s {wording.metric(metric, theirs)}, "
        f"{_versus(evaluation['task'], metric, change, '', settings.margin)}"
    )
    return Rule("beats champion", change >= settings.margin, detail, metric)


def judged(evaluation: Evaluation) -> str:
    """`1 of 12 judged`, where slices have too few rows to be judged; else nothing."""
    measured, small = len(evaluation["slices"]), len(evaluation.get("small_slices") or ())
    return f"{measured:,} of {measured + small:,} judged" if small else ""


def worst_slice(evaluation: Evaluation, ratio: float | None) -> Iterator[Rule]:
    """No slice is more than that many times worse than all rows."""
    if ratio is None or not evaluation["slices"]:
        return
    task, metric = evaluation["task"], evaluation["metric"]
    whole = number(evaluation["candidate"]["metrics"].get(metric))

    def harm(item: dict[str, Any]) -> float:
        """How many times worse than all rows; anything worse than a perfect whole is infinite."""
        value = number(item["metrics"].get(metric))
        if math.isnan(value) or math.isnan(whole):
            return math.inf
        low, high = (whole, value) if DIRECTIONS[task][metric] == "minimize" else (value, whole)
        if low > 0:
            return high / low
        return math.inf if high > low else 1.0

    worst = max(evaluation["slices"], key=harm)
    detail = (
        f"worst slice {worst['column']}={worst['value']}: "
        f"{shown(metric, worst['metrics'].get(metric))}, {harm(worst):.2f} x overall, "
        f"wanted ≤ {ratio:g} x"
    )
    if count := judged(evaluation):
        detail += f" ({count}, the others have too few rows)"
    yield Rule("worst slice", harm(worst) <= ratio, detail, metric)


def covers(evaluation: Evaluation, least: float | None) -> Iterator[Rule]:
    """Enough test rows lie inside their prediction intervals."""
    if least is None:
        return
    told = evaluation["candidate"].get("interval")
    measured = number(told.get("measured")) if told else math.nan
    detail = "the candidate has no prediction intervals: train it again"
    if told:
        detail = (
            f"{measured:.1%} of {plural(told['test_rows'], 'test row')} lie inside their "
            f"{100 * told['coverage']:.6g}% interval, wanted ≥ {least:.1%}"
        )
    yield Rule("interval coverage", measured >= least, detail)


def onnx_parity(evaluation: Evaluation, tolerance: float) -> Rule:
    """The exported model predicts like the trained one."""
    parity = evaluation["parity"]
    difference = number(parity.get("relative_difference"))
    detail = (
        f"ONNX differs from scikit-learn by {difference:.1e} of the predictions' spread "
        f"on {rows_compared(parity)}, wanted ≤ {tolerance:g} (promote.onnx_tolerance)"
    )
    return Rule("ONNX parity", difference <= tolerance, detail)
