"""The documentation is true: commands run, output is as shown, links and names resolve.

Every fenced block tagged `bash` is run, file by file and in order. The first line of a file says
where: `<!-- run: baked -->` in a project just generated, `ran` in one whose loop has run, `empty`
in an empty folder with $TEMPLATE naming a repository of the template. A comment before a block
changes what is done with it: `<!-- run: none: why -->` leaves it out, `<!-- run: refused -->` wants
its one command to fail. A block tagged `text` is what the commands before it print: its lines must
be there, in order, whatever the numbers and hashes.
"""

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import pytest
from conftest import PROJECT, ROOT, tracked
from projects import VENV, copy, make, python

SOURCE = PROJECT / "src" / "mlproject"
PAGES = [
    path
    for folder in (ROOT, PROJECT)
    for path in [*sorted(folder.glob("*.md")), *sorted((folder / "docs").rglob("*.md"))]
]
OURS = [path for path in PAGES if path.is_relative_to(ROOT / "docs") or path.parent == ROOT]
PLACES = {"baked", "ran", "empty"}
FENCE = re.compile(
    r"^(?:<!-- run: (?P<how>[^\n]*?) -->\n)?```(?P<language>\w*)\n(?P<body>.*?)^```$", re.M | re.S
)
FRONT = re.compile(r"<!-- run: (\w+) -->\n(?!```)")
names = [path.relative_to(ROOT).as_posix() for path in PAGES]


class Block(NamedTuple):
    """A fenced block: its line in the file, its language, its comment and its text."""

    line: int
    language: str
    how: str
    body: str


def blocks(text: str) -> list[Block]:
    return [
        Block(text.count("\n", 0, match.start("body")), match["language"], match["how"] or "", match["body"])
        for match in FENCE.finditer(text)
    ]


def place(text: str) -> str:
    """Where a page's commands start, empty where none are run."""
    front = FRONT.match(text)
    return front[1] if front else ""


def runnable(text: str) -> list[Block]:
    found = [block for block in blocks(text) if block.language == "bash"]
    return [block for block in found if not block.how.startswith("none")]


def left_out() -> dict[str, str]:
    """Why each block that is not run is not: by file and line."""
    return {
        f"{name}:{block.line}": block.how.removeprefix("none").removeprefix(":").strip()
        for name, path in zip(names, PAGES, strict=True)
        for block in blocks(path.read_text())
        if block.language == "bash" and block.how.startswith("none")
    }
