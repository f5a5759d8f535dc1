"""Optuna: the local tuner over the search space of params.yaml."""

from collections.abc import Callable
from typing import Any

from ..model.metrics import Direction
from ..model.search_plan import random_starts
from ..model.search_space import Range, Space

Objective = Callable[[dict[str, Any]], float]


def search(
    space: Space,
    objective: Objective,
    trials: int,
    sampler: str,
    direction: Direction,
    seed: int,
    max_failed: int | None = None,
) -> list[dict[str, Any]]:
    """Run trials, return them in order as {number, params, value}; a failed one has no value.

    The search ends early once more than `max_failed` have failed.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction=direction, sampler=_sampler(sampler, space, trials, seed))

    failed = 0

    def enough(study: Any, ended: Any) -> None:
        nonlocal failed
        failed += ended.value is None
        if max_failed is not None and failed > max_failed:
            study.stop()

    study.optimize(
        lambda trial: objective(
            {name: _suggest(trial, name, item) for name, item in space.items()}
        ),
        n_trials=trials,
        callbacks=[enough],
    )
    return [
        {"number": trial.number, "params": dict(trial.params), "value": trial.value}
        for trial in study.trials
    ]


def _sampler(name: str, space: Space, trials: int, seed: int) -> Any:
    """The closest equivalent of Katib's algorithm, see kubeflow/katib/experiment.py."""
    from optuna import samplers

    if name == "grid":
        return samplers.GridSampler({key: item.values() for key, item in space.items()}, seed=seed)
    if name == "sobol":
        return samplers.QMCSampler(qmc_type="sobol", seed=seed)
    if name == "random":
        return samplers.RandomSampler(seed=seed)
    return samplers.TPESampler(n_startup_trials=random_starts(trials), multivariate=True, seed=seed)


def _suggest(trial: Any, name: str, item: Range) -> Any:
    if item.type == "categorical":
        return trial.suggest_categorical(name, list(item.list or ()))
    low, high = item.bounds
    if item.type == "int":
        return trial.suggest_int(name, int(low), int(high), step=int(item.step or 1), log=item.log)
    return trial.suggest_float(name, low, high, step=item.step, log=item.log)
