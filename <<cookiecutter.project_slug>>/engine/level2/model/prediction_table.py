"""The table of a candidate's predictions on the test rows, beside the truth and the baselines."""

import pandas as pd

from ..data import labels
from ..data.contract import DataContract
from .metrics import Array


def prediction_table(
    contract: DataContract,
    test: pd.DataFrame,
    truth: Array,
    prediction: Array,
    others: dict[str, Array],
    cut: labels.Cut | None,
) -> pd.DataFrame:
    """Key, truth, prediction and baselines of the test rows.

    Of classes the answered one's code and a column of probabilities for each.
    """
    out = test[contract.key].copy()
    out["truth"] = truth
    if prediction.ndim == 1:
        out["prediction"] = prediction
        for name, values in others.items():
            out[name] = values
    else:
        out["answered"] = labels.labels(prediction, cut)
        for code, name in enumerate(contract.classes or ()):
            out[f"p_{name}"] = prediction[:, code]
    return out
