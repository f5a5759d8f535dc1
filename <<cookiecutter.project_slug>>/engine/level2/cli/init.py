"""`init`: git, DVC and data, each only if missing."""

from pathlib import Path
from typing import TYPE_CHECKING

from .sample import SAMPLE, write_sample

if TYPE_CHECKING:
    from ..base.console import Screen


def init() -> None:
    """Set up git, DVC and the sample table if they are missing."""
    in_folder(Path.cwd())


def in_folder(root: Path) -> None:
    """Create what is missing in `root`, and say so once for each."""
    from ..base import dvc, git
    from ..base.console import Screen
    from ..params.config import load_params
    from ..workspace import Workspace

    screen = Screen(0)
    params = load_params(root / "params.yaml")
    fresh = git.start(root)
    if fresh:
        screen.say(" git       this folder was not a repository: created one")
    source = Workspace.at(root).source(params)
    if params.data.remote:
        first_commit(root, screen, fresh)
        return
    if not source.exists() and params.data.source == str(SAMPLE) and not dvc.tracked(source):
        write_sample(source, None, None)
    if source.exists() and not dvc.tracked(source):
        dvc.track(root, source)
        screen.say(f" dvc       tracks {params.data.source}")
    first_commit(root, screen, fresh)


def first_commit(root: Path, screen: "Screen", fresh: bool) -> None:
    """Commit everything in a repository just created; an existing one is left to its owner."""
    from ..base import git

    if fresh and git.commit_all(root, "Generated project"):
        screen.say(" git       first commit made, so that every model can name its code")
