"""The report as Markdown for a pull request: readable on a phone, the details folded away."""

from collections.abc import Iterator

from ...base.amounts import plural
from ...model import wording
from .content import Report
from .markdown_text import code, details, inside_html, prose, table
from .marks import EMOJI, held
from .mermaid import trial_chart
from .origins import EACH, origins_title
from .slice_table import slices_title
from .tables import MetricLine

MOST_ROWS = 40  # of any folded table: GitHub refuses comments above 65,536 characters
_SHORT_HASH = 12
_LONGEST_NOTE = 2_000  # half of the bars, each with its trials and value


def render(report: Report) -> str:
    """The whole text; text from the data cannot break out of its place."""
    parts = [
        f"### {EMOJI[report.verdict.mark]} {report.verdict.title} — `{report.name}` "
        f"{prose(report.verdict.summary)}",
        _headline(report),
        _metrics(report),
        "".join(f"- {prose(note)}\n" for note in report.notes).rstrip(),
        f"**Why:** {prose(report.verdict.why)}",
        *_details(report),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _headline(report: Report) -> str:
    text = f"**{prose(report.headline)}**"
    facts = [f"{text} ({prose(report.comparison)})", prose(report.rows)]
    facts += [prose(report.spread)] if report.spread else []
    data, commit = report.lineage.get("data.hash"), report.lineage.get("git.commit")
    if data:
        facts.append(f"data {code(data[:_SHORT_HASH])}")
    if commit and commit != "none":
        dirty = " and uncommitted changes" if report.lineage.get("git.dirty") == "true" else ""
        facts.append(f"commit {code(commit[:_SHORT_HASH])}{dirty}")
    return " · ".join(facts)


def _metrics(report: Report) -> str:
    others = [prose(name) for name in report.table.others]
    header = ["metric", *others, "this candidate", f"Δ {prose(report.table.against)}", "rule", ""]
    rows = [_metric_row(line) for line in report.table.lines]
    return table(header, "l" + "r" * (len(others) + 2) + "lc", rows)


def _metric_row(line: MetricLine) -> list[str]:
    """Failed rules are in bold."""
    rules = [prose(text) if passed else f"**{prose(text)}**" for text, passed in line.rules]
    others = [prose(text) for text in line.others]
    return [
        prose(line.label),
        *others,
        prose(line.mine),
        prose(line.change),
        ", ".join(rules),
        EMOJI[line.mark],
    ]


def _details(report: Report) -> Iterator[str]:
    yield _rules(report)
    if report.origins:
        yield _origins(report)
    if report.slices:
        yield _slices(report)
    elif report.left_out:
        yield details(slices_title((), report.small), f"{prose(report.left_out)}.")
    if report.tuning:
        yield _tuning(report)
    yield _parameters(report)
    if report.checks is not None:
        yield _checks(report)
    yield details("ONNX parity", prose(report.parity[:1].upper() + report.parity[1:]) + ".")
    if report.lineage:
        rows = [[prose(name), code(value)] for name, value in report.lineage.items()]
        yield details("Lineage", table(["", ""], "ll", rows))


def _rules(report: Report) -> str:
    lines = [
        f"- {EMOJI[held(rule.passed)]} **{prose(rule.name)}**: {prose(rule.finding)}"
        for rule in report.verdict.rules
    ]
    failed = len(report.verdict.failed)
    said = f"{failed} of {len(lines)} failed" if failed else f"all {len(lines)} passed"
    return details(f"Rules of the gate: {said}", "\n".join(lines))


def _origins(report: Report) -> str:
    name = prose(wording.axis(wording.label(report.metric), _unit(report)))
    header = ["window", "rows before", "rows", name, "best baseline", "Δ", ""]
    rows = [
        [
            prose(line.window),
            f"{line.before:,}",
            f"{line.rows:,}",
            prose(line.value),
            prose(line.best),
            prose(line.change),
            EMOJI[held(line.won)],
        ]
        for line in report.origins
    ]
    return details(origins_title(report.origins), f"{table(header, 'lrrrlrc', rows)}\n\n{EACH}.")


def _slices(report: Report) -> str:
    champion = any(line.champion for line in report.slices)
    name = prose(wording.axis(wording.label(report.metric), _unit(report)))
    header = ["slice", "rows", name, *(["champion"] if champion else []), "× overall", ""]
    rows = [
        [
            prose(line.name),
            f"{line.rows:,}",
            prose(line.value),
            *([prose(line.champion)] if champion else []),
            prose(line.times),
            EMOJI["bad"] if line.over else "",
        ]
        for line in report.slices[:MOST_ROWS]
    ]
    body = table(header, "lrr" + "r" * champion + "rc", rows) + _more(len(report.slices), "slice")
    if report.left_out:
        body += f"\n\n{prose(report.left_out)}."
    return details(inside_html(slices_title(report.slices, report.small)), body)


def _unit(report: Report) -> str:
    return report.unit if report.metric in wording.IN_UNIT_OF_TARGET else ""


def _tuning(report: Report) -> str:
    blocks = []
    for branch in report.tuning:
        best = wording.metric(report.metric, branch.best, report.unit)
        chosen = ", chosen" if branch.chosen else ""
        failed = f", {branch.failed} failed" if branch.failed else ""
        blocks.append(
            f"{code(branch.family)}: best {prose(best)} of "
            f"{plural(len(branch.trials) + branch.failed, 'trial')}{failed}{chosen}"
        )
        chart = trial_chart(report.task, report.metric, branch.trials, report.unit)
        if chart:
            blocks.append(f"```mermaid\n{chart.text}\n```")
            blocks += [prose(note, _LONGEST_NOTE) for note in chart.notes]
    blocks.append(
        "Bars: trials on the validation rows, numbered as in MLflow; one that failed has none. "
        "Line: the best so far."
    )
    total = sum(len(branch.trials) + branch.failed for branch in report.tuning)
    return details(f"Tuning: {plural(total, 'trial')}", "\n\n".join(blocks))


def _parameters(report: Report) -> str:
    rows = [[code(name), code(value)] for name, value in report.parameters[:MOST_ROWS]]
    body = table(["parameter", "value"], "lr", rows) if rows else "No parameters."
    return details(f"Candidate: {inside_html(report.family)}", body)


def _checks(report: Report) -> str:
    checks = report.checks
    if checks is None:
        return ""
    lines = [f"- {EMOJI['warn']} {prose(text)}" for text in checks.warnings[:MOST_ROWS]]
    lines += [f"- {EMOJI[held(passed)]} {prose(text)}" for text, passed in checks.made[:MOST_ROWS]]
    body = "\n".join(lines) or "Nothing to report."
    more = _more(max(len(checks.warnings), len(checks.made)), "line")
    warned = plural(len(checks.warnings), "warning")
    return details(f"Data: {plural(len(checks.made), 'check')}, {warned}", body + more)


def _more(count: int, noun: str) -> str:
    if count <= MOST_ROWS:
        return ""
    return f"\n\n… and {plural(count - MOST_ROWS, f'more {noun}')} in report.html."
