"""Derive features, declare them to Feast and fill the online store."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from ...base.amounts import plural
from ...base.files import atomic
from ...data import parquet
from ...data.contract import TIMESTAMP, DataContract
from ...data.feature import Feature
from ...data.rows import reorder
from ...data.times import shown
from ...features import own
from ...features.lags import unmet
from ...features.transforms import derive, model_features
from ...project import Context
from .. import source_tables


def run(context: Context) -> str:
    """Write the feature table and materialize it. Returns one line."""
    params, workspace = context.params, context.workspace
    table = parquet.read(workspace.need(workspace.ingested, "ingest"))
    features = model_features(params.data, params.featurize)
    _halve(table, params.data.features)
    for name in params.featurize.own:
        own.check_alone(name, table, params.data)
    derived = derive(table, params.data, params.featurize)
    del table
    _halve(derived, features)
    time, entity = derived[TIMESTAMP], derived[params.data.entity_column]
    reorder(derived, np.lexsort((time, pd.factorize(entity, sort=True)[0])))
    with atomic(workspace.features) as path:
        parquet.write(derived, path)
    keys = derived[params.data.key]
    gaps = _gaps(derived, params.data, params.featurize.lags)
    del derived, time, entity

    from ...features import feast, feast_newest

    tables = source_tables.written(workspace, params.data)
    store = feast.open_store(workspace, params)  # it publishes the tables: they come first
    feast.materialize(store, params, keys)
    feast_newest.materialize_sources(store, params, tables)
    newest = shown(keys[TIMESTAMP].max(), params.data.timezone)
    at = f" at {newest}" if params.data.has_time else " filled"
    return f"{len(features)} features · Feast applied · online store{at}{gaps}"


def _gaps(derived: pd.DataFrame, contract: DataContract, lags: Sequence[int]) -> str:
    """Lags that are missing in rows with a past, and why."""
    found = unmet(derived, contract, lags) if lags else {}
    listed = ", ".join(f"lag {lag} in {plural(count, 'row')}" for lag, count in found.items())
    return f" · missing: {listed} with no row exactly that far back" if found else ""


def _halve(table: pd.DataFrame, features: Mapping[str, Feature]) -> None:
    """Numbers as float32 everywhere: training, serving and export see the same values."""
    for name, feature in features.items():
        if feature.numeric and not feature.center:  # those keep their digits until they are centred
            table[name] = table[name].astype("float32")
