"""Sample weights: how often a row counts in a fit."""

from typing import TYPE_CHECKING, Any

from ..base.errors import ProjectError
from .metrics import Array

if TYPE_CHECKING:
    import pandas as pd


def inputs(prepare: Any, frame: "pd.DataFrame", truth: Any, weights: Array | None) -> Any:
    """Fit the preprocessing of `model/encoders.py` and return the transformed rows.

    Numbers are standardized by their weighted mean and variance, as if rows were repeated. Medians
    that stand for missing values and the target means of categories count each row once.
    """
    from sklearn.pipeline import Pipeline

    rows = prepare.fit_transform(frame, truth)
    numbers = prepare.named_transformers_.get("numbers")
    if weights is None or not isinstance(numbers, Pipeline):
        return rows
    names = next(names for part, _, names in prepare.transformers if part == "numbers")
    numbers[-1].fit(numbers[:-1].transform(frame[names]), sample_weight=weights)
    return prepare.transform(frame)


def fit(estimator: Any, rows: Any, truth: Any, weights: Array | None, family: str) -> None:
    """Fit an estimator or a Pipeline to weighted rows. Raises ProjectError if it takes none."""
    estimator.fit(rows, truth, **({} if weights is None else {path(estimator, family): weights}))


def path(estimator: Any, family: str) -> str:
    """The name of the weights among the arguments of `fit`. Raises ProjectError without one."""
    from sklearn.pipeline import Pipeline
    from sklearn.utils.validation import has_fit_parameter

    prefix = ""
    while isinstance(estimator, Pipeline):
        name, last = estimator.steps[-1]
        prefix, estimator = f"{prefix}{name}__", last
    if not has_fit_parameter(estimator, "sample_weight"):
        raise ProjectError(
            f"params.yaml: data.sample_weight: {family} takes no sample weights, "
            "leave it out of tune.families"
        )
    return f"{prefix}sample_weight"
