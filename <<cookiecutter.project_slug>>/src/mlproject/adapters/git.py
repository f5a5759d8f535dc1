"""Git: which commit a run was made from."""

import subprocess
from pathlib import Path

from ..errors import ProjectError

DECIDING = ("src", "params.yaml", "feature_repo", "requirements", "data/raw")


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
    """The full SHA of HEAD, or `none` before the first commit."""
    return _git(root, "rev-parse", "HEAD") or "none"


def dirty(root: Path, *more: str) -> bool:
    """Whether what decides a model (code, knobs, locks, data versions, `more`) is not HEAD's."""
    changes = _git(root, "status", "--porcelain", "--", *DECIDING, *more)
    return commit(root) == "none" or changes is None or bool(changes)


def known(root: Path, revision: str) -> bool:
    """Whether the revision is here."""
    return _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") is not None


def changed(root: Path, base: str, *paths: str) -> bool:
    """Whether committed files below `paths` differ from a revision's."""
    return bool(_git(root, "diff", "--name-only", base, "--", *paths))


def start(root: Path) -> bool:
    """Make `root` a repository of its own where it is in none. Returns whether it did.

    A folder that the repository around it ignores is in none.
    """
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


def add_worktree(root: Path, tree: Path, sha: str) -> None:
    """Check a commit out beside the project. Raises ProjectError where it is not there."""
    if _git(root, "worktree", "add", "--quiet", "--detach", str(tree), sha) is None:
        raise ProjectError(f"commit {sha} is not in this repository: fetch the branch it is on")


def remove_worktree(root: Path, tree: Path) -> None:
    """Forget the folder `add_worktree` made."""
    _git(root, "worktree", "remove", "--force", str(tree))
