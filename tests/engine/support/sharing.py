"""Folders that are costly to make, made once for all workers of a run."""

import os
import shutil

from filelock import FileLock


def once(factory, name, make):
    """Return the folder that `make(folder)` fills, by the first worker that asks: never write."""
    place = factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        place = place.parent
    folder, made = place / name, place / f"{name}.made"
    with FileLock(place / f"{name}.lock"):
        if not made.exists():
            shutil.rmtree(folder, ignore_errors=True)  # of a worker that failed in the middle
            make(folder)
            made.touch()
    return folder
