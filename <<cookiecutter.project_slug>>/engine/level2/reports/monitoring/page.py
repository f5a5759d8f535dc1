"""The monitor's report as one HTML page, in the style of report.html."""

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ...base.amounts import plural
from ...model import wording
from ..training.elements import Column, Plot, figures, marked, pairs, table, whole
from ..training.marks import drawn
from ..training.page import MOST_ROWS
from . import words

ROWS = {"quiet": "", "warn": "warned", "alarm": "failed"}


def render(verdict: words.Verdict, plots: Sequence[Plot]) -> str:
    """The whole page; every text of the verdict is escaped here, plots are already markup."""
    title = f"{verdict['model']['name']}: {words.TITLES[verdict['verdict']]}"
    return whole(title, "\n".join(_sections(verdict, plots)))


def _sections(verdict: words.Verdict, plots: Sequence[Plot]) -> Iterator[str]:
    yield (
        f'<header class="banner {words.MARKS[verdict["verdict"]]}">'
        f"<h1>{drawn(words.MARKS[verdict['verdict']])} {escape(words.headline(verdict))}</h1>"
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
        yield figures(plots)
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
        f"<li>{drawn(words.MARKS[state])} <strong>{escape(name)}</strong>: {words.STATES[state]} "
        f'<span class="muted">· {marked(words.about(verdict, name))}</span></li>'
        for name, state in verdict["signals"].items()
    )
    return f'<ul class="rules">{"".join(lines)}</ul>'


def _list(verdict: words.Verdict) -> str:
    lines = (
        f"<li>{drawn(words.finding(item))} {marked(item['detail'])}</li>"
        for item in verdict["findings"][:MOST_ROWS]
    )
    return f'<ul class="rules">{"".join(lines)}</ul>'


def _columns(verdict: words.Verdict) -> str:
    columns = (
        Column("column"),
        Column("what it is", "text"),
        Column("values"),
        Column("PSI", "mine"),
        Column("usual up to"),
        Column("shape"),
        Column("usual up to"),
        Column("× the limits", "ratio"),
    )
    found = words.columns(verdict)[:MOST_ROWS]
    longest = max([1.0, *(item["times"] for item in found)])
    rows = (_row(item, words.shape(verdict, item), longest) for item in found)
    return table(columns, rows)


def _row(
    item: Mapping[str, Any], shape: words.Shape, longest: float
) -> tuple[str, tuple[str, ...]]:
    bar = f'<i class="bar" style="width:{100 * item["times"] / longest:.1f}%"></i>'
    return ROWS[shape.state], (
        escape(wording.clean(item["column"])),
        f"{drawn(words.MARKS[shape.state])} {shape.cell}",
        f"{item['rows']:,}",
        wording.number(item["psi"]),
        wording.number(item["psi_limit"]),
        f"{words.NAMES[item['statistic']]} {wording.number(item['gap'])}",
        wording.number(item["gap_limit"]),
        f"{item['times']:.2f}{bar}",
    )
