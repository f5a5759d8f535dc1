"""Plots of the monitor: columns in the reference window and now."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...model import wording
from ..training.charts import Chart, Line
from . import words

MOST = 6


def charts(verdict: Mapping[str, Any]) -> list[Chart]:
    """The columns closest to their limits, or beyond them."""
    return [
        _shape(number, item, words.shape(verdict, item).kind)
        for number, item in enumerate(words.columns(verdict)[:MOST])
    ]


def _shape(number: int, item: Mapping[str, Any], kind: str) -> Chart:
    """Shares by bin: bins hold equal parts of the champion's data, from low to high."""
    before, now = (100 * np.array(item[key]) for key in ("reference", "current"))
    bins = np.arange(len(before) + 1, dtype=float)
    name, steps = wording.middle(item["column"], 18), item["statistic"] == "ks"
    axis = f"lower, twentieths of the champion's {wording.clean(item['column'], 20)}, higher"
    return Chart(
        f"monitor_{number}",
        f"{name}: {words.BECAME[kind]}",
        axis if steps else "values, the last bar is all others",
        "share of rows (%)",
        (
            Line(bins, np.append(before, before[-1]), "truth", "reference", steps=True),
            Line(bins, np.append(now, now[-1]), "baseline", "now", steps=True),
        ),
        note=f"{wording.clean(item['column'], 40)} moved {item['times']:.2f} × as far as allowed.",
    )
