"""The table of slices: each compared with all rows, the worst first."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...base.amounts import plural
from ...model import wording
from ...model.metrics import DIRECTIONS
from ...model.records import Evaluation
from .rule_words import slice_name

if TYPE_CHECKING:
    from ...params.config import Params

Tree = dict[str, Any]
MOST_NAMES = 6  # of slices left out, before `and more`


@dataclass(frozen=True)
class SliceLine:
    """One slice: its metric, how many times worse than all rows, the champion's metric there."""

    name: str
    rows: int
    value: str
    ratio: float
    champion: str
    over: bool

    @property
    def times(self) -> str:
        """The ratio as text."""
        return f"{self.ratio:.2f}{wording.NARROW}×" if math.isfinite(self.ratio) else "–"


def slice_lines(evaluation: Evaluation, params: "Params") -> tuple[SliceLine, ...]:
    """Every slice, the worst first."""
    task, metric = evaluation["task"], evaluation["metric"]
    whole = evaluation["candidate"]["metrics"].get(metric)
    champion, limit = evaluation["champion"], params.promote.worst_slice_ratio
    theirs = {
        (item["column"], item["value"]): item["metrics"].get(metric)
        for item in (champion["slices"] if champion else ())
    }
    found = []
    for item in evaluation["slices"]:
        value = item["metrics"].get(metric)
        ratio = _ratio(task, metric, value, whole)
        known = (item["column"], item["value"]) in theirs
        other = theirs.get((item["column"], item["value"]))
        found.append(
            SliceLine(
                name=slice_name(item, params),
                rows=item["rows"],
                value=wording.metric(metric, value),
                ratio=ratio,
                champion=wording.metric(metric, other) if known else "",
                over=limit is not None and not ratio <= limit,
            )
        )
    return tuple(sorted(found, key=lambda line: -line.ratio))


def left_out(evaluation: Evaluation, params: "Params") -> str:
    """`2 slices left out, fewer than evaluate.min_slice_rows (30) rows: area = X (12), …`."""
    small = evaluation.get("small_slices") or ()
    if not small:
        return ""
    names = [f"{slice_name(item, params)} ({item['rows']:,})" for item in small[:MOST_NAMES]]
    more = [f"{len(small) - MOST_NAMES:,} more"] if len(small) > MOST_NAMES else []
    least = params.evaluate.min_slice_rows
    return (
        f"{plural(len(small), 'slice')} left out, fewer than "
        f"`evaluate.min_slice_rows` ({least:,}) rows: {', '.join([*names, *more])}"
    )


def slices_title(judged: Sequence[SliceLine], small: int) -> str:
    """What was measured, what was too small, and the worst slice."""
    if not judged:
        return "Slices: none is large enough"
    worst = f"{judged[0].name} is the worst, {judged[0].times} overall"
    if not small:
        return f"Slices: {worst}"
    of = f"{len(judged):,} of {len(judged) + small:,}"
    return f"Slices: {of} judged, {small:,} too small; {worst}"


def _ratio(task: str, metric: str, value: float | None, whole: float | None) -> float:
    """How many times worse than all rows a slice is; infinite if it cannot be computed."""
    if value is None or whole is None:
        return math.inf
    upper, lower = (value, whole) if DIRECTIONS[task][metric] == "minimize" else (whole, value)
    if lower == 0:
        return 1.0 if upper == 0 else math.inf
    return upper / lower
