"""A command's context: the project in a folder, its params with overrides, and its screen."""

from dataclasses import dataclass, field
from pathlib import Path

from .base.progress import Progress, SilentProgress
from .params.config import Params, Settings, load_params
from .workspace import Workspace


@dataclass(frozen=True)
class Context:
    """The context passed to every step."""

    params: Params
    workspace: Workspace
    settings: Settings = field(default_factory=Settings)
    progress: Progress = field(default_factory=SilentProgress)
    experiment: str | None = None  # name of a trial: tracked apart, kept out of the registry
    overrides: tuple[str, ...] = ()  # knobs set by hand, which params.yaml does not record


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
