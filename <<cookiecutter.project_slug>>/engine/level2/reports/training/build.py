"""The content of a report on a candidate, before it is laid out as Markdown or HTML."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from ...base.amounts import plural
from ...model import wording
from ...model.gate_rules import rows_compared
from ...model.metrics import DIRECTIONS
from ...model.records import Evaluation
from .content import Bar, Checks, Report, Sources, Tree
from .origins import baseline_notes, origin_lines, spread_text
from .slice_table import left_out, slice_lines
from .tables import metric_table, reference
from .trials import finite, read_trials
from .verdict import Verdict, judge

if TYPE_CHECKING:
    from ...params.config import Params


def build(params: "Params", sources: Sources) -> Report:
    """Compose the report of one evaluated candidate."""
    evaluation, metric = sources.evaluation, sources.evaluation["metric"]
    candidate, unit = evaluation["candidate"], evaluation.get("unit", "")
    verdict = judge(evaluation, sources.decision, params)
    test = evaluation.get("rows", {}).get("test", 0)
    return Report(
        name=params.data.name,
        task=evaluation["task"],
        metric=metric,
        unit=unit,
        verdict=verdict,
        value=wording.metric(metric, candidate["metrics"].get(metric), unit),
        comparison=_comparison(evaluation, params),
        rows=f"{plural(test, 'test row')}",
        bars=_bars(evaluation),
        table=metric_table(evaluation, verdict, params),
        notes=baseline_notes(evaluation),
        origins=origin_lines(evaluation, params.promote),
        spread=spread_text(evaluation),
        slices=slice_lines(evaluation, params),
        slice_limit=params.promote.worst_slice_ratio,
        small=len(evaluation.get("small_slices") or ()),
        left_out=left_out(evaluation, params),
        tuning=read_trials(sources.tuning),
        family=candidate["family"],
        parameters=(
            *((key, _parameter(value)) for key, value in candidate["params"].items()),
            *_threshold(candidate.get("threshold")),
            *_interval(candidate.get("interval"), unit),
        ),
        checks=_checks(sources.validation),
        parity=_parity(evaluation),
        lineage=_lineage(sources, verdict),
    )


def _comparison(evaluation: Evaluation, params: "Params") -> str:
    """`champion v7: 388.1, +6.3 %; wanted ≤ +0 %`."""
    task, metric = evaluation["task"], evaluation["metric"]
    name, values, margin, own = reference(evaluation, params.promote)
    mine, theirs = own.get(metric), values.get(metric)
    change = wording.difference(task, metric, mine, theirs, relative=True)
    smaller = DIRECTIONS[task][metric] == "minimize"
    wanted = wording.change(-margin if smaller else margin).replace(".0", "")
    shown = wording.metric(metric, theirs)
    return f"{name}: {shown}, {change}; wanted {'≤' if smaller else '≥'} {wanted}"


def _bars(evaluation: Evaluation) -> tuple[Bar, ...]:
    """The candidate, the champion and every baseline on the deciding metric."""
    metric, champion = evaluation["metric"], evaluation["champion"]
    unit = evaluation.get("unit", "")
    found: list[tuple[str, str, Any]] = [
        ("this candidate", "candidate", evaluation["candidate"]["metrics"].get(metric))
    ]
    if champion and champion["comparable"]:
        name = f"champion v{champion['version']}"
        found.append((name, "champion", champion["metrics"].get(metric)))
    for name, values in evaluation["baselines"].items():
        found.append((wording.label(name), "baseline", values.get(metric)))
    sizes = [max(0.0, value) if finite(value) else 0.0 for _, _, value in found]
    longest = max(*sizes, 1e-12)
    return tuple(
        Bar(name, role, wording.metric(metric, value, unit), size / longest)
        for (name, role, value), size in zip(found, sizes, strict=True)
    )


def _checks(validation: Tree | None) -> Checks | None:
    """The content of artifacts/validation.json, see training/steps/validate.py."""
    if validation is None:
        return None
    made = tuple(
        (f"{wording.label(check['name'])}: {check['detail']}", bool(check["ok"]))
        for check in validation["checks"]
    )
    return Checks(made, tuple(str(text) for text in validation["warnings"]))


def _parity(evaluation: Evaluation) -> str:
    parity = evaluation["parity"]
    unit = evaluation.get("unit", "") if evaluation["task"] == "regression" else ""
    most = wording.with_unit(wording.number(parity["max_difference"]), unit)
    return (
        f"the served ONNX model and scikit-learn differ by at most {most}, "
        f"{wording.number(parity['relative_difference'])} of the predictions' spread, "
        f"on {rows_compared(parity)} (smallest and largest value of a feature, zero, "
        "missing, an unseen category)"
    )


def _lineage(sources: Sources, verdict: Verdict) -> dict[str, str]:
    found = {key: str(value) for key, value in (sources.lineage or {}).items()}
    if sources.decision is not None and not verdict.would:
        found["model version"] = f"v{sources.decision['version']}"
    found["model digest"] = str(sources.evaluation["candidate"]["digest"])
    return found


def _threshold(told: Tree | None) -> Iterator[tuple[str, str]]:
    """The probability from which a class is predicted, and how it was chosen."""
    if told:
        why = f"by {told['by']}"
        if told.get("positives") == 0:
            why = f"not chosen {why}: no validation row is of this class"
        at = f"{wording.number(told['at'])} ({why})"
        yield f"threshold of {wording.clean(told['class'], 40)}", at


def _interval(told: Tree | None, unit: str) -> Iterator[tuple[str, str]]:
    """The half-width of the prediction intervals, and how many test rows lie inside."""
    if told:
        width = wording.with_unit(wording.number(told["half_width"]), unit)
        inside = f"{told['measured']:.1%} of {plural(told['test_rows'], 'test row')} inside"
        yield f"{100 * told['coverage']:.6g}% interval", f"± {width} ({inside})"


def _parameter(value: Any) -> str:
    if isinstance(value, float) and not isinstance(value, bool):
        return wording.number(value)
    return wording.clean(value)
