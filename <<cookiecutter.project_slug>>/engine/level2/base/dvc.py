"""DVC: the raw table under version control, through DVC's command line."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from . import yaml_text
from .errors import ProjectError
from .files import digest


def track(root: Path, path: Path) -> None:
    """`dvc add` one file. Raises ProjectError with DVC's own message if it fails."""
    if set("{}") & set(str(root)):  # DVC formats the path of its cache
        raise ProjectError(f"DVC tracks no file below {root}: use a folder without {{ and }}")
    command(root, "add", str(path.relative_to(root)))  # --quiet would silence its errors too


def tracked(path: Path) -> bool:
    """Whether there is a .dvc file beside `path`."""
    return path.with_name(path.name + ".dvc").exists()


def recorded(path: Path) -> str | None:
    """The MD5 in the .dvc file beside `path`, or None if there is no such file."""
    file = path.with_name(path.name + ".dvc")
    if not file.exists():
        return None
    found = yaml_text.load(file.read_text(encoding="utf-8"))
    return str(found["outs"][0].get("md5"))


def fetched(root: Path, path: Path) -> bool:
    """Fetch a tracked file from the cache or the remote. Returns whether it succeeded."""
    target = f"{path.relative_to(root)}.dvc"
    for words in (("checkout", "--force", target), ("pull", "--force", target)):
        try:
            command(root, *words)
        except ProjectError:
            continue
        if path.exists() and digest(path, "md5") == recorded(path):
            return True
    return False


def remote(root: Path) -> str | None:
    """The address of the default remote, as DVC resolves it; None if the project has none."""
    lines = command(root, "config", "--list").splitlines()
    config = dict(line.split("=", 1) for line in lines if "=" in line)
    return config.get(f"remote.{config.get('core.remote')}.url")


def push(root: Path) -> str:
    """Upload what the lock and the .dvc files name. Returns what DVC said.

    Raises ProjectError if the remote refuses, and for files that no clone can pull afterwards:
    `dvc push` itself passes over those with a warning.
    """
    said = (command(root, "push").strip().splitlines() or [""])[-1]
    found: dict[str, str] = json.loads(command(root, "status", "--cloud", "--json"))
    lost = sorted(name for name, state in found.items() if state in ("missing", "new"))
    if lost:
        named = ", ".join(lost[:3]) + (", ..." if len(lost) > 3 else "")
        raise ProjectError(
            f"dvc.lock or a .dvc file names {len(lost)} files that are neither in DVC's cache nor "
            f"in its remote ({named}): run `make push` where they were made, or here `make repro "
            "PULL=yes`, which makes results again, and then `make push`"
        )
    return said


def share_cache(root: Path, tree: Path) -> None:
    """Let another checkout of the project in `root` use its cache.

    It uses a link, because DVC cannot write paths with non-ASCII letters into its configuration.
    """
    cache = Path(command(root, "cache", "dir").strip())
    cache.mkdir(parents=True, exist_ok=True)
    (tree / ".dvc").mkdir(exist_ok=True)
    (tree / ".dvc" / "cache").symlink_to(cache, target_is_directory=True)


def difference(root: Path, what: str, base: str) -> dict[str, dict[str, Any]]:
    """`metrics` or `params` of the folder against a revision: file, then name, then old and new."""
    every = ["--all"] if what == "metrics" else []
    found: dict[str, dict[str, Any]] = json.loads(
        command(root, what, "diff", *every, "--json", base) or "{}"
    )
    return found


def command(root: Path, *words: str) -> str:
    """Run one DVC command in `root` and return what it printed."""
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "dvc", *words],
        cwd=root,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words_of_dvc = (done.stderr or done.stdout).strip().splitlines() or ["it printed nothing"]
        line = next((line for line in words_of_dvc if "ERROR" in line), words_of_dvc[0])
        raise ProjectError(f"dvc {words[0]} failed: {line.removeprefix('ERROR: ')}")
    return done.stdout
