"""Derive features, declare them to Feast and fill the online store."""

import pandas as pd

from ..adapters.files import atomic
from ..core.contract import TIMESTAMP
from ..core.transforms import derive, model_features
from ..workspace import Context


def run(context: Context) -> str:
    """Write the feature table and materialize it. Returns one line."""
    params, workspace = context.params, context.workspace
    table = pd.read_parquet(workspace.need(workspace.ingested, "ingest"))
    features = model_features(params.data, params.featurize)
    derived = derive(table, params.data, params.featurize)
    for name, feature in features.items():
        if feature.numeric:  # float32 everywhere: what is trained on is what is served and exported
            derived[name] = derived[name].astype("float32")
    derived = derived.sort_values(params.data.key, ignore_index=True)
    with atomic(workspace.features) as path:
        derived.to_parquet(path, index=False)

    from ..adapters import feast

    store = feast.open_store(workspace, params)
    feast.materialize(store, params, derived[params.data.key])
    at = f" at {derived[TIMESTAMP].max():%Y-%m-%d %H:%M}" if params.data.has_time else " filled"
    return f"{len(features)} features · Feast applied · online store{at}"
