"""Candidate estimators with their inputs: built, fitted under limits, asked for predictions."""

import contextlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..base import scikit
from ..data.feature import Feature
from ..data.labels import Cut
from . import encoders, weighing
from .constraints import refuse_unable
from .families import BUILT_IN as BUILT_IN
from .families import SHIPPED as SHIPPED
from .families import TRUSTED as TRUSTED
from .families import Family as Family
from .metrics import Array

FAMILIES: dict[str, Family] = dict(SHIPPED)

ANSWERING = (
    "sklearn.frozen._frozen.FrozenEstimator",
    "sklearn.model_selection._classification_threshold.FixedThresholdClassifier",
)


def add_own(families: Mapping[str, Family]) -> None:
    """Register the project's own families by name, replacing those registered before.

    One may have the name of a shipped one that is not `BUILT_IN`, and is then used instead.
    """
    FAMILIES.clear()
    FAMILIES.update({**SHIPPED, **families})


def build(
    family: str,
    task: str,
    features: Mapping[str, Feature],
    params: Mapping[str, Any],
    seed: int,
    class_weight: str | Mapping[int, float] = "none",
) -> Any:
    """Return an unfitted scikit-learn Pipeline from a model frame to predictions."""
    from sklearn.pipeline import Pipeline

    model = estimator(family, task, params, seed, class_weight)
    return Pipeline([("inputs", inputs(family, features, task, seed)), ("model", model)])


def estimator(
    family: str,
    task: str,
    params: Mapping[str, Any],
    seed: int,
    class_weight: str | Mapping[int, float] = "none",
) -> Any:
    """An unfitted model; `class_weight` in a search space takes precedence over the setting.

    It is `none`, `balanced` or a weight for each class code. With weights, probabilities are no
    longer shares of rows: rare classes get more. Raises ValueError or TypeError for parameters that
    the family does not accept.
    """
    weighted = {"class_weight": class_weight} if task != "regression" else {}
    values = {**weighted, **params}
    if values.get("class_weight") == "none":
        del values["class_weight"]  # the default of every family, even of one that knows none
    return FAMILIES[family].build(task, values, seed)


def check_able(
    family: str, task: str, params: Mapping[str, Any], constrained: bool, weighted: bool
) -> None:
    """Raise ProjectError if the family takes no constraints or sample weights and has to."""
    if not constrained and not weighted:
        return
    with contextlib.suppress(TypeError, ValueError):  # a trial says what it does not take
        model = estimator(family, task, params, 0)
        if constrained:
            refuse_unable(model, family)
        if weighted:
            weighing.path(model, family)


def pinned(threads: int) -> Any:
    """A context in which OpenMP and BLAS use that many threads.

    More threads add numbers in another order, so that machines would differ in the last digits; and
    on busy cores they wait for one another.
    """
    from threadpoolctl import threadpool_limits

    scikit.load()  # its OpenMP must be there before it can be limited

    return threadpool_limits(limits=threads)


def baseline(task: str) -> Any:
    """The simplest predictor: the mean, or the class shares."""
    from sklearn.dummy import DummyClassifier, DummyRegressor

    return DummyRegressor() if task == "regression" else DummyClassifier(strategy="prior")


def answering(model: Any, cut: Cut | None, frame: pd.DataFrame) -> Any:
    """A fitted classifier whose `predict` applies the threshold; other models unchanged.

    For servers that ask scikit-learn for labels. `frame` is any model frame of two rows or more.
    """
    if cut is None:
        return model
    from sklearn.frozen import FrozenEstimator
    from sklearn.model_selection import FixedThresholdClassifier

    fixed = FixedThresholdClassifier(
        FrozenEstimator(model),
        threshold=cut.at,
        pos_label=cut.code,
        response_method="predict_proba",
    )
    return fixed.fit(frame.head(2), [0, 1])  # frozen: nothing is learnt


def predict(model: Any, task: str, frame: Any) -> Array:
    """Predictions of shape (n,), or class probabilities of shape (n, k)."""
    out = model.predict(frame) if task == "regression" else model.predict_proba(frame)
    return np.asarray(out, dtype=np.float64)


def inputs(family: str, features: Mapping[str, Feature], task: str, seed: int) -> Any:
    """The preprocessing before the estimator: an unfitted transformer without parameters."""
    return encoders.transformer(features, task, seed, FAMILIES[family].scaled)
