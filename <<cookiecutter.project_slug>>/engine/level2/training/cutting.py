"""Choose the decision threshold of a model on validation rows."""

from typing import Any

import pandas as pd

from ..data.feature import Feature
from ..model import encoders, estimators, frames, threshold
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
    parts = {
        name: frames.examples(dataset, dataset["split"] == name, features, contract.target)
        for name in (TRAIN, VALIDATION)
    }
    frame, truth = parts[VALIDATION]
    if knob.by == "fixed":
        return threshold.choose(knob, contract.classes or (), truth, truth)
    model = estimators.build(
        best["family"],
        contract.task,
        features,
        best["params"],
        params.train.seed,
        params.train.class_weight,
    )
    with estimators.pinned(params.train.threads):
        encoders.fit(model, *parts[TRAIN])
        found = estimators.predict(model, contract.task, frame)
    return threshold.choose(knob, contract.classes or (), truth, found)
