"""`pull`: fetch the tracked raw table."""

from pathlib import Path

from ..base.errors import ProjectError
from .sample import SAMPLE, write_sample


def pull() -> None:
    """Fetch the tracked raw table from DVC's cache or remote."""
    in_folder(Path.cwd())


def in_folder(root: Path) -> None:
    """Fetch the tracked raw table into `root`, from the cache or the remote.

    Raises ProjectError if neither has the content its .dvc file names.
    """
    from ..base import dvc
    from ..base.console import Screen
    from ..base.files import digest
    from ..params.config import load_params
    from ..workspace import Workspace

    params, screen = load_params(root / "params.yaml"), Screen(0)
    source = Workspace.at(root).source(params)
    wanted = None if params.data.remote else dvc.recorded(source)
    if wanted is None:
        screen.say(" data      nothing is tracked by DVC yet")
    elif source.exists() and digest(source, "md5") == wanted:
        screen.say(f" data      {params.data.source} is here")
    elif dvc.fetched(root, source):
        screen.say(f" data      {params.data.source} from DVC")
    elif params.data.source == str(SAMPLE) and _sample_again(source, wanted):
        screen.say(f" data      {params.data.source} generated again, the same bytes")
    else:
        raise ProjectError(
            f"{params.data.source} (md5 {wanted[:12]}) is neither in DVC's cache nor in its "
            "remote: "
            "run `make push` where the table is; docs/workflows.md says what a job may read"
        )


def _sample_again(path: Path, wanted: str) -> bool:
    """Generate the sample table if no remote has it. Returns whether it is the tracked one."""
    from ..base.files import digest

    write_sample(path, None, None)
    if digest(path, "md5") == wanted:
        return True
    path.unlink()
    return False
