"""A command's context: the project in a folder, its params with overrides, and its screen."""

from pathlib import Path

from .config import load_params
from .progress import Progress
from .workspace import Context, Workspace


def open_context(
    root: Path, overrides: tuple[str, ...], progress: Progress, experiment: str | None = None
) -> Context:
    """The project in `root`; with `experiment` its runs are tracked as trials.

    Raises ProjectError for params.yaml or overrides that do not fit.
    """
    params = load_params(root / "params.yaml", overrides)
    return Context(
        params, Workspace.at(root), progress=progress, experiment=experiment, overrides=overrides
    )
