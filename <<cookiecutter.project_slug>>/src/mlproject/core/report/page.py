"""The report as one HTML page that needs nothing else: no script, no link, no network."""

import math
import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from ..amounts import plural
from . import wording
from .build import Report
from .style import CSS
from .tables import MetricLine, SliceLine, slices_title

Plot = tuple[str, str]  # its finding, and an <svg> element made by the drawing adapter
MOST_ROWS = 200
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # nothing is loaded, nothing runs


def render(report: Report, plots: Sequence[Plot]) -> str:
    """The whole page; every text of the report is escaped here, plots are markup already."""
    return whole(f"{report.name}: {report.verdict.title}", "\n".join(_sections(report, plots)))


def whole(title: str, body: str) -> str:
    """A page around a body that is markup; the title is escaped here."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _sections(report: Report, plots: Sequence[Plot]) -> Iterator[str]:
    yield _banner(report)
    yield _headline(report)
    yield f"<h2>Metrics</h2>\n{_metrics(report)}"
    yield f'<div class="columns"><section><h2>Rules of the gate</h2>\n{_rules(report)}</section>'
    note = f'<p class="muted">{marked(report.left_out)}.</p>' if report.left_out else ""
    shown = f"<h2>{marked(slices_title(report.slices, report.small))}</h2>\n{_slices(report)}{note}"
    yield f"<section>{shown}</section></div>" if report.slices or note else "</div>"
    if plots:
        yield f'<h2>Plots</h2>\n<div class="plots">{"".join(figure(plot) for plot in plots)}</div>'
    yield '<div class="columns">'
    yield f"<section><h2>Candidate</h2>\n{_candidate(report)}</section>"
    if report.checks is not None:
        yield f"<section>{_checks(report)}</section>"
    yield f"<section><h2>Lineage</h2>\n{pairs(report.lineage.items())}</section>\n</div>"


def pairs(items: Iterable[tuple[str, str]]) -> str:
    """Names and values under each other."""
    lines = (
        f"<dt>{escape(wording.clean(name))}</dt>"
        f"<dd><code>{escape(wording.clean(value, 120))}</code></dd>"
        for name, value in items
    )
    return f'<dl class="pairs">{"".join(lines)}</dl>'


def table(header: str, rows: Iterable[str]) -> str:
    """A table that scrolls by itself where the screen is too narrow."""
    return (
        f'<div class="scroll"><table><thead><tr>{header}</tr></thead>'
        f"<tbody>{''.join(rows)}</tbody></table></div>"
    )


def _banner(report: Report) -> str:
    verdict = report.verdict
    return (
        f'<header class="banner {"good" if verdict.good else "bad"}">'
        f"<h1>{verdict.light} {escape(verdict.title)} — "
        f"<code>{escape(report.name)}</code> {marked(verdict.summary)}</h1>"
        f"<p>Why: {marked(verdict.why)}</p></header>"
    )


def _headline(report: Report) -> str:
    bars = "".join(
        f"<span>{escape(bar.label)}</span>"
        f'<span><i class="bar {bar.role}" style="width:{100 * bar.part:.1f}%"></i></span>'
        f"<b>{escape(bar.text)}</b>"
        for bar in report.bars
    )
    return (
        f'<p class="big">{escape(report.headline)}</p>'
        f'<p class="muted">{escape(report.comparison)} · {escape(report.rows)}</p>'
        f'<div class="compare">{bars}</div>'
    )


def _metrics(report: Report) -> str:
    """Columns in the order of report.md."""
    others = "".join(f"<th>{escape(name)}</th>" for name in report.table.others)
    header = (
        f"<th>metric</th>{others}<th>this candidate</th>"
        f'<th>Δ {escape(report.table.against)}</th><th class="text">rule</th>'
    )
    return table(header, (_metric_row(line) for line in report.table.lines))


def _metric_row(line: MetricLine) -> str:
    rules = ", ".join(
        escape(text) if passed else f"<strong>{escape(text)}</strong>"
        for text, passed in line.rules
    )
    others = "".join(f"<td>{escape(text)}</td>" for text in line.others)
    failed = ' class="failed"' if line.light == "🔴" else ""
    return (
        f"<tr{failed}><td>{escape(line.label)}</td>{others}"
        f'<td class="mine">{escape(line.mine)}</td><td>{escape(line.change)}</td>'
        f'<td class="text">{line.light} {rules}</td></tr>'
    )


def _rules(report: Report) -> str:
    lines = (
        f"<li>{'🟢' if rule.passed else '🔴'} <strong>{escape(rule.name)}</strong>: "
        f"{marked(rule.finding)}</li>"
        for rule in report.verdict.rules
    )
    return f'<ul class="rules">{"".join(lines)}</ul>'


def _slices(report: Report) -> str:
    """Worst first; the bar is the ratio to the whole."""
    if not report.slices:
        return ""
    ratios = [line.ratio for line in report.slices if math.isfinite(line.ratio)]
    longest = max([*ratios, report.slice_limit or 0.0, 1e-12])
    champion = any(line.champion for line in report.slices)
    unit = report.unit if report.metric in wording.IN_UNIT_OF_TARGET else ""
    header = (
        f"<th>slice</th><th>rows</th><th>{escape(wording.axis(wording.label(report.metric), unit))}"
        f"</th>{'<th>champion</th>' * champion}<th>× overall</th>"
    )
    rows = (_slice_row(line, longest, champion) for line in report.slices[:MOST_ROWS])
    return table(header, rows)


def _slice_row(line: SliceLine, longest: float, champion: bool) -> str:
    part = min(1.0, max(0.0, line.ratio / longest))
    other = f"<td>{escape(line.champion)}</td>" if champion else ""
    failed = ' class="failed"' if line.over else ""
    return (
        f"<tr{failed}><td>{escape(line.name)}</td>"
        f'<td>{line.rows:,}</td><td class="mine">{escape(line.value)}</td>{other}'
        f'<td class="ratio">{escape(line.times)}'
        f'<i class="bar" style="width:{100 * part:.1f}%"></i></td></tr>'
    )


def figure(plot: Plot) -> str:
    """One plot under its finding."""
    title, drawing = plot
    return f"<figure><figcaption>{escape(title)}</figcaption>{drawing}</figure>"


def _candidate(report: Report) -> str:
    parity = marked(report.parity[:1].upper() + report.parity[1:])
    return (
        f"<p><code>{escape(report.family)}</code></p>{pairs(report.parameters)}"
        f'<p class="muted">{parity}.</p>'
    )


def _checks(report: Report) -> str:
    checks = report.checks
    if checks is None:
        return ""
    warned = plural(len(checks.warnings), "warning")
    title = f"<h2>Data: {plural(len(checks.made), 'check')}, {warned}</h2>"
    notes = "".join(f"<li>🟡 {marked(text)}</li>" for text in checks.warnings[:MOST_ROWS])
    made = "".join(
        f"<li>{'🟢' if held else '🔴'} {marked(text)}</li>"
        for text, held in checks.made[:MOST_ROWS]
    )
    listed = f'<details><summary>What was checked</summary><ul class="rules">{made}</ul></details>'
    return f'{title}\n<ul class="rules">{notes}</ul>{listed if made else ""}'


def marked(text: str, limit: int = 400) -> str:
    """Long text that came with the data; what stands between a pair of backticks is a name."""
    *parts, last = re.split(r"`([^`]*)`", wording.clean(text, limit))
    named = zip(parts[::2], parts[1::2], strict=True)
    found = (f"{escape(plain)}<code>{escape(name)}</code>" for plain, name in named)
    return f"{''.join(found)}{escape(last)}"
