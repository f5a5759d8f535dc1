"""The reference window of a model: written with its evaluation, read by the monitor."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from ..base.errors import ProjectError
from ..data import labels, parquet
from ..features.transforms import model_features
from ..model import estimators, frames
from ..project import Context
from ..registry.mlflow_sqlite import Version
from . import build, reference_file
from .compare import PREDICTION
from .reference import Reference

if TYPE_CHECKING:
    from ..registry.champion import Reader


def write(
    context: Context, model: Any, record: Mapping[str, Any], metrics: dict[str, float]
) -> None:
    """Count the candidate's training data and its losses on the test rows."""
    params, workspace = context.params, context.workspace
    contract, features = params.data, model_features(params.data, params.featurize)

    def column(name: str) -> "pd.Series":
        return parquet.read(workspace.dataset, [name])[name]

    keys = parquet.read(workspace.dataset, contract.key)
    rows = np.unique(np.linspace(0, len(keys) - 1, min(len(keys), build.ROWS)).astype(int))
    some = pd.DataFrame({name: column(name).iloc[rows] for name in features})
    frame = frames.model_frame(some.reset_index(drop=True), features)
    keyed = keys.iloc[rows].reset_index(drop=True)
    cut = labels.read(record)
    found = estimators.predict(model, contract.task, frame)
    keyed[PREDICTION] = answers(found, contract.classes, cut)
    # a day of the year drifts by its nature: calendar columns are told by the time itself
    watched = [name for name in features if name not in params.featurize.calendar]
    told = {
        "task": contract.task,
        "metric": params.metric,
        "classes": list(contract.classes or ()),
        "threshold": record.get("threshold"),
        "interval": record.get("interval"),
        "metrics": {name: value for name, value in metrics.items() if np.isfinite(value)},
    }
    made = build.build(
        keys,
        {name: partial(column, name) for name in (*watched, contract.target)},
        contract,
        keyed,
        parquet.read(workspace.predictions),
        told,
    )
    reference_file.save(made, workspace.reference)


def answers(found: Any, classes: tuple[str, ...] | None, cut: labels.Cut | None) -> Any:
    """Predictions as one column: numbers, or the predicted label."""
    return np.array(classes, dtype=object)[labels.labels(found, cut)] if classes else found


def read(context: Context, store: "Reader", champion: Version) -> Reference:
    """The champion's reference. Raises ProjectError for a model without one."""
    name = context.workspace.reference.name
    data = store.run_file(champion.run_id, name)
    where = f"{name} of {champion.name} v{champion.version}"
    if data is None:
        raise ProjectError(
            f"{where} is not in MLflow, that version is from an older project: `make run` trains "
            "one that can be monitored"
        )
    return reference_file.load(data, where)
