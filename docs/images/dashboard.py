"""Draw a Grafana dashboard's panels from a real Prometheus, without Grafana.

`dashboard.py OUTPUT.png ADDRESS DASHBOARD.json SECONDS` asks Prometheus the panels' own questions
about the last so many seconds and draws titles, units, legends and places as the file has them.
A panel of which nothing is known stops it: a picture has no empty panels.
"""

import json
import re
import sys
import time
import urllib.parse
import urllib.request
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure
from panels import BACK, EDGE, FAINT, KINDS, PANEL, TEXT, Series, dress, room

WIDTH, ROW, HEAD, FOOT, GAP = 1200, 32, 52, 10, 4  # pixels
KNOWN = {"ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


class Prometheus:
    """The server, and the stretch of time that is drawn."""

    def __init__(self, address: str, seconds: int) -> None:
        """Seconds until now; the step and the interval are those Grafana would take."""
        self.address, self.end = address, time.time()
        self.start = self.end - seconds
        scraped = self.ask("targets", state="active")["activeTargets"][0]["scrapeInterval"]
        every = sum(float(n) * KNOWN[unit] for n, unit in re.findall(r"(\d+)(ms|s|m|h)", scraped))
        self.step = max(every, seconds // 150)
        self.interval = f"{max(self.step + every, 4 * every):.0f}s"

    def ask(self, page: str, **words: str | float) -> dict:
        """What a page of its HTTP interface holds."""
        url = f"{self.address}/api/v1/{page}?{urllib.parse.urlencode(words)}"
        with urllib.request.urlopen(url, timeout=30) as answer:  # noqa: S310  the caller's address
            return json.load(answer)["data"]

    def series(self, target: dict) -> Series:
        """(legend, times, values) of a panel's question, without what is not a number."""
        words = {"query": target["expr"].replace("$__rate_interval", self.interval)}
        if target.get("instant"):
            found = self.ask("query", **words, time=self.end)["result"]
        else:
            span = {"start": self.start, "end": self.end, "step": self.step}
            found = self.ask("query_range", **words, **span)["result"]
        drawn = []
        for item in found:
            labels = item["metric"]
            name = re.sub(
                r"{{(\w+)}}", lambda word, labels=labels: labels[word[1]], target["legendFormat"]
            )
            pairs = [(at, float(text)) for at, text in item.get("values") or [item["value"]]]
            pairs = [(at, value) for at, value in pairs if value == value]
            drawn.append((name, [at for at, _ in pairs], [value for _, value in pairs]))
        return [item for item in drawn if item[1]]


def draw(board: dict, prometheus: Prometheus) -> Figure:
    """The whole dashboard. Raises SystemExit where a panel has nothing to show."""
    places = [panel["gridPos"] for panel in board["panels"]]
    height = HEAD + ROW * max(place["y"] + place["h"] for place in places) + FOOT
    figure = Figure((WIDTH / 100, height / 100), dpi=100, facecolor=BACK)

    def box(left: float, top: float, wide: float, high: float) -> list[float]:
        return [left / WIDTH, 1 - (top + high) / height, wide / WIDTH, high / height]

    def word(left: float, top: float, text: str, size: float, **more: object) -> None:
        words = {"color": TEXT, "va": "center", **more}
        figure.text(left / WIDTH, 1 - top / height, text, fontsize=size, **words)

    word(14, HEAD / 2, board["title"], 13, weight="bold")
    span = round((prometheus.end - prometheus.start) / 60)
    word(WIDTH - 14, HEAD / 2, f"last {span} minutes, UTC", 10, color=FAINT, ha="right")
    for panel in board["panels"]:
        place = panel["gridPos"]
        left, top = place["x"] * WIDTH / 24 + GAP, HEAD + place["y"] * ROW
        wide, high = place["w"] * WIDTH / 24 - 2 * GAP, place["h"] * ROW - 2 * GAP
        if panel["type"] == "row":
            folded = f"▸  {panel['title']}  ({len(panel['panels'])})"
            word(left + 10, top + high / 2, folded, 10.5, weight="bold")
            continue
        series = [item for target in panel["targets"] for item in prometheus.series(target)]
        if not series:
            sys.exit(f"{panel['title']}: Prometheus knows nothing of what this panel asks")
        frame = figure.add_axes(box(left, top, wide, high), facecolor=PANEL)
        frame.set(xticks=[], yticks=[])
        frame.spines[:].set_color(EDGE)
        word(left + 10, top + 15, panel["title"], 10, weight="bold")
        side, below = room(panel, series)
        axes = figure.add_axes(box(left + side, top + 34, wide - side - 16, high - 34 - below))
        dress(axes, prometheus.start, prometheus.end)
        KINDS[panel["type"]](axes, panel, series)
    return figure


def main() -> None:
    """Ask, draw, write."""
    output, address, file, seconds = sys.argv[1:]
    board = json.loads(Path(file).read_text(encoding="utf-8"))
    mpl.rcParams["font.family"] = "DejaVu Sans"
    draw(board, Prometheus(address, int(seconds))).savefig(output, facecolor=BACK)


if __name__ == "__main__":
    main()
