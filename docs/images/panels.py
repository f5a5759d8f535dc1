"""How each kind of panel is drawn: big numbers, lines, a heatmap; and the colours."""

import datetime as dt
from itertools import pairwise

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap

BACK, PANEL, EDGE = "#111217", "#181b1f", "#2c3038"
TEXT, FAINT, GOOD = "#d5d6df", "#9a9ba5", "#73bf69"
LINES = ("#73bf69", "#f2cc0c", "#5794f2", "#ff9830", "#f2495c", "#b877d9", "#8ab8ff", "#ffa6b0")
HEAT = LinearSegmentedColormap.from_list("heat", (PANEL, "#7a3b12", "#ff9830", "#fff3d6"))
UNITS = {"reqps": " req/s", "cps": " c/s", "": ""}

Series = list[tuple[str, list[float], list[float]]]  # legend, times, values


def worded(value: float, unit: str) -> str:
    """A number with its unit, in the size a person reads."""
    if unit != "s":
        return f"{value:,.3g}{UNITS[unit]}" if abs(value) < 1000 else f"{value:,.0f}{UNITS[unit]}"
    if abs(value) >= 60:
        return f"{value / 60:.1f} min" if abs(value) < 7200 else f"{value / 3600:.1f} hours"
    return f"{value:.3g} s" if abs(value) >= 1 or not value else f"{value * 1000:.3g} ms"


def unit_of(panel: dict) -> str:
    """The unit of its numbers."""
    return panel["fieldConfig"]["defaults"].get("unit", "")


def stat(axes: Axes, panel: dict, series: Series) -> None:
    """Big numbers side by side, each with its name where there are several or it is wanted."""
    axes.axis("off")
    named = len(series) > 1 or panel["options"].get("textMode") == "value_and_name"
    size = 21 - 2 * len(series)
    for place, (name, _, values) in enumerate(series):
        x = (place + 0.5) / len(series)
        words = {"transform": axes.transAxes, "ha": "center", "va": "center"}
        axes.text(x, 0.34, worded(values[-1], unit_of(panel)), color=GOOD, fontsize=size, **words)
        if named:
            axes.text(x, 0.8, name, color=TEXT, fontsize=9, **words)


def columns(panel: dict) -> int:
    """How many names of a legend stand side by side."""
    return 4 if panel["gridPos"]["w"] > 8 else 2


def lines(axes: Axes, panel: dict, series: Series) -> None:
    """Lines over time, their names below."""
    for number, (name, times, values) in enumerate(series):
        color = LINES[number % len(LINES)]
        axes.plot(times, values, color=color, linewidth=1.3, label=name)
        axes.fill_between(times, values, color=color, alpha=0.08, linewidth=0)
    top = max(max(values) for _, _, values in series)
    axes.set_ylim(0, top * 1.12 or 1)
    axes.yaxis.set_major_locator(mpl.ticker.MaxNLocator(4))
    axes.yaxis.set_major_formatter(lambda value, _: worded(value, unit_of(panel)))
    axes.grid(color=EDGE, linewidth=0.8)
    style = {"frameon": False, "fontsize": 8.5, "labelcolor": TEXT, "ncol": columns(panel)}
    style |= {"handlelength": 1.2, "columnspacing": 1.2, "labelspacing": 0.25, "borderpad": 0}
    below = -26 / axes.get_window_extent().height
    axes.legend(loc="upper left", bbox_to_anchor=(0, below), borderaxespad=0, **style)


def taken_apart(series: Series) -> list[list[float]]:
    """What is counted up to each bound, as what fell between one bound and the next."""
    counts = [dict(zip(times, values, strict=True)) for _, times, values in series]
    rows = [[many.get(at, 0.0) for at in series[0][1]] for many in counts]
    rows.insert(0, [0.0] * len(rows[0]))
    return [[max(0.0, b - a) for a, b in zip(*pair, strict=True)] for pair in pairwise(rows)]


def heatmap(axes: Axes, panel: dict, series: Series) -> None:
    """Buckets over time, the lowest at the bottom, each named by its upper bound."""
    del panel
    series = sorted(series, key=lambda item: float(item[0]))
    cells = taken_apart(series)
    axes.pcolormesh(series[0][1], range(len(cells)), cells, cmap=HEAT, shading="nearest")
    axes.set_yticks(range(len(cells)))
    axes.set_yticklabels([f"{float(name):,.0f}".replace("inf", "+Inf") for name, *_ in series])


KINDS = {"stat": stat, "timeseries": lines, "heatmap": heatmap}


def room(panel: dict, series: Series) -> tuple[int, int]:
    """Pixels left of the axes for their numbers, and below them for times and legend."""
    if panel["type"] == "stat":
        return 10, 14
    names = -(-len(series) // columns(panel)) if panel["type"] == "timeseries" else 0
    return 62, 30 + 17 * names


def dress(axes: Axes, start: float, end: float) -> None:
    """Axes of time in the dashboard's colours."""
    axes.set(facecolor="none", xlim=(start, end))
    axes.spines[:].set_visible(False)
    axes.tick_params(colors=FAINT, labelsize=8.5, length=0, pad=4)
    axes.xaxis.set_major_locator(mpl.ticker.MultipleLocator(60))
    axes.xaxis.set_major_formatter(lambda at, _: f"{dt.datetime.fromtimestamp(at, dt.UTC):%H:%M}")
