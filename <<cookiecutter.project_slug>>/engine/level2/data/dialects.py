"""The delimiter of a text table: comma, semicolon, tab or bar."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path

from ..base.errors import ProjectError
from ..base.files import shown

DELIMITERS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
WORDS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
_HEAD = 1 << 16
_RECORDS = 50


def delimiter(path: Path, asked: str | None = None) -> str:
    """Infer the delimiter from the first lines. Raises ProjectError if two of them fit."""
    if asked is not None:
        return asked
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    text = head.decode("utf-8-sig", errors="replace")
    if len(head) == _HEAD:
        text = text[: text.rfind("\n") + 1] or text
    fitting = {mark: width for mark in DELIMITERS if (width := _width(text, mark)) > 1}
    if len(fitting) == 1:
        return next(iter(fitting))
    first = text.splitlines()[0] if text else ""
    if fitting:
        names = " and ".join(DELIMITERS[mark] for mark in fitting)
        raise ProjectError(
            f"{shown(path)} line 1: {names} each separate every line equally well: say which "
            "with DELIMITER=, as comma, semicolon, tab or bar"
        )
    return max(DELIMITERS, key=first.count)  # the first where none is there


def _width(text: str, mark: str) -> int:
    """Number of values in each of the first lines, 0 if it differs."""
    widths = {len(row) for row in _rows(text, mark) if row}
    return widths.pop() if len(widths) == 1 else 0


def _rows(text: str, mark: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text), delimiter=mark, strict=True)
    try:
        for _, row in zip(range(_RECORDS), reader, strict=False):
            yield row
    except csv.Error:
        return
