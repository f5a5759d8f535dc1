"""What a command does with a promoted model beside serving it."""

from pathlib import Path

from .config import load_params
from .console import Screen
from .steps import bundle as bundle_step
from .workspace import Context, Workspace


def bundle(root: Path, output: Path, number: str) -> None:
    """Write a version as a folder and say so."""
    context = Context(load_params(root / "params.yaml"), Workspace.at(root))
    Screen(0).say(f" bundle    {bundle_step.run(context, output, number)}")
