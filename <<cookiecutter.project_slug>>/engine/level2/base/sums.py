"""Checksums of the engine's files: find edited, deleted and added ones.

`make engine-check` runs this file by itself, so that it works even if an edit breaks the command
line. It imports only the standard library.
"""

import os
import sys
from hashlib import sha256
from pathlib import Path

NAME = "SHA256SUMS"
# what tools leave behind: never part of the engine
CACHES = {"__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".hypothesis", ".DS_Store"}
ENGINE = Path(__file__).parents[2]
ADVICE = "put your change into src/<package>, or change the template"


def sums(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder by path, without following links and without caches."""
    found = {}
    for place, folders, names in os.walk(folder):
        linked = [name for name in folders if os.path.islink(os.path.join(place, name))]
        folders[:] = [name for name in folders if name not in CACHES]
        for name in (*names, *linked):
            path = Path(place, name)
            if name not in CACHES:
                found[path.relative_to(folder).as_posix()] = _digest(path)
    found.pop(NAME, None)
    return found


def _digest(path: Path) -> str:
    content = os.readlink(path).encode() if path.is_symlink() else path.read_bytes()
    return sha256(content).hexdigest()


def text(folder: Path) -> str:
    """Lines of `sha256  path` in the order of the paths."""
    return "".join(f"{digest}  {name}\n" for name, digest in sorted(sums(folder).items()))


def write(folder: Path) -> None:
    """Write the checksums of a folder into its SHA256SUMS."""
    (folder / NAME).write_text(text(folder), encoding="utf-8")


def changed(folder: Path) -> dict[str, list[str]]:
    """List the files that were `edited`, `missing` or `added` since `write`.

    Raises ValueError if SHA256SUMS has an invalid line, OSError if it cannot be read.
    """
    recorded = {}
    for number, line in enumerate((folder / NAME).read_text(encoding="utf-8").splitlines(), 1):
        digest, mark, name = line.partition("  ")
        if not mark or len(digest) != 64:
            raise ValueError(f"line {number} of {NAME} is not a checksum and a path")
        recorded[name] = digest
    here = sums(folder)
    return {
        "edited": sorted(name for name in recorded.keys() & here if recorded[name] != here[name]),
        "missing": sorted(recorded.keys() - here),
        "added": sorted(here.keys() - recorded),
    }


def sentences(folder: Path) -> list[str]:
    """One sentence with advice for each edited, missing or added file; empty if there are none."""
    restore = f"`git checkout -- {folder.name}/{NAME}` restores it"
    if not (folder / NAME).is_file():
        return [f"{folder.name}/{NAME} is missing: {restore}"]
    try:
        faults = changed(folder)
    except ValueError as error:
        return [f"{folder.name}: {error}: {restore}"]
    said = {
        "edited": f"was edited: {ADVICE}; `git checkout -- {{}}` restores it",
        "missing": "is missing: `git checkout -- {}` restores it",
        "added": f"was added: {ADVICE}, and delete it here",
    }
    return [
        f"{folder.name}/{name!s} {said[kind].format(f'{folder.name}/{name}')}"
        for kind, names in faults.items()
        for name in names
    ]


def check(folder: Path = ENGINE, edited: bool = False) -> int:
    """Print the differences from SHA256SUMS. Returns the exit code: 1 if there are any.

    With `edited`, the team knows about them, so they are notes and not a failure.
    """
    if not (folder / "pyproject.toml").is_file() and not (folder / NAME).exists():
        print(" engine    installed as a wheel: there is no folder engine/ to check")
        return 0
    lines = sentences(folder)
    for line in lines:
        print(f" note      {line}" if edited else f" stopped: {line}", file=sys.stderr)
    if lines and not edited:
        print(" stopped: make ... EDITED=yes continues with the engine as it is", file=sys.stderr)
    if not lines:
        print(f" engine    every file is as the template released it ({len(sums(folder))} files)")
    return int(bool(lines) and not edited)


if __name__ == "__main__":
    sys.exit(check(edited="--edited" in sys.argv))
