"""The report as one self-contained HTML page: no script, no link, no network, no font."""

import math
from collections.abc import Iterator, Sequence
from html import escape

from ...base.amounts import plural
from ...model import wording
from .content import Report
from .elements import Column, Plot, figures, marked, pairs, table, whole
from .marks import drawn, held
from .origins import EACH, OriginLine, origins_title
from .slice_table import SliceLine, slices_title
from .tables import MetricLine

MOST_ROWS = 200


def render(report: Report, plots: Sequence[Plot], undrawn: str = "") -> str:
    """The whole page; every text of the report is escaped here, drawings are already markup.

    `undrawn` says which plot is missing and why.
    """
    return whole(
        f"{report.name}: {report.verdict.title}", "\n".join(_sections(report, plots, undrawn))
    )


def _sections(report: Report, plots: Sequence[Plot], undrawn: str) -> Iterator[str]:
    yield _banner(report)
    yield _headline(report)
    notes = "".join(f'<p class="muted">{marked(note)}.</p>' for note in report.notes)
    yield f"<h2>Metrics</h2>\n{_metrics(report)}{notes}"
    if report.origins:
        yield f"<h2>{escape(origins_title(report.origins))}</h2>\n{_origins(report)}"
    yield f'<div class="columns"><section><h2>Rules of the gate</h2>\n{_rules(report)}</section>'
    note = f'<p class="muted">{marked(report.left_out)}.</p>' if report.left_out else ""
    shown = f"<h2>{marked(slices_title(report.slices, report.small))}</h2>\n{_slices(report)}{note}"
    yield f"<section>{shown}</section></div>" if report.slices or note else "</div>"
    if plots:
        yield figures(plots)
    if undrawn:
        yield f'<p class="muted">{marked(undrawn)}</p>'
    yield '<div class="columns">'
    yield f"<section><h2>Candidate</h2>\n{_candidate(report)}</section>"
    if report.checks is not None:
        yield f"<section>{_checks(report)}</section>"
    yield f"<section><h2>Lineage</h2>\n{pairs(report.lineage.items())}</section>\n</div>"


def _banner(report: Report) -> str:
    verdict = report.verdict
    return (
        f'<header class="banner {verdict.mark}">'
        f"<h1>{drawn(verdict.mark)} {escape(verdict.title)} — "
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
    facts = [report.comparison, report.rows, *([report.spread] if report.spread else [])]
    return (
        f'<p class="big">{escape(report.headline)}</p>'
        f'<p class="muted">{escape(" · ".join(facts))}</p>'
        f'<div class="compare">{bars}</div>'
    )


def _metrics(report: Report) -> str:
    """Columns in the order of report.md."""
    columns = (
        Column("metric"),
        *(Column(name) for name in report.table.others),
        Column("this candidate", "mine"),
        Column(f"Δ {report.table.against}"),
        Column("rule", "text"),
    )
    return table(columns, (_metric_row(line) for line in report.table.lines))


def _metric_row(line: MetricLine) -> tuple[str, list[str]]:
    rules = ", ".join(
        escape(text) if passed else f"<strong>{escape(text)}</strong>"
        for text, passed in line.rules
    )
    cells = (line.label, *line.others, line.mine, line.change)
    rule = f"{drawn(line.mark)} {rules}" if rules else ""
    return "failed" if line.mark == "bad" else "", [*map(escape, cells), rule]


def _rules(report: Report) -> str:
    lines = (
        f"<li>{drawn(held(rule.passed))} <strong>{escape(rule.name)}</strong>: "
        f"{marked(rule.finding)}</li>"
        for rule in report.verdict.rules
    )
    return f'<ul class="rules">{"".join(lines)}</ul>'


def _origins(report: Report) -> str:
    """The oldest first."""
    columns = (
        Column("window"),
        Column("rows before"),
        Column("rows"),
        Column(wording.label(report.metric), "mine"),
        Column("best baseline", "text"),
        Column("Δ"),
    )
    shown = table(columns, (_origin_row(line) for line in report.origins))
    return f'{shown}<p class="muted">{EACH}.</p>'


def _origin_row(line: OriginLine) -> tuple[str, list[str]]:
    counts = (f"{line.before:,}", f"{line.rows:,}")
    cells = (line.window, *counts, line.value, line.best, line.change)
    return "" if line.won else "failed", [*map(escape, cells)]


def _slices(report: Report) -> str:
    """Worst first; the bar is the ratio to all rows."""
    if not report.slices:
        return ""
    ratios = [line.ratio for line in report.slices if math.isfinite(line.ratio)]
    longest = max([*ratios, report.slice_limit or 0.0, 1e-12])
    champion = any(line.champion for line in report.slices)
    unit = report.unit if report.metric in wording.IN_UNIT_OF_TARGET else ""
    columns = (
        Column("slice"),
        Column("rows"),
        Column(wording.axis(wording.label(report.metric), unit), "mine"),
        *([Column("champion")] if champion else []),
        Column("× overall", "ratio"),
    )
    return table(
        columns, (_slice_row(line, longest, champion) for line in report.slices[:MOST_ROWS])
    )


def _slice_row(line: SliceLine, longest: float, champion: bool) -> tuple[str, list[str]]:
    part = min(1.0, max(0.0, line.ratio / longest))
    cells = (line.name, f"{line.rows:,}", line.value, *([line.champion] if champion else []))
    bar = f'{escape(line.times)}<i class="bar" style="width:{100 * part:.1f}%"></i>'
    return "failed" if line.over else "", [*map(escape, cells), bar]


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
    notes = "".join(
        f"<li>{drawn('warn')} {marked(text)}</li>" for text in checks.warnings[:MOST_ROWS]
    )
    made = "".join(
        f"<li>{drawn(held(passed))} {marked(text)}</li>" for text, passed in checks.made[:MOST_ROWS]
    )
    listed = f'<details><summary>What was checked</summary><ul class="rules">{made}</ul></details>'
    return f'{title}\n<ul class="rules">{notes}</ul>{listed if made else ""}'
