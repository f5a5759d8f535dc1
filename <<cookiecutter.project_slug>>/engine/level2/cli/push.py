"""`push`: upload data and results, so that every clone can pull what the lock names."""

from pathlib import Path


def push() -> None:
    """Upload data and results to the DVC remote, and check that a clone can pull them."""
    in_folder(Path.cwd())


def in_folder(root: Path) -> None:
    """Push what `root` has made; say where to, and plainly when that is nowhere others reach.

    Raises ProjectError if a remote refuses, or if it lacks files afterwards.
    """
    from ..base import dvc
    from ..base.console import Screen

    screen, url = Screen(0), dvc.remote(root)
    if url is None:
        screen.say(
            " push      nothing: .dvc/config names no remote, so data and results stay in this "
            "folder's cache and no clone can pull them",
            "yellow",
        )
        return
    screen.say(f" push      {dvc.push(root).rstrip('.')} · {shown(url)}")
    if "://" not in url:
        screen.say(
            " note      the remote is a folder of this machine: a clone elsewhere cannot pull, "
            "until `dvc remote modify storage url` names a store that others reach",
            "yellow",
        )


def shown(url: str) -> str:
    """An address without user and password."""
    scheme, separator, rest = url.rpartition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2] if separator else rest}"
