"""HTML is written by f-strings: every text that goes into one is escaped, or is markup already."""

import ast
import re
from pathlib import Path

import pytest

import level2

SRC = Path(level2.__file__).parent
TAG = re.compile(
    r"</?(a|b|body|code|dd|details|div|dl|dt|figcaption|figure|h\d|head|header|html|i|li|meta|p|pre"
    r"|section|span|strong|style|summary|svg|t[dhr]|table|tbody|thead|title|ul)\b"
)
# These return markup and escape what they are given, or say numbers and words of our own.
SAFE_CALLS = {"escape", "marked", "drawn", "pairs", "figures", "plural"}
# What else stands in markup: markup made above it, numbers, words and classes of our own.
HOLDS_MARKUP = {
    "reports/monitoring/page.py": {
        "''.join(lines)",
        "words.MARKS[verdict['verdict']]",
        "words.STATES[state]",
    },
    "reports/training/elements.py": {
        "''.join(body)",
        "''.join(lines)",
        "CSS",
        "body",
        "cell",
        "drawn",
        "header",
        "note",
        "plot.drawing",
        "title",
    },
    "reports/training/marks.py": {"_SPOKEN[mark]", "mark"},
    "reports/training/markdown_text.py": {"body", "summary"},
    "reports/training/page.py": {
        "''.join(lines)",
        "EACH",
        "bar.role",
        "bars",
        "listed if made else ''",
        "made",
        "note",
        "notes",
        "parity",
        "shown",
        "title",
        "verdict.mark",
        "warned",
    },
    "reports/training/svg.py": {"box.group() if box else ''"},
    "serving/pages.py": {
        "' and <code>ahead</code>' if ahead else ''",
        "''.join((f'<td>{cell}</td>' for cell in cells))",
        "_STYLE",
        "cell",
        "key",
        "method.upper()",
        "names",
        "only",
        "pages",
        "put",
        "rows",
        "shown['ahead']",
        "shown['entities']",
        "shown['rows']",
        "shown['table']",
        "text",
        "unit",
    },
}


def bare(code: str) -> set[str]:
    """Expressions inside markup that are neither escaped nor numbers in a format."""
    strings = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.JoinedStr)]
    return {
        ast.unparse(part.value)
        for node in strings
        if any(isinstance(text, ast.Constant) and TAG.search(text.value) for text in node.values)
        for part in node.values
        if isinstance(part, ast.FormattedValue) and not part.format_spec
        if not safe(part.value)
    }


def safe(value: ast.expr) -> bool:
    """A call of what escapes, or of a function of the same module that returns markup."""
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Name):
        return False
    return value.func.id in SAFE_CALLS or value.func.id.startswith("_")


def test_every_text_in_markup_is_escaped():
    found = {path.relative_to(SRC).as_posix(): bare(path.read_text()) for path in SRC.rglob("*.py")}
    assert {name: values for name, values in found.items() if values} == HOLDS_MARKUP


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ('f"<p>{report.name}</p>"', {"report.name"}),
        ('f"<p>{str(name)}</p>"', {"str(name)"}),
        ('f"<p>" f"{name}" "</p>"', {"name"}),
        ("f'<td data-label=\"{name}\">'", {"name"}),
        ('f"<p>{escape(name)} {count:,} {_rows(name)}</p>"', set()),
        ('f"{name} < {limit}"', set()),
    ],
)
def test_a_text_that_is_not_escaped_is_found(code, found):
    assert bare(code) == found
