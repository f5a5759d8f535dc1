"""`pull`: fetch the tracked raw tables."""

from pathlib import Path

from ..base.errors import ProjectError
from .sample import SAMPLE, write_sample


def pull() -> None:
    """Fetch the tracked raw tables from DVC's cache or remote."""
    in_folder(Path.cwd())


def in_folder(root: Path) -> None:
    """Fetch the tracked raw tables into `root`, from the cache or the remote.

    Raises ProjectError if neither has the content a .dvc file names.
    """
    from ..base import dvc
    from ..base.console import Screen
    from ..base.files import digest
    from ..params.config import load_params
    from ..workspace import Workspace

    params, screen = load_params(root / "params.yaml"), Screen(0)
    files = {params.data.source: Workspace.at(root).source(params)}
    for item in params.data.sources.values():
        files[item.path] = Workspace.at(root).source_file(item.path)
    for name, path in files.items():
        wanted = None if "://" in name else dvc.recorded(path)
        if wanted is None:
            screen.say(f" data      {name} is not tracked by DVC yet")
        elif path.exists() and digest(path, "md5") == wanted:
            screen.say(f" data      {name} is here")
        elif dvc.fetched(root, path):
            screen.say(f" data      {name} from DVC")
        elif name == str(SAMPLE) and _sample_again(path, wanted):
            screen.say(f" data      {name} generated again, the same bytes")
        else:
            raise ProjectError(
                f"{name} (md5 {wanted[:12]}) is neither in DVC's cache nor in its remote: "
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
