"""Tables made elsewhere, tried where they are: in SHARED_DATA, or a folder shared/data above."""

import os
from pathlib import Path

import pytest


def shared_table(name: str) -> Path:
    """The path of a table nobody here made; skips where it is absent."""
    folders = [Path(os.environ["SHARED_DATA"])] if "SHARED_DATA" in os.environ else []
    folders += [parent / "shared" / "data" for parent in Path(__file__).resolve().parents]
    for folder in folders:
        if (folder / name).is_file():
            return folder / name
    pytest.skip(f"{name} is not on this machine: name its folder in SHARED_DATA to try it")
