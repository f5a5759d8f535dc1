"""Parts of an HTML page shared by all reports; each escapes its text."""

import re
from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from ...model import wording
from .charts import Chart
from .style import CSS

_POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # nothing is loaded, nothing runs


class Plot(NamedTuple):
    """A drawing (markup: an `<svg>` element), its one-line title, and a sentence below it."""

    title: str
    drawing: str
    note: str = ""


class Column(NamedTuple):
    """A column of a table: its name, and a class in the style sheet."""

    name: str
    style: str = ""


def whole(title: str, body: str) -> str:
    """A page around a body of markup."""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(_POLICY)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{CSS}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def pairs(items: Iterable[tuple[str, str]]) -> str:
    """Names and values as a list."""
    lines = (
        f"<dt>{escape(wording.clean(name))}</dt>"
        f"<dd><code>{escape(wording.clean(value, 120))}</code></dd>"
        for name, value in items
    )
    return f'<dl class="pairs">{"".join(lines)}</dl>'


def table(columns: Sequence[Column], rows: Iterable[tuple[str, Sequence[str]]]) -> str:
    """A table of markup cells, each row with its class; on a phone a row is a card."""
    header = "".join(f"<th{_styled(item.style)}>{escape(item.name)}</th>" for item in columns)
    body = (
        f"<tr{_styled(style)}>"
        + "".join(
            f'<td{_styled(item.style)} data-label="{escape(item.name)}">{cell}</td>'
            for item, cell in zip(columns, cells, strict=True)
        )
        + "</tr>"
        for style, cells in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{header}</tr></thead>'
        f"<tbody>{''.join(body)}</tbody></table></div>"
    )


def figure(plot: Plot) -> str:
    """One plot with its title and note."""
    note = f"<p>{escape(plot.note)}</p>" if plot.note else ""
    title = f"<strong>{escape(plot.title)}</strong>"
    return f"<figure><figcaption>{title}{note}</figcaption>{plot.drawing}</figure>"


def figures(plots: Sequence[Plot]) -> str:
    """The section of all plots."""
    drawn = "".join(figure(plot) for plot in plots)
    return f'<h2>Plots</h2>\n<div class="plots">{drawn}</div>'


def plotted(chart: Chart, drawing: str) -> Plot:
    """A chart with its drawing."""
    return Plot(chart.title, drawing, chart.note)


def marked(text: str, limit: int = 400) -> str:
    """Long text from the data; text between backticks is a name."""
    *parts, last = re.split(r"`([^`]*)`", wording.clean(text, limit))
    named = zip(parts[::2], parts[1::2], strict=True)
    found = (f"{escape(plain)}<code>{escape(name)}</code>" for plain, name in named)
    return f"{''.join(found)}{escape(last)}"


def _styled(style: str) -> str:
    return f' class="{style}"' if style else ""
