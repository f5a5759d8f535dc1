"""Git: which commit a run was made from."""

import os
import shlex
import subprocess
from pathlib import Path

from .errors import ProjectError

DECIDING = ("engine", "src", "params.yaml", "feature_repo", "requirements", "data/raw")
_ENGLISH = {"LC_ALL": "C.UTF-8", "LANGUAGE": "en"}  # git's own sentences are read


def _git(root: Path, *words: str) -> str | None:
    """Output of a git command, None where it fails or git is not there."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *words], capture_output=True, text=True, check=False
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None


def commit(root: Path) -> str:
    """The full SHA of HEAD, or `none` before the first commit, outside a repository, without git.

    Raises ProjectError where git refuses the repository that is here.
    """
    found = _git(root, "rev-parse", "--verify", "--quiet", "HEAD")
    if found is None:
        check(root)
    return found or "none"


def check(root: Path) -> None:
    """Raise ProjectError where `root` lies in a repository that git refuses to read."""
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
    """Whether what decides a model (code, knobs, locks, data versions, `more`) is not HEAD's."""
    changes = _git(root, "status", "--porcelain", "--", *DECIDING, *more)
    return commit(root) == "none" or changes is None or bool(changes)


def known(root: Path, revision: str) -> bool:
    """Whether the revision is here. Raises ProjectError where git refuses the repository."""
    check(root)
    return _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") is not None


def changed(root: Path, base: str, *paths: str) -> bool:
    """Whether committed files below `paths` differ from a revision's."""
    return bool(_git(root, "diff", "--name-only", base, "--", *paths))


def start(root: Path) -> bool:
    """Make `root` a repository of its own where it is in none. Returns whether it did.

    A folder that the repository around it ignores is in none. Raises ProjectError where git
    refuses the repository that is here.
    """
    check(root)
    ignored = _git(root, "check-ignore", "--quiet", str(root)) is not None
    if _git(root, "rev-parse", "--git-dir") is not None and not ignored:
        return False
    return _git(root, "init", "--quiet", "--initial-branch=main") is not None


def knows_user(root: Path) -> bool:
    """Whether a commit that the user makes has a name and an address."""
    return all(_git(root, "var", f"GIT_{who}_IDENT") for who in ("AUTHOR", "COMMITTER"))


def commit_all(root: Path, message: str) -> bool:
    """Commit everything not ignored, as the user, or as the project where git knows no user."""
    identity: list[str] = []
    if not _git(root, "config", "user.email"):
        identity = ["-c", "user.name=Project Setup", "-c", "user.email=setup@localhost"]
    if _git(root, "add", "--all") is None:
        return False
    return _git(root, *identity, "commit", "--quiet", "--message", message) is not None


def commit_only(root: Path, message: str, *paths: str) -> bool:
    """Commit these files and nothing else that has changed. Returns whether they are committed."""
    if not knows_user(root) or _git(root, "add", "--", *paths) is None:
        return False
    if _git(root, "diff", "--cached", "--quiet", "--", *paths) is not None:
        return True
    return _git(root, "commit", "--quiet", "--message", message, "--", *paths) is not None


def add_worktree(root: Path, tree: Path, sha: str) -> Path:
    """Check a commit out into the folder `tree`. Returns the project's folder in it.

    Raises ProjectError where the commit is not there, or the project was not there yet.
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
    """Forget the folder `add_worktree` made."""
    _git(root, "worktree", "remove", "--force", str(tree))
