"""The current window: rows of the prediction log, or of the data, with what is known of them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..base.errors import ProjectError
from ..baseline import store
from ..baseline.compare import PREDICTION
from ..baseline.losses import TRUTH
from ..baseline.reference import Reference
from ..data import labels
from ..data.contract import TIMESTAMP
from ..features.transforms import derive, entity_feature, model_features
from ..model import frames, onnx
from ..model.artifact import ModelArtifact
from ..prediction_log.window import recent
from ..project import Context
from ..registry.mlflow_sqlite import Version
from . import skew


class Champion(NamedTuple):
    """The model that is watched."""

    version: Version
    model: ModelArtifact
    reference: Reference


def from_log(
    context: Context, path: Path, known: Champion, raw: pd.DataFrame | None
) -> pd.DataFrame:
    """Rows the champion answered lately; the truth comes from `raw`, where it is there by now."""
    contract = context.params.data
    table = recent(
        path,
        contract.name,
        known.version.version,
        context.params.monitor.window_days,
        contract.entity_column,
        entity_feature(contract),
        known.model.features,
        known.model.record["classes"] or (),
    )
    table = _newest(context, table)
    if raw is None or table.empty or table[TIMESTAMP].min() > raw[TIMESTAMP].max():
        return table  # no label of these rows is here
    truth = raw[[*contract.key, contract.target]].rename(columns={contract.target: TRUTH})
    truth[contract.entity_column] = truth[contract.entity_column].astype(str)
    found = table.merge(truth, on=contract.key, how="left", validate="many_to_one")
    found[contract.target] = found[TRUTH]
    return found


def offline(
    context: Context, known: Champion, table: pd.DataFrame, raw: pd.DataFrame | None
) -> skew.Pairs | None:
    """Rows of the log beside what is computed of the raw data for the same key, where there is."""
    params = context.params
    contract = params.data
    if raw is None or table.empty:
        return None
    if contract.has_time and table[TIMESTAMP].min() > raw[TIMESTAMP].max():
        return None  # these days are not offline yet
    made = derive(raw, contract, params.featurize)
    keys = contract.key if contract.has_time else [contract.entity_column]
    wanted = [name for name in known.model.features if name in made]
    return skew.pairs(table, made[[*keys, *wanted]], keys)


def from_data(context: Context, known: Champion, raw: pd.DataFrame) -> pd.DataFrame:
    """Rows that came after the champion's data, with what it answers to them, and the truth."""
    params = context.params
    contract = params.data
    wanted, made = known.model.features, model_features(contract, params.featurize)
    lacking = [name for name in wanted if name not in made]
    if lacking:
        raise ProjectError(
            f"the champion needs {', '.join(lacking)}, which params.yaml no longer produces: "
            "run the loop to train one without"
        )
    end = pd.Timestamp(known.reference.end, unit="s", tz="UTC")
    table = derive(raw, contract, params.featurize)
    table[[TRUTH, contract.target]] = raw[[contract.target, contract.target]].to_numpy()
    if contract.has_time:
        table = table[(table[TIMESTAMP] > end).to_numpy()].reset_index(drop=True)
    table = _newest(context, table)
    if len(table):
        frame = frames.model_frame(table, wanted)
        found = onnx.predict(known.model.files["model.onnx"], contract.task, frame)
        table = table.assign(**_answers(found, contract.classes, known.model.record))
    return table


def _answers(
    found: Any, classes: tuple[str, ...] | None, record: Mapping[str, Any]
) -> dict[str, Any]:
    chances = {f"p_{name}": found[:, place] for place, name in enumerate(classes or ())}
    return {PREDICTION: store.answers(found, classes, labels.read(record)), **chances}


def _newest(context: Context, table: pd.DataFrame) -> pd.DataFrame:
    """The rows of the window, by event time."""
    if not context.params.data.has_time or table.empty:
        return table
    since = table[TIMESTAMP].max() - pd.Timedelta(days=context.params.monitor.window_days)
    inside = (table[TIMESTAMP] > since).to_numpy()
    return table if inside.all() else table[inside].reset_index(drop=True)
