"""`experiment`: run the loop with other settings, outside the registry."""

from pathlib import Path
from typing import Annotated

import typer

from ._options import Overrides


def experiment(
    name: Annotated[
        str | None, typer.Option(help="Name of run and folder; by default from the knobs.")
    ] = None,
    overrides: Overrides = None,
) -> None:
    """Run the loop with other settings, tracked under `experiments`, outside the registry."""
    in_folder(Path.cwd(), name, tuple(overrides or ()))


def in_folder(root: Path, name: str | None, overrides: tuple[str, ...]) -> None:
    """Run the experimental steps of the project in `root` and show the trial's metrics."""
    from ..base.console import Screen
    from ..base.files import read_json
    from ..model import wording
    from ..model.metrics import DIRECTIONS
    from ..params.config import load_params
    from ..training import experiments
    from ..training.graph import EXPERIMENT_STEPS

    name = name or experiments.name_of(overrides)
    screen = Screen(len(EXPERIMENT_STEPS))
    params = load_params(root / "params.yaml", overrides)
    context = experiments.context_of(root, params, name, screen, overrides)
    evaluation = experiments.experiment(context, screen.step)
    workspace = context.workspace
    columns = experiments.beside_champion(name, evaluation)
    names = list(DIRECTIONS[params.data.task])
    screen.say()
    screen.rows("", *wording.metrics_table(columns, names, evaluation["unit"]))
    run_id = read_json(workspace.tracked)["run_id"]
    screen.say(f" tracked   run {run_id[:8]} in MLflow experiment `experiments`")
    screen.say(f" report    {(workspace.reports / 'report.html').relative_to(root)}")
