"""Charts as Mermaid text: only numbers and our own words, because data could break its syntax."""

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import NamedTuple

from ...model import wording
from ...model.metrics import DIRECTIONS, better
from .trials import best_so_far

MOST_BARS = 40
MOST_NUMBERS = 12


class Bar(NamedTuple):
    """One trial, or the best of several neighbours: their numbers and the value."""

    trials: str
    value: float


class TrialChart(NamedTuple):
    """The chart, and a note on what its bars do not show."""

    text: str
    notes: tuple[str, ...]


def trial_chart(
    task: str, metric: str, trials: Sequence[tuple[int, float]], unit: str = ""
) -> TrialChart | None:
    """Bars of the (number, value) trials and the best so far as a line; None for fewer than 2."""
    if len(trials) < 2:
        return None
    bars = thinned(task, metric, trials)
    values = [bar.value for bar in bars]
    limit = cut(task, metric, values)
    shown = [limit if better(task, metric, limit, value) else value for value in values]
    low, high = min(shown), max(shown)
    room = (high - low) * 0.15 or abs(high) * 0.1 or 1.0
    name = "".join(char for char in wording.label(metric) if char.isalnum() or char == " ")
    tops, line = (
        ", ".join(plain(value) for value in series)
        for series in (shown, best_so_far(task, metric, values))
    )
    text = "\n".join(
        [
            "xychart-beta",
            f'    x-axis "trial" {_numbers([number for number, _ in trials])}',
            f'    y-axis "{name}" {plain(low - room)} --> {plain(high + room)}',
            f"    bar [{tops}]",
            f"    line [{line}]",
        ]
    )
    gone = [bar for bar, top in zip(bars, shown, strict=True) if bar.value != top]
    notes = [_cut_off(metric, gone, limit, unit)] if gone else []
    if len(bars) < len(trials):
        notes.append(f"Each bar is the best of up to {_run(len(trials))} neighbouring trials.")
    return TrialChart(text, tuple(notes))


def _cut_off(metric: str, bars: Sequence[Bar], limit: float, unit: str) -> str:
    """Which bars are cut off, and the values they would show."""
    noun = "1 bar is" if len(bars) == 1 else f"{len(bars)} bars are"
    told = ", ".join(
        f"trials {bar.trials} (best {wording.metric(metric, bar.value, unit)})"
        if " to " in bar.trials
        else f"trial {bar.trials} ({wording.metric(metric, bar.value, unit)})"
        for bar in bars
    )
    return f"{noun} cut off at {wording.metric(metric, limit, unit)}: {told}."


def _numbers(numbers: Sequence[int]) -> str:
    """Each trial's number, or their range if there is no space."""
    if len(numbers) > MOST_NUMBERS:
        return f"{numbers[0]} --> {numbers[-1]}"
    return f"[{', '.join(map(str, numbers))}]"


def plain(value: float) -> str:
    """Six digits without an exponent, which the syntax lacks."""
    return format(Decimal(f"{value:.6g}"), "f")


def thinned(task: str, metric: str, trials: Sequence[tuple[int, float]]) -> list[Bar]:
    """At most MOST_BARS bars: the best of each group of neighbours."""
    size = _run(len(trials))
    bars = []
    for start in range(0, len(trials), size):
        numbers, values = zip(*trials[start : start + size], strict=True)
        name = f"{numbers[0]} to {numbers[-1]}" if len(numbers) > 1 else str(numbers[0])
        bars.append(Bar(name, best_so_far(task, metric, list(values))[-1]))
    return bars


def _run(count: int) -> int:
    """How many neighbours share a bar."""
    return math.ceil(count / MOST_BARS)


def cut(task: str, metric: str, values: Sequence[float]) -> float:
    """Where to cut bars off, so that hopeless values do not flatten all others."""
    smaller = DIRECTIONS[task][metric] == "minimize"
    ranked = sorted(values, reverse=not smaller)
    best, middle = ranked[0], ranked[len(ranked) // 2]
    return middle + 3 * (middle - best) if middle != best else ranked[-1]
