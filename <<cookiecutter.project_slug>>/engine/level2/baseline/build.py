"""Build the reference of a model from its dataset and its predictions."""

from collections.abc import Callable, Mapping
from typing import Any

import pandas as pd

from ..data.contract import TIMESTAMP, DataContract
from ..model.metrics import Array
from .compare import PREDICTION
from .losses import TRUTH, by_slice, losses, predictions
from .reference import Column, Grid, Reference, describe, seconds

ROWS = 20_000  # that are predicted to know distribution of predictions


def build(
    keys: pd.DataFrame,
    watched: Mapping[str, Callable[[], "pd.Series"]],
    contract: DataContract,
    some: pd.DataFrame,
    judged: pd.DataFrame,
    told: Mapping[str, Any],
) -> Reference:
    """Count the `watched` columns, the predictions in `some`, the losses of `judged`.

    `keys` identifies the rows of the dataset, `watched` reads a column of it. `some` holds key and
    prediction of rows spread over the dataset, `judged` key, truth and predictions of the rows that
    the champion was not trained on.
    """
    entity = contract.entity_column if contract.entity else None
    timed = keys if contract.has_time else keys.drop(columns=TIMESTAMP)
    grid = Grid.over(timed, entity)
    groups, times = grid.groups(keys, entity), grid.times(keys)
    columns: dict[str, Column] = {
        name: describe(read(), groups, times, grid) for name, read in watched.items()
    }
    columns[PREDICTION] = describe(
        some[PREDICTION], grid.groups(some, entity), grid.times(some), grid
    )
    truth = judged[TRUTH].to_numpy(float)
    found: Array = losses(told["task"], told["metric"], truth, predictions(judged, dict(told)))
    return Reference(
        grid=grid,
        rows=len(keys),
        end=float(seconds(keys[TIMESTAMP]).max()) if contract.has_time else 0.0,
        columns=columns,
        losses=by_slice(found, grid.times(judged), grid),
        told=dict(told),
    )
