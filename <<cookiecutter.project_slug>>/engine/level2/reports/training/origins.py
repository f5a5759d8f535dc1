"""The report's texts about the rolling origins and the rows of baselines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ...model import wording
from ...model.comparison import number, spread
from ...model.records import Evaluation

if TYPE_CHECKING:
    from ...params.sections import Promote

Tree = dict[str, Any]
EACH = "Each window is tested with the chosen model, trained only on the rows before it"


@dataclass(frozen=True)
class OriginLine:
    """One window of time: the metrics of the refitted candidate and the best baseline."""

    window: str
    before: int  # rows that trained
    rows: int  # rows that judged
    value: str
    best: str
    change: str
    won: bool


def origin_lines(evaluation: Evaluation, settings: "Promote") -> tuple[OriginLine, ...]:
    """Every origin, the oldest first; none if there are only the test rows."""
    task, metric = evaluation["task"], evaluation["metric"]
    found = []
    for item in evaluation.get("origins") or ():
        mine, best = item["metrics"].get(metric), item["baseline"]
        theirs = best.get(metric)
        found.append(
            OriginLine(
                window=f"{item['from']} … {item['to']}",
                before=item["train_rows"],
                rows=item["rows"],
                value=wording.metric(metric, mine),
                best=f"{wording.label(best['name'])} {wording.metric(metric, theirs)}",
                change=wording.difference(task, metric, mine, theirs, relative=True),
                won=number(item["gain"]) >= settings.baseline_margin,
            )
        )
    return tuple(found)


def spread_text(evaluation: Evaluation) -> str:
    """`356.7 … 395.5 over 3 origins`; empty if there are only the test rows."""
    found: Sequence[Tree] = evaluation.get("origins") or ()
    if len(found) < 2:
        return ""
    metric = evaluation["metric"]
    low, high = (wording.metric(metric, value) for value in spread(found, metric))
    return f"{low} … {high} over {len(found)} origins"


def origins_title(lines: Sequence[OriginLine]) -> str:
    """`Origins: the best baseline is beaten in 3 of 3`."""
    beaten = sum(line.won for line in lines)
    return f"Origins: the best baseline is beaten in {beaten} of {len(lines)}"


def baseline_notes(evaluation: Evaluation) -> tuple[str, ...]:
    """Baselines that were compared on fewer rows, or not at all, and why."""
    metric = evaluation["metric"]
    some = [
        f"{wording.label(name)} knows {item['rows']:,} of the test rows; on these the candidate "
        f"has {wording.metric(metric, item['candidate'].get(metric))}"
        for name, item in (evaluation.get("partial") or {}).items()
    ]
    none = [
        f"{wording.label(name)} is left out: {why}"
        for name, why in (evaluation.get("left_out") or {}).items()
    ]
    return (*some, *none)
