"""Charts as Mermaid text: numbers and our own words only, since data could break its syntax."""

import math
from collections.abc import Sequence
from decimal import Decimal

from ..metrics import DIRECTIONS, better
from . import wording
from .trials import best_so_far

MOST_BARS = 40
MOST_NUMBERS = 12


def trial_chart(task: str, metric: str, values: Sequence[float]) -> str:
    """Bars of the trials and the line of the best so far; empty for fewer than two values."""
    if len(values) < 2:
        return ""
    shown = thinned(task, metric, list(values))
    best = best_so_far(task, metric, shown)
    shown = within(task, metric, shown)
    low, high = min(shown), max(shown)
    room = (high - low) * 0.15 or abs(high) * 0.1 or 1.0
    name = "".join(char for char in wording.label(metric) if char.isalnum() or char == " ")
    bars, line = ([plain(value) for value in series] for series in (shown, best))
    return "\n".join(
        [
            "xychart-beta",
            f'    x-axis "trial" {_numbers(len(values))}',
            f'    y-axis "{name}" {plain(low - room)} --> {plain(high + room)}',
            f"    bar [{', '.join(bars)}]",
            f"    line [{', '.join(line)}]",
        ]
    )


def _numbers(count: int) -> str:
    """Each trial's number, or their range where there is no room."""
    if count > MOST_NUMBERS:
        return f"1 --> {count}"
    return f"[{', '.join(str(number + 1) for number in range(count))}]"


def plain(value: float) -> str:
    """Six digits without an exponent, which the syntax lacks."""
    return format(Decimal(f"{value:.6g}"), "f")


def thinned(task: str, metric: str, values: list[float]) -> list[float]:
    """At most MOST_BARS values: the best of each run of neighbours."""
    size = math.ceil(len(values) / MOST_BARS)
    runs = [values[start : start + size] for start in range(0, len(values), size)]
    return [best_so_far(task, metric, run)[-1] for run in runs]


def within(task: str, metric: str, values: list[float]) -> list[float]:
    """Cut hopeless values off, lest they press all others flat."""
    smaller = DIRECTIONS[task][metric] == "minimize"
    ranked = sorted(values, reverse=not smaller)
    best, middle = ranked[0], ranked[len(ranked) // 2]
    limit = middle + 3 * (middle - best) if middle != best else ranked[-1]
    return [limit if better(task, metric, limit, value) else value for value in values]
