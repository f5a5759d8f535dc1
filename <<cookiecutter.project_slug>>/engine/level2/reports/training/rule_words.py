"""What a rule of the gate requires and what it found, worded for people."""

import re
from typing import TYPE_CHECKING, Any

from ...model import gate, recall, wording
from ...model.comparison import needed
from ...model.metrics import DIRECTIONS
from ...model.records import Evaluation

if TYPE_CHECKING:
    from ...params.config import Params
    from ...params.sections import Promote

Tree = dict[str, Any]
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def bound_of(rule: Tree, evaluation: Evaluation, settings: "Promote") -> str:
    """The requirement of a rule, short enough for a table cell."""
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
    if name == "interval coverage":
        return f"≥ {wording.share(settings.coverage or 0.0)}"
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


def _margin(evaluation: Evaluation, other: str, margin: float) -> str:
    smaller = DIRECTIONS[evaluation["task"]][evaluation["metric"]] == "minimize"
    if not margin:
        return f"{'≤' if smaller else '≥'} {other}"
    sign = "−" if smaller == (margin > 0) else "+"
    return f"{'≤' if smaller else '≥'} {other} {sign} {100 * abs(margin):g}{wording.NARROW}%"


def detail_of(rule: Tree, evaluation: Evaluation, params: "Params") -> str:
    """The gate's phrase with readable names of metrics, baselines and slices."""
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
    return wording.clean(re.sub(r"([\d.]+) x(?=$| \()", r"\1 ×", text), 400)


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
