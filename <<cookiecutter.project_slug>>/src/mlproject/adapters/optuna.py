"""Optuna: the local tuner over the search space of params.yaml."""

from collections.abc import Callable, Mapping
from typing import Any

from ..config import Range
from ..core.metrics import Direction

Objective = Callable[[dict[str, Any]], float]


def search(
    space: Mapping[str, Range],
    objective: Objective,
    trials: int,
    sampler: str,
    direction: Direction,
    seed: int,
) -> list[dict[str, Any]]:
    """Run trials, return them in order as {number, params, value}; a failed one has no value."""
    import optuna

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    samplers = optuna.samplers
    chosen = (
        samplers.TPESampler(seed=seed) if sampler == "tpe" else samplers.RandomSampler(seed=seed)
    )
    study = optuna.create_study(direction=direction, sampler=chosen)
    study.optimize(
        lambda trial: objective(
            {name: _suggest(trial, name, item) for name, item in space.items()}
        ),
        n_trials=trials,
    )
    return [
        {"number": trial.number, "params": dict(trial.params), "value": trial.value}
        for trial in study.trials
    ]


def _suggest(trial: Any, name: str, item: Range) -> Any:
    if item.type == "categorical":
        return trial.suggest_categorical(name, list(item.list or ()))
    low, high = item.min or 0.0, item.max or 0.0  # a Range of these types has both
    if item.type == "int":
        return trial.suggest_int(name, int(low), int(high), step=int(item.step or 1), log=item.log)
    return trial.suggest_float(name, low, high, step=item.step, log=item.log)
