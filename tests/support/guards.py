"""What a template file or a generated file must not hold: each guard returns its complaints."""

import ast
import functools
import json
import re
import tomllib
from pathlib import Path

import yaml

RESTING = "mlproject"
LONGEST_PACKAGE = "p" * 40
COLUMNS = 100


PARSERS = {
    ".py": ast.parse,
    ".toml": tomllib.loads,
    ".yaml": lambda text: list(yaml.safe_load_all(text)),
    ".yml": lambda text: list(yaml.safe_load_all(text)),
    ".json": json.loads,
    ".ipynb": json.loads,
}


def unparsable(name: str, text: str) -> list[str]:
    """Complain about a file its own language's parser refuses."""
    suffix = next((suffix for suffix in PARSERS if name.endswith(suffix)), None)
    complaint = suffix and refusal(suffix, text)
    return [f"{name}: {complaint}"] if complaint else []


@functools.cache
def refusal(suffix: str, text: str) -> str | None:
    """What the parser says, once for each text: most files are the same in every bake."""
    try:
        PARSERS[suffix](text)
    except (SyntaxError, ValueError, yaml.YAMLError) as error:
        return str(error).splitlines()[0]
    return None


def unrendered(name: str, text: str) -> list[str]:
    """Complain about what the bake should have replaced, in a generated file's path or text."""
    marks = re.compile(rf"<<-?\s*\(*cookiecutter|cookiecutter\.\w+\s*>>|# jinja:|{RESTING}")
    return [f"{name}: {mark}" for mark in marks.findall(f"{name}\n{text}")]


def _in_engine(folder: Path) -> list[Path]:
    """Files below engine/, without the bytecode that running it leaves."""
    found = (folder / "engine").rglob("*")
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def engine_differences(one: Path, other: Path) -> list[str]:
    """Complain about every file below engine/ of two projects that is not the same in both."""
    held = [
        {path.relative_to(folder).as_posix(): path.read_bytes() for path in _in_engine(folder)}
        for folder in (one, other)
    ]
    return sorted(name for name in held[0] | held[1] if held[0].get(name) != held[1].get(name))


def named_in_engine(folder: Path) -> list[str]:
    """Complain about files below engine/ that hold the word the hook replaces."""
    found = _in_engine(folder)
    return sorted(
        path.relative_to(folder).as_posix()
        for path in found
        if RESTING in path.name or RESTING.encode() in path.read_bytes()
    )


def unknown_words(name: str, text: str, known: set[str]) -> list[str]:
    """Complain about words at rest that no answer replaces: they would hold the package's name."""
    return [f"{name}: {word}" for word in re.findall(rf"{RESTING}-\w+", text) if word not in known]


def stray_openers(name: str, text: str) -> list[str]:
    """Complain about `<<` that does not open an answer: heredocs, merge keys, shifts."""
    return [f"{name}: {stray}" for stray in re.findall(r"<<(?!\s*\(*cookiecutter\.).{0,20}", text)]


def unquoted_answers(name: str, text: str) -> list[str]:
    """Complain about free text put bare where a quotation mark in it would end the string."""
    structured = name.endswith((".toml", ".yaml", ".yml", ".json"))
    bare = re.compile(r"<<\s*cookiecutter\.(?:project_name|description|author_name)\b[^>]*>>")
    return [f"{name}: {mark}" for mark in bare.findall(text)] if structured else []


def conditionals(text: str) -> int:
    """Count the Jinja conditionals and loops of a template file."""
    statement = re.compile(r"(?:<%-?|^\s*# jinja:)\s*(?:if|elif|for)\b", re.MULTILINE)
    inline = re.compile(r"<<(?:(?!>>).)*\sif\s.*?>>", re.DOTALL)
    return len(statement.findall(text)) + len(inline.findall(text))


def too_wide(name: str, text: str) -> list[str]:
    """Complain about Python lines that outgrow the line length under the longest package name."""
    return [
        f"{name}:{number}"
        for number, line in enumerate(text.splitlines(), 1)
        if RESTING in line and len(line.replace(RESTING, LONGEST_PACKAGE)) > COLUMNS
    ]


def unpinned(name: str, text: str) -> list[str]:
    """Complain about actions that are not pinned by commit with the version beside it."""
    uses = re.findall(r"^\s*(?:-\s+)?uses:\s*(.+?)\s*$", text, re.MULTILINE)
    pinned = re.compile(r"\./.*|[\w./-]+@[0-9a-f]{40} # v\d[\w.]*")
    return [f"{name}: {use}" for use in uses if not pinned.fullmatch(use)]
