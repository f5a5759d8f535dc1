"""The monitor's report as one HTML page, in the look of report.html."""

from collections.abc import Iterator, Sequence
from html import escape

from ...amounts import plural
from ...report import wording
from ...report.page import MOST_ROWS, Plot, figure, marked, pairs, table, whole
from . import words

BANNERS = {"quiet": "good", "warn": "warn", "alarm": "bad", "unknown": "unknown"}  # style classes
ROWS = {"quiet": "", "warn": "warned", "alarm": "failed"}


def render(verdict: words.Verdict, plots: Sequence[Plot]) -> str:
    """The whole page; every text of the verdict is escaped here, plots are markup already."""
    title = f"{verdict['model']['name']}: {words.TITLES[verdict['verdict']]}"
    return whole(title, "\n".join(_sections(verdict, plots)))


def _sections(verdict: words.Verdict, plots: Sequence[Plot]) -> Iterator[str]:
    yield (
        f'<header class="banner {BANNERS[verdict["verdict"]]}">'
        f"<h1>{escape(words.headline(verdict))}</h1>"
        f"<p>{marked(words.why(verdict), 600)}</p></header>"
    )
    yield f'<p class="muted">{escape(words.window(verdict))}.</p>'
    yield f"<h2>Signals</h2>\n{_signals(verdict)}"
    if verdict["findings"]:
        yield f"<h2>{plural(len(verdict['findings']), 'finding')}</h2>\n{_list(verdict)}"
    yield f"<h2>Performance</h2>\n<p>{escape(words.performance(verdict))}.</p>"
    if verdict["columns"]:
        yield f"<h2>Columns</h2>\n{_columns(verdict)}"
    if plots:
        yield f'<h2>Plots</h2>\n<div class="plots">{"".join(figure(plot) for plot in plots)}</div>'
    yield f"<h2>Which model</h2>\n{pairs(_model(verdict))}"


def _model(verdict: words.Verdict) -> list[tuple[str, str]]:
    model = verdict["model"]
    return [
        ("model", f"{model['name']} v{model['version']}"),
        ("registered", str(model["registered"])),
        ("looked at", str(verdict["at"])),
    ]


def _signals(verdict: words.Verdict) -> str:
    lines = (
        f"<li>{words.LIGHTS[state]} <strong>{escape(name)}</strong>: {words.STATES[state]} "
        f'<span class="muted">· {marked(words.about(verdict, name))}</span></li>'
        for name, state in verdict["signals"].items()
    )
    return f'<ul class="rules">{"".join(lines)}</ul>'


def _list(verdict: words.Verdict) -> str:
    lines = (
        f"<li>{'🔴' if item['alarm'] else '🟡'} {marked(item['detail'])}</li>"
        for item in verdict["findings"][:MOST_ROWS]
    )
    return f'<ul class="rules">{"".join(lines)}</ul>'


def _columns(verdict: words.Verdict) -> str:
    header = (
        "<th>column</th><th>values</th><th>PSI</th><th>usual up to</th><th>shape</th>"
        '<th>usual up to</th><th>× the limits</th><th class="text">what it is</th>'
    )
    found = words.columns(verdict)[:MOST_ROWS]
    longest = max([1.0, *(item["times"] for item in found)])
    rows = (
        f'<tr class="{ROWS[words.shape(verdict, item).state]}">'
        f"<td>{escape(wording.clean(item['column']))}</td><td>{item['rows']:,}</td>"
        f'<td class="mine">{wording.number(item["psi"])}</td>'
        f"<td>{wording.number(item['psi_limit'])}</td>"
        f"<td>{words.NAMES[item['statistic']]} {wording.number(item['gap'])}</td>"
        f"<td>{wording.number(item['gap_limit'])}</td>"
        f'<td class="ratio">{item["times"]:.2f}'
        f'<i class="bar" style="width:{100 * item["times"] / longest:.1f}%"></i></td>'
        f'<td class="text">{words.shape(verdict, item).cell}</td></tr>'
        for item in found
    )
    return table(header, rows)
