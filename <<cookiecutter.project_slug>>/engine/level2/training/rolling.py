"""The candidate tested at several origins: refitted before each window of time."""

from typing import Any

import numpy as np
import pandas as pd

from ..data import labels
from ..data.contract import TIMESTAMP
from ..model import comparison, encoders, estimators, frames, metrics, naive
from ..model.artifact import ModelArtifact
from ..model.class_weights import by_code
from ..model.constraints import FREE
from ..project import Context
from . import origins


def earlier(
    context: Context, trained: ModelArtifact, dataset: pd.DataFrame, history: pd.DataFrame
) -> list[dict[str, Any]]:
    """A record (see training/origins.py) of every window before the test part, the oldest first.

    Empty if the split is not by time or there are not enough rows. A window is left out if a class
    or every value of a feature is missing before it.
    """
    params = context.params
    contract, settings = params.data, params.evaluate
    if not contract.has_time or settings.origins < 2:
        return []
    found = []
    for window in origins.windows(dataset[TIMESTAMP], dataset["split"], settings.origins):
        before = dataset.loc[window.before, [*trained.features, contract.target]]
        classes = before[contract.target].nunique()
        empty = before.isna().all().any()  # a feature that begins later, or a long lag
        if not empty and (contract.classes is None or classes == len(contract.classes)):
            found.append(_judge(context, trained, dataset, history, window))
    return found


def _judge(
    context: Context,
    trained: ModelArtifact,
    dataset: pd.DataFrame,
    history: pd.DataFrame,
    window: origins.Window,
) -> dict[str, Any]:
    contract, features = context.params.data, trained.features
    task, target = contract.task, contract.target
    chosen, seed = trained.record["params"], trained.record["seed"]
    weight = by_code(trained.record.get("class_weight", "none"), contract.classes)
    monotonic = trained.record.get("monotonic", FREE)
    model = estimators.build(trained.record["family"], task, features, chosen, seed, weight)
    before = frames.examples(dataset, pd.Series(window.before), features, target)
    weights = frames.weights(dataset, pd.Series(window.before), contract.sample_weight)
    encoders.fit(model, *before, monotonic, weights)
    frame, truth = frames.examples(dataset, pd.Series(window.rows), features, target)
    mine = estimators.predict(model, task, frame)
    known = [*contract.key, target]
    past, rows = (dataset.loc[part, known] for part in (window.before, window.rows))
    others = naive.predictions(contract, context.params.evaluate, history, past, rows)
    return comparison.record(
        told((window.start, window.end), contract.timezone, int(np.sum(window.before)), len(frame)),
        task,
        context.params.metric,
        metrics.compute(task, truth, mine, labels.read(trained.record)),
        naive.compare(task, truth, mine, others),
    )


def told(ends: tuple[Any, Any], zone: str | None, before: int, rows: int) -> dict[str, Any]:
    """A record's description of its window: start, end, rows before and inside."""
    start, end = (_moment(time, zone) for time in ends)
    return {"from": start, "to": end, "train_rows": before, "rows": rows}


def _moment(time: Any, zone: str | None) -> str:
    """A day in the data's own zone, with the time of day if it has one."""
    text = str(pd.Timestamp(time).tz_convert(zone or "UTC").strftime("%Y-%m-%d %H:%M"))
    return text.removesuffix(" 00:00")
