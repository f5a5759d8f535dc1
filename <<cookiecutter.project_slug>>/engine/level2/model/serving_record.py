"""What the prediction service needs to know about a model besides its features."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.contract import TIMESTAMP, DataContract
from ..data.feature import Feature
from .metrics import Array

if TYPE_CHECKING:
    import pandas as pd

_EDGES = (0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)


def serving_record(
    contract: DataContract,
    features: Mapping[str, Feature],
    frame: "pd.DataFrame",
    truth: Array,
    lags: Mapping[str, int],
    step: float | None,
    entity: Any = None,
    table: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """What the prediction service needs to know about a model besides its features.

    `lags` names the inputs that are earlier targets, `step` is a period in seconds, `entity` a
    known one of the online store, `table` describes how to read rows of the table itself.
    """
    numbers = contract.task == "regression"
    row = {name: written(frame[name].iloc[-1], item) for name, item in features.items()}
    typical = {name: written(_typical(frame[name], item), item) for name, item in features.items()}
    return {
        "name": contract.name,
        "entity": contract.entity_column,
        "entities": list(contract.entities) if contract.entities else None,
        "constant": contract.constant,
        "time": time_name(contract, features),
        "unit": contract.unit,
        "order": list(features),  # that of the contract; objects are written sorted
        "known": entity,
        "table": table,
        "example": row,
        "typical": typical,
        "lags": dict(lags),
        "step": step,
        "edges": sorted({float(edge) for edge in np.quantile(truth, _EDGES)}) if numbers else [],
    }


def time_name(contract: DataContract, features: Mapping[str, Feature]) -> str | None:
    """The name of the event time in a request: the table's, unless an input has that name."""
    name = contract.time_name
    taken = name in features or name == contract.entity_column
    return TIMESTAMP if name and taken else name


def _typical(values: "pd.Series", feature: Feature) -> Any:
    """The median of numbers, the most frequent boolean or category; ignoring missing values."""
    if not feature.numeric:
        counts = values[values != ""].value_counts()
        return counts.index[0] if len(counts) else ""
    known = values.dropna()
    if feature.type == "bool" and len(known):
        return float(known.mean() > 0.5)
    return known.quantile(0.5, interpolation="lower") if len(known) else np.nan


def written(value: Any, feature: Feature) -> Any:
    """A value of the model's input, as a request writes it."""
    if not feature.numeric:
        return str(value) or None
    if value != value:
        return None
    if feature.center:
        whole = feature.type == "int"
        return round(value + feature.center) if whole else float(f"{value + feature.center:.15g}")
    if feature.type == "float":
        return float(str(np.float32(value)))  # the shortest number that is this float32
    return bool(value) if feature.type == "bool" else int(value)
