"""The production pipeline in the terminal: what runs, what it leaves, what it prints."""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

from ..base import git, terminal
from ..base.console import Screen
from ..base.errors import ProjectError
from ..base.images import check_by_digest
from ..base.plain import unpacked
from ..project import open_context
from ..training.graph import STEPS
from ..training.loop import sole_run
from ..training.run_loop import summarize
from ..workspace import Workspace
from .task import knobs
from .task_output import STOPPED, SWITCH, Relay

TUNERS = ("katib", "optuna")
TRIGGERS = ("schedule", "data", "drift", "code", "manual")
RESULTS = (*(name for step in STEPS for name in step.outputs), "handed_over", "outcome")
PAGES = ("report_page", "report_summary", "report_plots")


def check_target(image: str, output: Path) -> None:
    """Raise ProjectError for an image without a digest, or a file that is not YAML."""
    if output.suffix != ".yaml":
        raise ProjectError(f"{output}: the pipeline is written as YAML, name the file .yaml")
    check_by_digest(image)


def check_tuner(tuner: str) -> None:
    """Raise ProjectError for an unknown tuner."""
    if tuner not in TUNERS:
        raise ProjectError(f"`{tuner}` is not a tuner: use one of {', '.join(TUNERS)}")


def check_trigger(trigger: str) -> None:
    """Raise ProjectError for an unknown trigger."""
    if trigger not in TRIGGERS:
        raise ProjectError(f"`{trigger}` is not a trigger: use one of {', '.join(TRIGGERS)}")


def commit(root: Path) -> str:
    """The commit the image was built from, empty if the folder differs from it."""
    return "" if git.dirty(root) else git.commit(root)


def say_compiled(output: Path, name: str, image: str) -> None:
    """Print what was written, for which image."""
    Screen(0).say(f" compiled  {name} for {image.rpartition('@')[2][:19]}… into {output}")


@contextlib.contextmanager
def here(
    root: Path, trigger: str, source: str, overrides: tuple[str, ...]
) -> Iterator[tuple[str, Path]]:
    """Yield the pipeline's name and root; show the run's tasks and keep their outputs.

    Raises ProjectError with the message of the task that failed.
    """
    check_trigger(trigger)
    screen = Screen(len(STEPS))
    context = open_context(root, tuple(map(unpacked, knobs(overrides, source))), screen)
    folder = root / "artifacts" / "pipeline"
    relay = Relay(screen, sys.stdout if terminal.debug else None)
    with sole_run(context.workspace):
        shutil.rmtree(folder, ignore_errors=True)  # what an earlier run that failed has left
        with _tasks(root), contextlib.redirect_stdout(relay):
            try:
                yield context.params.data.name, folder
            except RuntimeError as error:  # all that KFP's runner says of a failed task
                _keep(folder, context.workspace, ("outcome",))
                raise ProjectError(relay.reason or str(error)) from error
        _keep(folder, context.workspace, (*RESULTS, *PAGES))
        shutil.rmtree(folder)
        summarize(context, screen, {})


@contextlib.contextmanager
def _tasks(root: Path) -> Iterator[None]:
    """Environment for tasks on this machine."""
    more = {SWITCH: "1", STOPPED: "", "PIPELINE_HOME": str(root)}
    before = {name: os.environ.get(name) for name in more}
    os.environ |= more
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name) if value is None else os.environ.update({name: value})


def _keep(folder: Path, workspace: Workspace, names: tuple[str, ...]) -> None:
    """Move artifacts from KFP's folders to where the loop writes them."""
    for name in names:
        place: Path = getattr(workspace, name)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(place) if place.is_dir() else place.unlink(missing_ok=True)
        for made in folder.glob(f"*/*/{name}"):  # a hand-over is there after a promotion only
            shutil.move(made, place)
