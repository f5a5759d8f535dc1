"""Generating a project against bare cookiecutter rendering 100 small files."""

import itertools
import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from measure import ROOT, Row, Usage, cpu, environment, in_turn, row, spend

GOAL = 1.1
FILES, LINES = 100, 20


def rows(runs: int) -> list[Row]:
    """CPU seconds of `cookiecutter --no-input` over both templates."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        template, reference = copy_template(root / "template"), make_reference(root / "reference")
        outputs = (root / f"output{number}" for number in itertools.count())
        ours = partial(generate, template, outputs, root)
        theirs = partial(generate, reference, outputs, root)
        ours(), theirs()  # the first of each compiles bytecode
        spent = in_turn(runs, generation=ours, reference=theirs)
    seconds, bare = cpu(spent["generation"]), cpu(spent["reference"])
    words = f"bare cookiecutter, {FILES} small files"
    return [row("generation of a project", seconds, bare, words, GOAL, "s CPU", runs)]


def copy_template(target: Path) -> Path:
    """Copy what git would keep of this checkout: no environments, caches or results of runs."""
    words = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(words, cwd=ROOT, capture_output=True, check=True).stdout  # noqa: S603
    for name in listed.decode().split("\0"):
        if name and (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, target / name)
    return target


def make_reference(target: Path) -> Path:
    """Write a template of small files with three variables each and no hooks."""
    folder = target / "{{cookiecutter.name}}"
    folder.mkdir(parents=True)
    answers = {"name": "reference", "owner": "someone", "purpose": "to be compared with"}
    (target / "cookiecutter.json").write_text(json.dumps(answers))
    for number in range(FILES):
        lines = [f"line {line} of file {number}" for line in range(LINES)]
        for line, name in zip((0, 7, 14), answers, strict=True):
            lines[line] += f": {{{{ cookiecutter.{name} }}}}"
        (folder / f"file_{number}.txt").write_text("\n".join(lines) + "\n")
    return target


def generate(template: Path, outputs: Iterator[Path], home: Path) -> Usage:
    """Generate once, into a folder that is not there yet."""
    output = next(outputs)
    words = ["-m", "cookiecutter", str(template), "--no-input", "--output-dir", str(output)]
    return spend([sys.executable, *words], home, environment(home))
