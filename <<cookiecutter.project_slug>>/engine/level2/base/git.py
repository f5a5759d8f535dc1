"""Git: the commit that a run was made from."""

import os
import shlex
import subprocess
from pathlib import Path

from .errors import ProjectError

DECIDING = ("engine", "src", "params.yaml", "feature_repo", "requirements", "data/raw")
_ENGLISH = {"LC_ALL": "C.UTF-8", "LANGUAGE": "en"}  # git's own sentences are read


def _git(root: Path, *words: str) -> str | None:
    """Output of a git command, or None if it fails or git is not installed."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def commit(root: Path) -> str:
    """The full SHA of HEAD, or `none` before the first commit or without a repository or git.

    Raises ProjectError if git refuses the repository.
    """
    found = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if found is None:
        check(root)
    return found or "none"


def check(root: Path) -> None:
    """Raise ProjectError if `root` is in a repository that git refuses to read."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), "rev-parse", "--git-dir"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **_ENGLISH},
        )
    except FileNotFoundError:
        return
    said = (done.stderr.strip().splitlines() or ["no reason given"])[0].removeprefix("fatal: ")
    if done.returncode == 0 or said.startswith("not a git repository (or any"):
        return
    if "dubious ownership" in said:
        folder = said.partition("'")[2].rstrip("'") or root
        raise ProjectError(
            f"git refuses {folder}, which belongs to another user: change its owner, or "
            "trust it with "
            f"`git config --global --add safe.directory {shlex.quote(str(folder))}`"
        )
    raise ProjectError(f"git cannot read the repository of {root} ({said}): repair it, or move it")


def dirty(root: Path, *more: str) -> bool:
    """Whether what determines a model (code, settings, locks, data, `more`) differs from HEAD."""
    changes = _git(root, "status", "--porcelain", "--", *DECIDING, *more)
    return commit(root) == "none" or changes is None or bool(changes)


def known(root: Path, revision: str) -> bool:
    """Whether the revision exists here. Raises ProjectError if git refuses the repository."""
    check(root)
    return _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") is not None


def changed(root: Path, base: str, *paths: str) -> bool:
    """Whether committed files below `paths` differ from a revision."""
    return bool(_git(root, "diff", "--name-only", base, "--", *paths))


def start(root: Path) -> bool:
    """Make `root` a repository if it is not in one. Returns whether it did.

    A folder ignored by the repository around it is not in one. Raises ProjectError if git refuses
    the repository.
    """
    check(root)
    ignored = _git(root, "check-ignore", "--quiet", str(root)) is not None
    if _git(root, "rev-parse", "--git-dir") is not None and not ignored:
        return False
    return _git(root, "init", "--quiet", "--initial-branch=main") is not None


def knows_user(root: Path) -> bool:
    """Whether git knows a name and an address for the user's commits."""
    return all(_git(root, "var", f"GIT_{who}_IDENT") for who in ("AUTHOR", "COMMITTER"))


def commit_all(root: Path, message: str) -> bool:
    """Commit everything not ignored, as the user, or as the project if git knows no user."""
    identity: list[str] = []
    if not _git(root, "config", "user.email"):
        identity = ["-c", "user.name=Project Setup", "-c", "user.email=setup@localhost"]
    if _git(root, "add", "--all") is None:
        return False
    return _git(root, *identity, "commit", "--quiet", "--message", message) is not None


def commit_only(root: Path, message: str, *paths: str) -> bool:
    """Commit these files and nothing else. Returns whether they are committed."""
    if not knows_user(root) or _git(root, "add", "--", *paths) is None:
        return False
    if _git(root, "diff", "--cached", "--quiet", "--", *paths) is not None:
        return True
    return _git(root, "commit", "--quiet", "--message", message, "--", *paths) is not None


def add_worktree(root: Path, tree: Path, sha: str) -> Path:
    """Check out a commit into the folder `tree`. Returns the project's folder in it.

    Raises ProjectError if the commit does not exist or does not contain the project.
    """
    below = (
        _git(root, "rev-parse", "--show-prefix") or ""
    )  # of a project inside a larger repository
    if _git(root, "worktree", "add", "--quiet", "--detach", str(tree), sha) is None:
        check(root)
        raise ProjectError(f"commit {sha} is not in this repository: fetch the branch it is on")
    if not (tree / below / "params.yaml").is_file():
        remove_worktree(root, tree)
        raise ProjectError(
            f"commit {sha} has no {below}params.yaml: the project was in another folder of the "
            "repository then, check out that commit and reproduce there"
        )
    return tree / below


def remove_worktree(root: Path, tree: Path) -> None:
    """Remove git's record of the folder that `add_worktree` made."""
    _git(root, "worktree", "remove", "--force", str(tree))
