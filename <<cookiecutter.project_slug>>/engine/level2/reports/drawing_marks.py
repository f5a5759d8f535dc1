"""Matplotlib: how each mark of a chart is drawn, and in which colours."""

from collections.abc import Callable
from typing import Any

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.dates import AutoDateLocator, ConciseDateFormatter
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from .training import charts

MANY = 200  # points that get smaller and paler
# The report's style sheet turns each colour into a variable, so that plots follow light and dark.
# Okabe and Ito's palette: told apart by colour-blind people.
INK, MUTED, GRID = "#1f2328", "#6e7781", "#d8dee4"
ROLES = {
    "truth": INK,
    "candidate": "#0072b2",
    "baseline": "#d55e00",
    "champion": "#009e73",
    "guide": MUTED,
}
FAMILIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", MUTED)


def _colour(role: str) -> str:
    return FAMILIES[min(int(role), len(FAMILIES) - 1)] if role.isdigit() else ROLES[role]


def _x_axis(axes: Any, x: Any) -> None:
    """Dates for times, whole numbers for counts."""
    if np.issubdtype(np.asarray(x).dtype, np.integer):
        axes.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    if np.issubdtype(np.asarray(x).dtype, np.datetime64):
        locator = AutoDateLocator(maxticks=6)
        axes.xaxis.set_major_locator(locator)
        axes.xaxis.set_major_formatter(ConciseDateFormatter(locator))


def _line(axes: Any, mark: charts.Line) -> None:
    axes.plot(
        mark.x,
        mark.y,
        color=_colour(mark.role),
        linestyle="--" if mark.dashed else "-",
        linewidth=1.0 if mark.dashed else 1.5,
        drawstyle="steps-post" if mark.steps else "default",
        label=mark.label or None,
    )
    _x_axis(axes, mark.x)


def _points(axes: Any, mark: charts.Points) -> None:
    if len(mark.x) > charts.MOST_POINTS:
        colour = _colour(mark.role)
        shades = LinearSegmentedColormap.from_list("density", [(colour, 0.15), (colour, 1.0)])
        axes.hexbin(mark.x, mark.y, gridsize=32, mincnt=1, bins="log", cmap=shades, linewidths=0.1)
        return
    many = len(mark.x) > MANY
    axes.plot(
        mark.x,
        mark.y,
        linestyle="none",
        marker="o",
        markersize=2.2 if many else 4,
        markeredgewidth=0,
        alpha=0.35 if many else 0.7,
        color=_colour(mark.role),
        label=mark.label or None,
    )


def _band(axes: Any, mark: charts.Band) -> None:
    colour = _colour(mark.role)
    axes.fill_between(
        mark.x, mark.low, mark.high, color=colour, alpha=0.2, linewidth=0, label=mark.label or None
    )
    _x_axis(axes, mark.x)


def _columns(axes: Any, mark: charts.Columns) -> None:
    axes.stairs(mark.counts, mark.edges, fill=True, color=_colour(mark.role), alpha=0.75)
    axes.grid(visible=False, axis="x")


def _bars(axes: Any, mark: charts.Bars) -> None:
    place = np.arange(len(mark.labels))
    axes.barh(place, mark.values, color=_colour(mark.role), height=min(0.65, 0.12 * len(place)))
    axes.set_yticks(place, labels=list(mark.labels))
    axes.invert_yaxis()
    axes.grid(visible=False, axis="y")
    axes.tick_params(axis="y", length=0)


def _matrix(axes: Any, mark: charts.Matrix) -> None:
    """Cells shaded by their share of the row, lightly enough to keep the number readable."""
    size, place = len(mark.labels), np.arange(len(mark.labels))
    shares = mark.counts / np.maximum(mark.counts.sum(axis=1, keepdims=True), 1)
    for row, column in np.ndindex(size, size):
        corner = (column - 0.5, row - 0.5)
        axes.add_patch(
            Rectangle(corner, 1, 1, color=ROLES["candidate"], alpha=0.5 * shares[row, column])
        )
        count = int(mark.counts[row, column])
        if count:
            text = f"{count:,}" if count < 10_000 else f"{count / 1000:,.0f}k"
            axes.text(column, row, text, ha="center", va="center", size=9 if size <= 5 else 7)
    axes.set(xlim=(-0.5, size - 0.5), ylim=(size - 0.5, -0.5))
    slanted = sum(map(len, mark.labels)) > 30
    axes.set_xticks(place, labels=list(mark.labels), rotation=40 if slanted else 0)
    for tick in axes.get_xticklabels() if slanted else ():
        tick.set_horizontalalignment("right")
    axes.set_yticks(place, labels=list(mark.labels))
    axes.grid(visible=False)
    axes.tick_params(length=0)


DRAWN_BY: dict[type, Callable[[Any, Any], None]] = {
    charts.Line: _line,
    charts.Points: _points,
    charts.Band: _band,
    charts.Columns: _columns,
    charts.Bars: _bars,
    charts.Matrix: _matrix,
}
