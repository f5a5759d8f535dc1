"""Experiments: the same steps with other settings, tracked separately, never registered."""

import hashlib
import itertools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..base.errors import ProjectError
from ..base.files import read_json, write_json, write_record
from ..base.progress import Progress
from ..base.yaml_file import read_yaml
from ..model.metrics import DIRECTIONS
from ..model.records import Evaluation, Records, Tuning
from ..params.config import Params
from ..project import Context
from ..workspace import Workspace
from .graph import EXPERIMENT_STEPS, STEPS, step_named
from .loop import run_steps, sole_run

MOST_RUNS = 500
LONGEST_NAME = 48  # characters of a name made of knobs


def context_of(
    root: Path, params: Params, name: str, progress: Progress, overrides: tuple[str, ...] = ()
) -> Context:
    """A separate workspace for the trial `name`. Raises ProjectError for an invalid name."""
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ProjectError(
            f"`{name}` is not a name for an experiment: use letters, digits, - and _"
        )
    workspace = Workspace.at(root, name)
    return Context(params, workspace, progress=progress, experiment=name, overrides=overrides)


def experiment(context: Context, report: Callable[[int, str, str, float], None]) -> Evaluation:
    """One run of the experimental steps; `report` is called after each, as `run_steps` does.

    Returns what the candidate was measured at.
    """
    with sole_run(context.workspace):
        _close_abandoned(context)
        return run_steps(context, EXPERIMENT_STEPS, None, report)["evaluation"]


def beside_champion(name: str, evaluation: Evaluation) -> dict[str, dict[str, float | None]]:
    """Metrics of a trial and of the champion on the same rows, if it can be measured there."""
    champion = evaluation["champion"]
    columns: dict[str, dict[str, float | None]] = {name: {**evaluation["candidate"]["metrics"]}}
    if champion and champion["comparable"]:
        columns[f"champion v{champion['version']}"] = {**champion["metrics"]}
    return columns


def name_of(overrides: tuple[str, ...]) -> str:
    """A name derived from the settings, so that different settings never overwrite each other."""
    if not overrides:
        raise ProjectError(
            "an experiment without a changed setting repeats the run: "
            "say SET=tune.trials=40, or give it a NAME"
        )
    text = "_".join(overrides)
    name = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
    plain = re.fullmatch(r"[\w.]+=[\w.]+", text, re.ASCII) and len(name) <= LONGEST_NAME
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    return name if plain else f"{name[:LONGEST_NAME]}-{digest}"


def sweep(context: Context, runs: list[tuple[str, dict[str, Any]]]) -> list[dict[str, Any]]:
    """Train every family with its parameters; write and return them ranked, best first.

    Each is `family`, `params`, `value` of the deciding metric and `run_id` in MLflow.
    """
    params = context.params
    rows: list[dict[str, Any]] = []
    with sole_run(context.workspace):
        _close_abandoned(context)
        run_steps(context, STEPS[:4], None, lambda *_: None)
        for number, (family, values) in enumerate(runs, start=1):
            rows.append(_one(context, family, values))
            context.progress.update(number, len(runs), family)
    reverse = DIRECTIONS[params.data.task][params.metric] == "maximize"
    ranked = sorted(rows, key=lambda row: row["value"], reverse=reverse)
    write_json(context.workspace.out / "ranking.json", ranked)
    return ranked


def _close_abandoned(context: Context) -> None:
    """Also checks that MLflow responds before any work is done."""
    from ..registry import tracking

    tracking.registry(context).close_abandoned(tracking.EXPERIMENTS)


def combinations(file: Path) -> list[tuple[str, dict[str, Any]]]:
    """The runs of a sweep file. Raises ProjectError for anything but lists of values."""
    from . import candidates  # scikit-learn: only for a sweep

    found = []
    for family, space in read_yaml(file).items():
        candidates.check_family(family, f"{file}: ")
        if not isinstance(space, dict) or not all(
            isinstance(item, list) and item for item in space.values()
        ):
            raise ProjectError(
                f"{file}: {family} must be `parameter: [value, …]`, like `alpha: [0.1, 1, 10]`"
            )
        for values in itertools.product(*space.values()):
            found.append((family, dict(zip(space, values, strict=True))))
    if not 0 < len(found) <= MOST_RUNS:
        raise ProjectError(
            f"{file} asks for {len(found)} runs, between 1 and {MOST_RUNS} are possible"
        )
    return found


def _one(context: Context, family: str, values: dict[str, Any]) -> dict[str, Any]:
    chosen = {"family": family, "params": values, "value": None}
    metric = context.params.metric
    tuning: Tuning = {"metric": metric, "branches": [], "chosen": chosen}
    records: Records = {"tuning": write_record(context.workspace.tuning, tuning)}
    for name in ("train", "evaluate"):
        try:
            step_named(name).run(context, records)
        except (TypeError, ValueError) as error:
            raise ProjectError(
                f"{family} does not take {shown(values)}: {str(error).splitlines()[0]}"
            ) from error
    value = records["evaluation"]["candidate"]["metrics"][metric]
    run_id = read_json(context.workspace.tracked)["run_id"]
    return {"family": family, "params": values, "value": value, "run_id": run_id}


def shown(values: dict[str, Any]) -> str:
    """Parameters of a run as `alpha=0.1, degree=2`."""
    return ", ".join(f"{key}={value}" for key, value in values.items())
