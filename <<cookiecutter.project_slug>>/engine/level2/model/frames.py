"""The model frame: the table that a model is fitted on and predicts from."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ..data.digits import single
from ..data.feature import Feature
from .metrics import Array

MISSING_CATEGORY = ""  # the string that stands for a missing category in a model's input


def model_frame(table: pd.DataFrame, features: Mapping[str, Feature]) -> pd.DataFrame:
    """The model's input: one float32 or string column per feature, in contract order.

    A feature that has a centre is what is left of it.
    """
    return pd.DataFrame(
        {
            name: single(table[name], feature.center)
            if feature.numeric
            else table[name].astype(object).where(table[name].notna(), MISSING_CATEGORY).astype(str)
            for name, feature in features.items()
        },
        copy=False,
    )


def weights(table: pd.DataFrame, rows: "pd.Series[bool]", column: str | None) -> Array | None:
    """Sample weights of the chosen rows, None without a column of them."""
    return None if column is None else table[column].to_numpy()[np.flatnonzero(rows)]


def examples(
    table: pd.DataFrame, rows: "pd.Series[bool]", features: Mapping[str, Feature], target: str
) -> tuple[pd.DataFrame, Array]:
    """Model frame and target of the chosen rows, copied a column at a time."""
    chosen = np.flatnonzero(rows)
    part = pd.DataFrame({name: table[name].take(chosen) for name in features}, copy=False)
    return model_frame(part, features), table[target].to_numpy()[chosen]
