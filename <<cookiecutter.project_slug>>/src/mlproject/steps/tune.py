"""Search the parameters of each candidate estimator on the validation rows."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..adapters import optuna, parquet
from ..adapters.files import write_json
from ..core import estimators, metrics
from ..core.report import wording
from ..core.split import TRAIN, VALIDATION
from ..core.transforms import model_features
from ..errors import ProjectError
from ..workspace import Context

Score = Callable[[str, dict[str, Any]], float]


def run(context: Context) -> str:
    """Write every trial and the chosen family and parameters. Returns one line."""
    params, task = context.params, context.params.data.task
    for family in params.tune.families:
        check_family(family)
    score = scorer(context)
    direction = metrics.DIRECTIONS[task][params.metric]
    shares = _shares(params.tune.trials, list(params.tune.families))
    total, done, best = sum(shares.values()), 0, float("nan")
    branches = []
    for family, space in params.tune.families.items():

        def objective(values: dict[str, Any], family: str = family) -> float:
            nonlocal done, best
            value = score(family, values)
            best = (
                value
                if np.isnan(best) or metrics.better(task, params.metric, value, best)
                else best
            )
            done += 1
            context.progress.update(
                done, total, f"best {params.metric} {wording.metric(params.metric, best)}"
            )
            return value

        with estimators.pinned(params.train.threads):
            trials = optuna.search(
                space, objective, shares[family], params.tune.sampler, direction, params.train.seed
            )
        branches.append(
            {"family": family, "trials": trials, "best": pick(task, params.metric, trials)}
        )
    chosen = choose(task, params.metric, branches)
    write_json(
        context.workspace.tuning, {"metric": params.metric, "branches": branches, "chosen": chosen}
    )
    reached = wording.metric(params.metric, chosen["value"])
    return f"{total} trials · best {params.metric} {reached} by {chosen['family']}"


def scorer(context: Context) -> Score:
    """Return a function that trains on the train rows and scores on the validation rows."""
    params, workspace = context.params, context.workspace
    contract = params.data
    features = model_features(contract, params.featurize)
    columns = [*features, contract.target, "split"]
    dataset = parquet.read(workspace.need(workspace.dataset, "build_dataset"), columns)
    parts = {
        name: estimators.examples(dataset, dataset["split"] == name, features, contract.target)
        for name in (TRAIN, VALIDATION)
    }
    del dataset

    def score(family: str, values: dict[str, Any]) -> float:
        try:
            model = estimators.build(family, contract.task, features, values, params.train.seed)
            model.fit(*parts[TRAIN])
        except (TypeError, ValueError) as error:  # an unknown parameter, a value out of its range
            raise ProjectError(
                f"params.yaml: tune.families.{family} does not take {values}: "
                f"{str(error).splitlines()[0]}"
            ) from error
        frame, truth = parts[VALIDATION]
        prediction = estimators.predict(model, contract.task, frame)
        return metrics.compute(contract.task, truth, prediction)[params.metric]

    return score


def check_family(family: str) -> None:
    """Raise ProjectError for an estimator nobody registered."""
    if family not in estimators.FAMILIES:
        raise ProjectError(
            f"params.yaml: tune.families.{family} is not known, "
            f"use {', '.join(estimators.FAMILIES)} or add it to core/estimators.py"
        )


def pick(task: str, metric: str, trials: list[dict[str, Any]]) -> dict[str, Any] | None:
    """The best finished trial in the metric's own direction, the earliest of equals."""
    best: dict[str, Any] | None = None
    for trial in trials:
        value = trial["value"]
        if value is None or not np.isfinite(value):
            continue
        if best is None or metrics.better(task, metric, value, best["value"]):
            best = trial
    return best


def choose(task: str, metric: str, branches: list[dict[str, Any]]) -> dict[str, Any]:
    """The best branch. Raises ProjectError when no trial of any branch gave a finite value."""
    finished = [
        {**branch["best"], "family": branch["family"]} for branch in branches if branch["best"]
    ]
    winner = pick(task, metric, finished)
    if winner is None:
        raise ProjectError(
            f"no trial gave a finite {metric}: look at the search space in params.yaml: tune"
        )
    return {key: winner[key] for key in ("family", "params", "value")}


def _shares(trials: int, families: list[str]) -> dict[str, int]:
    """Trials of each branch: equal parts, at least one each."""
    count = len(families)
    return {
        family: max(1, trials // count + (rank < trials % count))
        for rank, family in enumerate(families)
    }
