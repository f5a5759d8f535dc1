"""Matplotlib: draw the report's charts as inline SVG, without pyplot's global state."""

import io
import warnings
from typing import Any

import matplotlib
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from ..model import wording
from .drawing_marks import DRAWN_BY, GRID, INK, MUTED
from .training import charts, svg

WIDTH, HEIGHT = 4.4, 3.1  # inches of 72 units: about the width of a phone
VARIABLES = {
    INK: "--ink",
    MUTED: "--muted",
    GRID: "--grid",
    "#0072b2": "--blue",
    "#d55e00": "--red",
    "#009e73": "--green",
    "#cc79a7": "--pink",
}
_STYLE = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a `$` in a name is a character, not a formula
    "font.family": "DejaVu Sans",  # ships with matplotlib: the same layout on every machine
    "font.size": 9.3,
    "axes.labelsize": 9.3,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "axes.axisbelow": True,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": MUTED,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 8.8,
    "legend.handlelength": 1.5,
}


def draw(chart: charts.Chart) -> str:
    """Return an `<svg>` element; the same chart gives the same text."""
    with matplotlib.rc_context({**_STYLE, "svg.hashsalt": chart.name}), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of glyphs the font lacks: the browser has them
        figure = Figure(figsize=(WIDTH, _height(chart)), layout="constrained")
        axes = figure.subplots()
        axes.grid(visible=True)
        _number_axes(axes)
        for mark in chart.marks:
            DRAWN_BY[type(mark)](axes, mark)
        _finish(figure, axes, chart)
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    said = f"{chart.title}. {chart.note}" if chart.note else chart.title
    return svg.inline(buffer.getvalue(), chart.name, said, VARIABLES)


def _height(chart: charts.Chart) -> float:
    for mark in chart.marks:
        if isinstance(mark, charts.Bars):
            return max(1.6, 0.75 + 0.24 * len(mark.labels))
        if isinstance(mark, charts.Matrix):
            return 3.6
    return HEIGHT + 0.4 if chart.tall else HEIGHT


def _number_axes(axes: Any) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(MaxNLocator(5))
        axis.set_major_formatter(FuncFormatter(lambda value, _: wording.tick(value)))


def _finish(figure: Any, axes: Any, chart: charts.Chart) -> None:
    axes.set_xlabel(chart.x_label)
    axes.set_ylabel(chart.y_label)
    if chart.limits:
        axes.set_ylim(*chart.limits)
    handles, labels = axes.get_legend_handles_labels()
    if labels:
        figure.legend(handles, labels, loc="outside upper left", ncols=3, columnspacing=1.0)
