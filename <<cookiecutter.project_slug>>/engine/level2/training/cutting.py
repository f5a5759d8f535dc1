"""What a model takes from validation rows: its decision threshold, its prediction interval."""

from typing import Any

import pandas as pd

from ..data.feature import Feature
from ..model import encoders, estimators, frames, intervals, threshold
from ..model.metrics import Array
from ..model.split import TRAIN, VALIDATION
from ..params.config import Params


def chosen(
    params: Params, features: dict[str, Feature], best: dict[str, Any], dataset: pd.DataFrame
) -> dict[str, Any] | None:
    """The threshold for the model's record; None without `evaluate.threshold`.

    The best parameters are fitted once more to the training rows only and applied to the validation
    rows.
    """
    knob, contract = params.evaluate.threshold, params.data
    if knob is None:
        return None
    if knob.by == "fixed":
        _, truth = _part(params, features, dataset, VALIDATION)
        return threshold.choose(knob, contract.classes or (), truth, truth)
    return threshold.choose(knob, contract.classes or (), *_unseen(params, features, best, dataset))


def interval(
    params: Params, features: dict[str, Feature], best: dict[str, Any], dataset: pd.DataFrame
) -> intervals.Interval | None:
    """The prediction interval for the model's record; None without `train.coverage`.

    Raises ProjectError if there are too few validation rows.
    """
    if params.train.coverage is None:
        return None
    unseen = _unseen(params, features, best, dataset)
    return intervals.calibrated(params.train.coverage, *unseen)


def _part(
    params: Params, features: dict[str, Feature], dataset: pd.DataFrame, name: str
) -> tuple[pd.DataFrame, Array]:
    return frames.examples(dataset, dataset["split"] == name, features, params.data.target)


def _unseen(
    params: Params, features: dict[str, Feature], best: dict[str, Any], dataset: pd.DataFrame
) -> tuple[Array, Array]:
    """Truth and predictions of the validation rows by a model fitted to the training rows only."""
    contract = params.data
    frame, truth = _part(params, features, dataset, VALIDATION)
    model = estimators.build(
        best["family"],
        contract.task,
        features,
        best["params"],
        params.train.seed,
        params.class_weight,
    )
    with estimators.pinned(params.train.threads):
        weights = frames.weights(dataset, dataset["split"] == TRAIN, contract.sample_weight)
        rows = _part(params, features, dataset, TRAIN)
        encoders.fit(model, *rows, params.train.monotonic, weights)
        return truth, estimators.predict(model, contract.task, frame)
