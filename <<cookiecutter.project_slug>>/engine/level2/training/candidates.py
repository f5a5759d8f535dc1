"""The candidate families: the search of each on the validation rows, and the choice among them."""

import math
from collections.abc import Callable
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from ..base.errors import ProjectError
from ..base.files import write_record
from ..data import parquet
from ..features.transforms import model_features
from ..model import constraints, estimators, frames, metrics, weighing, wording
from ..model.records import Tuning
from ..model.search_plan import Plan, shares
from ..model.search_space import first
from ..model.split import TRAIN, VALIDATION
from ..project import Context
from . import optuna, tuners
from .tuners import Trials

Score = Callable[[str, dict[str, Any]], float]


def search(context: Context, plan: Plan) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """A branch of trials for each family of the plan, with its best, and where they ran."""
    for family, space in plan.spaces.items():
        check_family(family)
        asked = context.params.train.monotonic, context.params.data.sample_weight
        estimators.check_able(family, plan.task, first(space), *map(bool, asked))
    tuner = context.settings.tuner
    run_trials = _local if tuner == "optuna" else tuners.registered(tuner)
    found, where = run_trials(context, plan)
    branches = [
        {"family": family, "trials": trials, "best": pick(plan.task, plan.metric, trials)}
        for family, trials in found.items()
    ]
    return branches, where


def decide(
    context: Context, tuner: str, branches: list[dict[str, Any]], where: tuple[str, ...] = ()
) -> tuple[str, Tuning]:
    """Choose among the branches and write the record. Returns one line and the record."""
    params = context.params
    chosen = choose(params.data.task, params.metric, branches)
    tuning: Tuning = {
        "metric": params.metric,
        "tuner": tuner,
        "branches": branches,
        "chosen": chosen,
    }
    tuning = write_record(context.workspace.tuning, tuning)
    count = sum(len(branch["trials"]) for branch in branches)
    reached = wording.metric(params.metric, chosen["value"])
    best = f"best {params.metric} {reached} by {chosen['family']}"
    return " · ".join([f"{count} trials", best, *where]), tuning


def plan_of(context: Context) -> Plan:
    """The search, for either tuner."""
    params, section = context.params, context.params.tune
    return Plan(
        task=params.data.task,
        metric=params.metric,
        direction=metrics.DIRECTIONS[params.data.task][params.metric],
        sampler=section.sampler,
        seed=params.train.seed,
        max_failed=section.max_failed_trials,
        shares=shares(section.trials, section.families, section.sampler),
        spaces=section.families,
    )


def _local(context: Context, plan: Plan) -> tuple[Trials, tuple[str, ...]]:
    """Every family's trials, one after another in this process; with an empty note."""
    score = scorer(context)
    total, best = sum(plan.shares.values()), math.nan
    found: Trials = {}
    done = 0

    def trial(family: str, values: dict[str, Any]) -> float:
        nonlocal done, best
        value = score(family, values)
        value = value if math.isfinite(value) else math.nan
        if math.isnan(best) or metrics.better(plan.task, plan.metric, value, best):
            best = value
        done += 1
        reached = wording.metric(plan.metric, best)
        context.progress.update(done, total, f"best {plan.metric} {reached}")
        return value

    with estimators.pinned(context.params.train.threads):
        for family in plan.spaces:
            found[family] = optuna.search(
                plan.spaces[family],
                partial(trial, family),
                plan.shares[family],
                plan.sampler,
                plan.direction,
                plan.seed,
                plan.max_failed,
            )
            check_failures(plan, family, found[family])
    return found, ()


def check_failures(plan: Plan, family: str, trials: list[dict[str, Any]]) -> None:
    """Raise ProjectError if more trials than allowed gave no score."""
    failed = sum(trial["value"] is None for trial in trials)
    if failed > min(plan.max_failed, plan.shares[family]):
        raise ProjectError(
            f"{failed} trials of {family} gave no finite {plan.metric}, tune.max_failed_trials "
            f"allows {plan.max_failed}: look at its search space in params.yaml"
        )


def scorer(context: Context, source: Path | None = None) -> Score:
    """Return a function that trains on the training rows and scores on the validation rows.

    Both tuners use it as their trial. The rows are those of `build_dataset`, or of the file
    `source`.
    """
    params, workspace = context.params, context.workspace
    contract = params.data
    features = model_features(contract, params.featurize)
    numbers = [name for name, item in features.items() if item.numeric]
    path = source or workspace.need(workspace.dataset, "build_dataset")
    weight = contract.sample_weight
    columns = [*features, contract.target, *([weight] if weight else []), "split"]
    dataset = parquet.read(path, columns)
    parts = {
        name: frames.examples(dataset, dataset["split"] == name, features, contract.target)
        for name in (TRAIN, VALIDATION)
    }
    weights = frames.weights(dataset, dataset["split"] == TRAIN, weight)
    del dataset

    @lru_cache(maxsize=1)  # trials come family by family, and their inputs are the same
    def inputs(family: str) -> tuple[Any, Any]:
        prepare = estimators.inputs(family, features, contract.task, params.train.seed)
        fitted = weighing.inputs(prepare, *parts[TRAIN], weights)
        return fitted, prepare.transform(parts[VALIDATION][0])

    def score(family: str, values: dict[str, Any]) -> float:
        train, validation = inputs(family)
        try:
            model = estimators.estimator(
                family, contract.task, values, params.train.seed, params.class_weight
            )
            constraints.constrain(model, numbers, train.shape[1], params.train.monotonic, family)
            weighing.fit(model, train, parts[TRAIN][1], weights, family)
        except (TypeError, ValueError) as error:  # an unknown parameter, a value out of its range
            if str(error).startswith("Floating-point under-/overflow"):
                return math.nan  # gradient descent with steps too long for these rows
            raise ProjectError(
                f"params.yaml: tune.families.{family} does not take {values}: "
                f"{str(error).splitlines()[0]}"
            ) from error
        prediction = estimators.predict(model, contract.task, validation)
        return metrics.compute(contract.task, parts[VALIDATION][1], prediction)[params.metric]

    return score


def check_family(family: str, place: str = "params.yaml: tune.families.") -> None:
    """Raise ProjectError for an unknown estimator."""
    if family not in estimators.FAMILIES:
        raise ProjectError(
            f"{place}{family} is not known, "
            f"use {', '.join(estimators.FAMILIES)} or add it to ESTIMATORS in estimators.py"
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
    """The best branch. Raises ProjectError if no trial of any branch gave a finite value."""
    finished = [
        {**branch["best"], "family": branch["family"]} for branch in branches if branch["best"]
    ]
    winner = pick(task, metric, finished)
    if winner is None:
        raise ProjectError(
            f"no trial gave a finite {metric}: look at the search space in params.yaml: tune"
        )
    return {key: winner[key] for key in ("family", "params", "value")}
