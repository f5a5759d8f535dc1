"""Feast's declarations, all derived from the data contract in params.yaml."""

from pathlib import Path

from level2.features.feast_declare import declare, source_entities, source_views
from level2.features.feast_tables import tables_of
from level2.params.config import load_params
from level2.workspace import Workspace

ROOT = Path(__file__).resolve().parents[1]
PARAMS, WORKSPACE = load_params(ROOT / "params.yaml"), Workspace.at(ROOT)
TABLES = tables_of(WORKSPACE)  # files, unless feature_store.yaml names another place

entity, source, view, service = declare(PARAMS, WORKSPACE.features, TABLES)

# One view for each of data.sources: Feast finds what has a name at the top of this module.
globals().update({key.name: key for key in source_entities(PARAMS) if key.name != entity.name})
globals().update(
    {f"{name}_view": of for name, of in source_views(PARAMS, WORKSPACE.sources, TABLES).items()}
)
