"""Metrics by task, each with the direction in which it is better."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from ..data.labels import Cut, labels

Direction = Literal["minimize", "maximize"]
Array = npt.NDArray[np.float64]

DIRECTIONS: dict[str, dict[str, Direction]] = {
    "regression": {
        "rmse": "minimize",
        "mae": "minimize",
        "r2": "maximize",
        "smape": "minimize",
    },
    "binary": {
        "log_loss": "minimize",
        "roc_auc": "maximize",
        "average_precision": "maximize",
        "f1": "maximize",
        "accuracy": "maximize",
        "brier": "minimize",
    },
    "multiclass": {
        "log_loss": "minimize",
        "accuracy": "maximize",
        "f1_macro": "maximize",
    },
}
BUILT_IN = {task: dict(names) for task, names in DIRECTIONS.items()}
# Of truth and prediction; of classes also of the answered codes, shape (n,).
Measure = Callable[..., float]


@dataclass(frozen=True)
class Own:
    """A metric that the project declares; `compute` raises ProjectError for a non-number."""

    direction: Direction
    tasks: tuple[str, ...]
    compute: Measure


_OWN: dict[str, Own] = {}


def add_own(found: Mapping[str, Own]) -> None:
    """Register the project's own metrics, replacing those registered before."""
    _OWN.clear()
    _OWN.update(found)
    for task in DIRECTIONS:
        use(task, ())


def choosable(task: str) -> tuple[str, ...]:
    """Names allowed in params.yaml: the built-in metrics, then the project's own."""
    own = (name for name, metric in _OWN.items() if task in metric.tasks)
    return (*BUILT_IN[task], *own)


def use(task: str, names: Collection[str]) -> None:
    """Also compute and show these of the project's own metrics."""
    own = {
        name: metric.direction
        for name, metric in _OWN.items()
        if name in names and task in metric.tasks
    }
    DIRECTIONS[task] = {**BUILT_IN[task], **own}


def primary_metric(task: str) -> str:
    """The deciding metric if params name none: the first of the task."""
    return next(iter(DIRECTIONS[task]))


def better(task: str, metric: str, a: float, b: float) -> bool:
    """Whether `a` is strictly better than `b`; a NaN is never better."""
    return a < b if DIRECTIONS[task][metric] == "minimize" else a > b


def gain(task: str, metric: str, new: float, old: float) -> float:
    """Relative improvement of `new` over `old`, positive if better; NaN if either is NaN."""
    change = (new - old) / max(abs(old), 1e-12)
    return -change if DIRECTIONS[task][metric] == "minimize" else change


def compute(task: str, truth: Array, prediction: Array, cut: Cut | None = None) -> dict[str, float]:
    """Return every metric of the task.

    `truth` has shape (n,): numbers, or class codes 0..k-1. `prediction` has shape (n,) for
    regression and (n, k) class probabilities otherwise. `cut` is the decision threshold for labels
    (f1, accuracy); without it the likeliest class is used. A metric that cannot be computed is NaN.
    Raises ProjectError for a fault in one of the project's own metrics.
    """
    if not len(truth):
        return dict.fromkeys(DIRECTIONS[task], float("nan"))
    if not np.isfinite(prediction).all():
        return dict.fromkeys(DIRECTIONS[task], float("nan"))
    own = [name for name in DIRECTIONS[task] if name not in BUILT_IN[task]]
    if task == "regression":
        found = _regression(truth, prediction)
    elif task == "binary":
        found = _binary(truth, prediction, cut)
    else:
        found = _multiclass(truth, prediction)
    answered = () if task == "regression" or not own else (labels(prediction, cut),)
    return {**found, **{name: _OWN[name].compute(truth, prediction, *answered) for name in own}}


def complete(task: str, metrics: Mapping[str, float]) -> bool:
    """Whether every metric of the task is present and finite."""
    return all(np.isfinite(metrics.get(name, np.nan)) for name in DIRECTIONS[task])


def _regression(truth: Array, prediction: Array) -> dict[str, float]:
    error = prediction - truth
    spread = float(np.sum((truth - truth.mean()) ** 2))
    size = np.abs(truth) + np.abs(prediction)
    ratio = np.divide(2 * np.abs(error), size, out=np.zeros_like(size), where=size > 0)
    return {
        "rmse": float(np.sqrt(np.mean(error**2))),
        "mae": float(np.mean(np.abs(error))),
        "r2": 1 - float(np.sum(error**2)) / spread if spread > 0 else float("nan"),
        "smape": float(np.mean(ratio)),  # Makridakis 1993, as a share of 1
    }


def _binary(truth: Array, probabilities: Array, cut: Cut | None) -> dict[str, float]:
    from sklearn import metrics as sk

    positive = probabilities[:, 1]
    label = labels(probabilities, cut)
    both = len(np.unique(truth)) == 2
    return {
        "log_loss": float(sk.log_loss(truth, probabilities, labels=[0, 1])),
        "roc_auc": float(sk.roc_auc_score(truth, positive)) if both else float("nan"),
        "average_precision": float(sk.average_precision_score(truth, positive))
        if both
        else float("nan"),
        "f1": float(sk.f1_score(truth, label, zero_division=0)),
        "accuracy": float(np.mean(label == truth)),
        "brier": float(np.mean((positive - truth) ** 2)),
    }


def _multiclass(truth: Array, probabilities: Array) -> dict[str, float]:
    from sklearn import metrics as sk

    label = labels(probabilities)
    classes = list(range(probabilities.shape[1]))
    return {
        "log_loss": float(sk.log_loss(truth, probabilities, labels=classes)),
        "accuracy": float(np.mean(label == truth)),
        "f1_macro": float(
            sk.f1_score(truth, label, average="macro", labels=classes, zero_division=0)
        ),
    }
