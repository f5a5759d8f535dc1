"""The steps of the loop as separate commands, which DVC, KFP and Katib call."""

from collections.abc import Callable
from pathlib import Path

from ._options import Experiment, Overrides

PLAIN = (
    "ingest",
    "validate",
    "featurize",
    "build_dataset",
    "tune",
    "evaluate",
    "promote",
    "report",
)  # train takes more


def command(name: str) -> Callable[..., None]:
    """Return the function that runs the step of that name alone."""

    def run(overrides: Overrides = None, experiment: Experiment = None) -> None:
        in_folder(Path.cwd(), name, tuple(overrides or ()), experiment)

    return run


def in_folder(root: Path, name: str, overrides: tuple[str, ...], experiment: str | None) -> None:
    """Run one step of the project in `root`; with `experiment` it is tracked as a trial."""
    from ..base.console import Screen
    from ..project import open_context
    from ..training.graph import STEPS, step_named
    from ..training.loop import run_steps, sole_run

    screen = Screen(len(STEPS))
    context = open_context(root, overrides, screen, experiment)
    step = step_named(name)
    number = STEPS.index(step) + 1
    with sole_run(context.workspace):
        run_steps(
            context,
            [step],
            None,
            lambda _, name, detail, seconds: screen.step(number, name, detail, seconds),
        )
