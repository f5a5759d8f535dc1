"""List what a team changed in the package that held the engine before engine/, with the new paths.

`make update-check` runs this file by itself after `cruft update`: it imports only the standard
library and its neighbour, because the environment may not match the new locks yet.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from . import sums

TABLE = sums.ENGINE / "MOVED.txt"
NEW = "engine/level2/__init__.py"
OWN = "goes into a module of src/{package}/ that the template calls, or into the template"


class NotKnownError(Exception):
    """Git cannot tell what the team changed."""


def table(text: str) -> dict[str, str]:
    """Map the old path below src/<package>/ to the new one below the project, from MOVED.txt."""
    lines = [line.split("  ") for line in text.splitlines() if line and line[0] != "#"]
    return {line[0]: line[1] for line in lines}


def git(root: Path, *words: str) -> str:
    """Output of a git command. Raises NotKnownError with git's own message."""
    done = subprocess.run(
        ["git", "-c", "core.quotePath=off", *words],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotKnownError((done.stderr.strip().splitlines() or ["git failed"])[-1])
    return done.stdout


def old_package(root: Path) -> tuple[str, str, str] | None:
    """Name of the old package, the commit that generated it, and the last one before the move.

    None if the project was generated with engine/. Raises NotKnownError without the full history.
    """
    if git(root, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise NotKnownError("this clone is shallow: `git fetch --unshallow` brings the history")
    first = "log --reverse --diff-filter=A --name-only --format=%H -- :(glob)src/*/core/metrics.py"
    lines = git(root, *first.split(" ")).split()
    if len(lines) < 2:
        return None
    arrived = git(root, "log", "--diff-filter=A", "--format=%H", "--", NEW).split()
    last = f"{arrived[-1]}^" if arrived else "HEAD"
    return lines[1].split("/")[1], lines[0], last


def touched(root: Path, package: str, start: str, end: str) -> dict[str, str]:
    """Files of the old package that the team changed, with git's letter for the last change.

    A commit that changes .cruft.json is an update: its changes are the template's.
    """
    found: dict[str, str] = {}
    words = ("log", "--reverse", "--no-merges", "--no-renames", "--name-status", "--format=%x01")
    text = git(root, *words, f"{start}..{end}", "--", f"src/{package}", ".cruft.json")
    for commit in text.split("\x01"):
        lines = [line.split("\t", 1) for line in commit.splitlines() if line]
        changes = {name: letter for letter, *names in lines for name in names}
        if ".cruft.json" not in changes:
            found.update(changes)
    return found


def imports(path: Path, package: str) -> Iterator[str]:
    """Files of the old package that a module imports, as `core/metrics.py`."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return
    inside = path.parts[path.parts.index("src") + 1 : -1]
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom):
            above = inside[: len(inside) + 1 - node.level] if node.level else ()
            start = [*above, *(node.module or "").split(".")]
            names = [".".join(filter(None, start)), *_below(start, node)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        for name in names:
            if name.startswith(f"{package}."):
                yield name.split(".", 1)[1].replace(".", "/") + ".py"


def _below(start: list[str], node: ast.ImportFrom) -> list[str]:
    return [".".join(filter(None, [*start, alias.name])) for alias in node.names]


def sentences(root: Path, places: dict[str, str]) -> tuple[list[str], list[str]]:
    """Notes, and the tasks left before the project runs. Raises NotKnownError."""
    here = old_package(root)
    known, left = [], []
    if here:
        package, start, end = here
        edited = sums.changed(root / "engine")["edited"]
        for file, letter in sorted(touched(root, package, start, end).items()):
            old = file.removeprefix(f"src/{package}/")
            new = places.get(old, "").replace("<package>", package)
            if not new:
                known.append(f"{file} {'is gone' if letter == 'D' else 'is your own: it stays'}")
                continue
            shown = f"`git diff {start[:10]} {end[:10] + end[40:]} -- {file}` shows it"
            known.append(f"{file} {_fate(root, file, letter, new, edited)}; {shown}")
        for path in sorted((root / "src").rglob("*.py")):
            if path.relative_to(root / "src").as_posix().partition("/")[2] not in places:
                left += _old_imports(root, path, package, places)
    left += [f"{path.relative_to(root)} was refused by git" for path in sorted(root.rglob("*.rej"))]
    unmerged = git(root, "diff", "--name-only", "--diff-filter=U").splitlines()
    left += [f"{name} has marks of a conflict to resolve" for name in unmerged]
    return known, left


def _old_imports(root: Path, path: Path, package: str, places: dict[str, str]) -> list[str]:
    """The imports in a module of the team that use old locations."""
    gone = {old for old in imports(path, package) if not (root / "src" / package / old).exists()}
    return [
        f"{path.relative_to(root)} imports src/{package}/{old}, now {places[old]}"
        for old in sorted(gone & places.keys())
    ]


def _fate(root: Path, file: str, letter: str, new: str, edited: list[str]) -> str:
    """What happened to one file of the template that the team changed."""
    package = file.split("/")[1]
    if letter == "D":
        return f"was deleted by you: the template has it as {new}"
    if new.startswith("src/"):
        return f"was edited by you: it is {new} now"
    if new.removeprefix("engine/") in edited:
        return f"was edited by you: your lines are in {new} now; what they do {OWN}".format(
            package=package
        )
    place = f" and {file} is still there, unused: delete it then" if (root / file).exists() else ""
    return f"was edited by you: {new} has not your lines{place}; what they do {OWN}".format(
        package=package
    )


def main() -> int:
    """Print everything. Returns 1 if there is something to do."""
    root = Path.cwd()
    try:
        known, left = sentences(root, table(TABLE.read_text(encoding="utf-8")))
    except (NotKnownError, OSError, ValueError) as error:
        print(f" stopped: {error}", file=sys.stderr)
        return 1
    for line in known:
        print(f" changed   {line}")
    for line in left:
        print(f" stopped: {line}", file=sys.stderr)
    if not known and not left:
        print(" update    you had changed nothing in the package that held the engine before")
    return int(bool(left))


if __name__ == "__main__":
    sys.exit(main())
