"""Trials: the same steps with other knobs, tracked apart, never in the registry."""

import hashlib
import itertools
import re
from pathlib import Path
from typing import Any

from .adapters.files import read_json, write_json
from .config import Params, load_params
from .console import Screen
from .core.metrics import DIRECTIONS
from .core.report import wording
from .errors import ProjectError
from .loop import EXPERIMENT_STEPS, STEPS, run_steps, sole_run, step_named
from .params_file import read_yaml
from .workspace import Context, Workspace

MOST_RUNS = 500
LONGEST_NAME = 48  # characters of a name made of knobs


def experiment(root: Path, name: str | None, overrides: tuple[str, ...]) -> None:
    """One run of the experimental steps in a workspace of its own."""
    name = name or name_of(overrides)
    screen = Screen(len(EXPERIMENT_STEPS))
    params = load_params(root / "params.yaml", overrides)
    context = _context(root, params, name, screen, overrides)
    with sole_run(context.workspace):
        _close_abandoned(context)
        run_steps(context, EXPERIMENT_STEPS, None, screen.step)
    evaluation = read_json(context.workspace.evaluation)
    screen.say()
    columns, names = beside_champion(name, evaluation), list(DIRECTIONS[params.data.task])
    screen.rows("", *wording.metrics_table(columns, names, evaluation["unit"]))
    run_id = read_json(context.workspace.tracked)["run_id"]
    screen.say(f" tracked   run {run_id[:8]} in MLflow experiment `experiments`")
    screen.say(f" report    {(context.workspace.reports / 'report.html').relative_to(root)}")


def beside_champion(name: str, evaluation: dict[str, Any]) -> dict[str, dict[str, float | None]]:
    """Metrics of a trial and of the champion on the same rows, where it can be measured there."""
    champion = evaluation["champion"]
    columns = {name: evaluation["candidate"]["metrics"]}
    if champion and champion["comparable"]:
        columns[f"champion v{champion['version']}"] = champion["metrics"]
    return columns


def name_of(overrides: tuple[str, ...]) -> str:
    """A name made of the knobs: other knobs never overwrite what these have left."""
    if not overrides:
        raise ProjectError(
            "an experiment without another knob is the run again: "
            "say SET=tune.trials=40, or give it a NAME"
        )
    text = "_".join(overrides)
    name = re.sub(r"[^A-Za-z0-9]+", "-", text).strip("-")
    plain = re.fullmatch(r"[\w.]+=[\w.]+", text, re.ASCII) and len(name) <= LONGEST_NAME
    digest = hashlib.sha256(text.encode()).hexdigest()[:6]
    return name if plain else f"{name[:LONGEST_NAME]}-{digest}"


def sweep(root: Path, file: Path) -> None:
    """Every combination of `family: {parameter: [values]}`, ranked by the deciding metric."""
    params = load_params(root / "params.yaml")
    runs = combinations(file)
    screen = Screen(len(runs))
    context = _context(root, params, f"sweep-{file.stem}", screen)
    rows: list[dict[str, Any]] = []
    with sole_run(context.workspace):
        _close_abandoned(context)
        run_steps(context, STEPS[:4], None, lambda *_: None)
        for number, (family, values) in enumerate(runs, start=1):
            rows.append(_one(context, family, values))
            screen.update(number, len(runs), family)
    reverse = DIRECTIONS[params.data.task][params.metric] == "maximize"
    ranked = sorted(rows, key=lambda row: row["value"], reverse=reverse)
    write_json(context.workspace.out / "ranking.json", ranked)
    screen.say()
    screen.rows(
        f"{len(ranked)} runs of {file.name}, best first",
        ["family", "parameters", params.metric, "run"],
        [
            [
                row["family"],
                _shown(row["params"]),
                wording.metric(params.metric, row["value"]),
                row["run_id"][:8],
            ]
            for row in ranked
        ],
    )


def _close_abandoned(context: Context) -> None:
    """Also find out whether MLflow answers before any work is done."""
    from . import tracking

    tracking.registry(context).close_abandoned(tracking.EXPERIMENTS)


def combinations(file: Path) -> list[tuple[str, dict[str, Any]]]:
    """The runs a sweep file asks for. Raises ProjectError for anything but lists of values."""
    found = []
    for family, space in read_yaml(file).items():
        step_named("tune").load().check_family(family, f"{file}: ")
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
    write_json(
        context.workspace.tuning,
        {"metric": context.params.metric, "branches": [], "chosen": chosen},
    )
    for name in ("train", "evaluate"):
        try:
            step_named(name).run(context)
        except (TypeError, ValueError) as error:
            raise ProjectError(
                f"{family} does not take {_shown(values)}: {str(error).splitlines()[0]}"
            ) from error
    value = read_json(context.workspace.metrics)["candidate"][context.params.metric]
    run_id = read_json(context.workspace.tracked)["run_id"]
    return {"family": family, "params": values, "value": value, "run_id": run_id}


def _context(
    root: Path, params: Params, name: str, screen: Screen, overrides: tuple[str, ...] = ()
) -> Context:
    if not name.replace("-", "").replace("_", "").isalnum():
        raise ProjectError(f"`{name}` is no name for an experiment: use letters, digits, - and _")
    workspace = Workspace.at(root, name)
    return Context(params, workspace, progress=screen, experiment=name, overrides=overrides)


def _shown(values: dict[str, Any]) -> str:
    return ", ".join(f"{key}={value}" for key, value in values.items())
