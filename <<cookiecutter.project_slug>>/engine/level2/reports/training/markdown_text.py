"""Text that GitHub shows literally, and the few uses of Markdown: tables, code, details."""

import re
from collections.abc import Sequence

from ...model import wording

# What GitHub would read as markup gets a backslash, so that the source stays readable too. Cell
# borders and formulas are found before backslashes count: a character reference is neither.
# An underscore inside a word is no markup.
_MARKUP = re.compile(r"[\\`*{}\[\]<>|~$!&]|(?<!\w)_|_(?!\w)|(?<=:)//|(?<=www)\.", re.IGNORECASE)
_REFERENCES = re.compile(r"[@#](?=\w)")  # @person and #12 are linked after decoding
_ZERO_WIDTH_SPACE = "\u200b"


def prose(text: object, limit: int = 400) -> str:
    """Untrusted text inside a sentence or table cell: never markup, mention or link."""
    said, *parts = wording.clean(text, limit).split("`")
    found = _MARKUP.sub(_escaped, _unlinked(said))
    for number, part in enumerate(parts):  # names between backticks stay names: code
        if number % 2 == 0 and number + 1 < len(parts) and part.strip():
            found += code(part, limit)
        else:
            found += ("" if number % 2 else "'") + _MARKUP.sub(_escaped, _unlinked(part))
    return found


def _unlinked(text: str) -> str:
    return _REFERENCES.sub(r"\g<0>" + _ZERO_WIDTH_SPACE, text)


def _escaped(found: re.Match[str]) -> str:
    return "".join(_reference(char) if char in "|$" else f"\\{char}" for char in found.group())


def _reference(char: str) -> str:
    return f"&#{ord(char)};"


def inside_html(text: object) -> str:
    """Untrusted text in a summary, where GitHub parses HTML and ignores backslashes."""
    line = _unlinked(wording.clean(text, 400))
    return _MARKUP.sub(lambda found: "".join(map(_reference, found.group())), line)


def code(text: object, limit: int = 80) -> str:
    """Untrusted text as a code span, in which nothing is interpreted."""
    line = wording.clean(text, limit).replace("`", "'").replace("|", "¦")
    return f"`{line}`" if line else ""


def span(text: object) -> str:
    """Untrusted text as a code span outside tables: every character as typed."""
    line = wording.clean(text, 200)
    fence = "`" * (1 + max(map(len, re.findall("`+", line)), default=0))
    room = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{fence}{room}{line}{room}{fence}" if line else "(no name)"


def table(header: Sequence[str], align: str, rows: Sequence[Sequence[str]]) -> str:
    """A table of finished cells; `align` has one of l, r, c per column."""
    rule = {"l": "---", "r": "--:", "c": ":-:"}
    lines = [header, [rule[side] for side in align], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def details(summary: str, body: str) -> str:
    """A block that opens on a click; blank lines let Markdown work inside."""
    return f"<details><summary>{summary}</summary>\n\n{body}\n\n</details>"
