"""The monitor's report as Markdown: for a job's page or an issue."""

from collections.abc import Iterator

from ...model import wording
from ..training.markdown_text import prose
from ..training.marks import EMOJI
from . import words

MOST = 40


def render(verdict: words.Verdict) -> str:
    """The whole text; text from the data cannot break out of its place."""
    return "\n\n".join(_parts(verdict)) + "\n"


def _parts(verdict: words.Verdict) -> Iterator[str]:
    mark = EMOJI[words.MARKS[verdict["verdict"]]]
    yield f"### {mark} {prose(words.headline(verdict))}"
    yield prose(words.window(verdict)) + "."
    found = [
        f"- {EMOJI[words.finding(item)]} {prose(item['detail'])}"
        for item in verdict["findings"][:MOST]
    ]
    yield "\n".join(found) if found else prose(words.why(verdict))
    yield "| signal | state | what it is about |\n|---|---|---|\n" + "\n".join(
        f"| {name} | {EMOJI[words.MARKS[state]]} {words.STATES[state]} | "
        f"{prose(words.about(verdict, name))} |"
        for name, state in verdict["signals"].items()
    )
    yield f"Performance: {prose(words.performance(verdict))}."
    if verdict["columns"]:
        yield f"<details><summary>Every column</summary>\n\n{_table(verdict)}\n\n</details>"


def _state(shape: words.Shape) -> str:
    return f"{EMOJI[words.MARKS[shape.state]]} {shape.cell}"


def _table(verdict: words.Verdict) -> str:
    lines = [
        f"| {prose(item['column'])} | {item['rows']:,} | {wording.number(item['psi'])} | "
        f"{wording.number(item['psi_limit'])} | {words.NAMES[item['statistic']]} "
        f"{wording.number(item['gap'])} | {wording.number(item['gap_limit'])} | "
        f"{_state(words.shape(verdict, item))} |"
        for item in words.columns(verdict)[:MOST]
    ]
    head = "| column | values | PSI | usual up to | shape | usual up to | what it is |"
    return "\n".join([head, "|---|--:|--:|--:|--:|--:|---|", *lines])
