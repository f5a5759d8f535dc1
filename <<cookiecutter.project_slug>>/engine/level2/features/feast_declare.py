"""What the contract declares to Feast: entities, the views of its tables, a feature service."""

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd

os.environ.setdefault("FEAST_USAGE", "False")  # telemetry stays off

# As it is imported, Feast rewrites its classes to check argument types, which takes three quarters
# of the 3 s of CPU; what the contract declares is checked here and by mypy.
unchecked = partial(patch, "typeguard.typechecked", lambda decorated: decorated)

with unchecked():
    from feast import Entity, FeatureService, FeatureView, Field
    from feast.types import Float32, Float64, String
    from feast.value_type import ValueType

from ..data.contract import ROW_ID
from ..data.feature import Feature
from ..data.source_columns import CREATED, columns_of, join_keys
from .feast_project import Knobs
from .feast_tables import Files, Tables
from .transforms import model_features


def declare(
    params: Knobs, table: Path, tables: Tables | None = None
) -> tuple[Entity, Any, FeatureView, FeatureService]:
    """Return entity, data source, feature view and feature service of the contract.

    The view holds every feature of the rows of `table`; Feast reads it where `tables` says, by
    default there. The service takes those of further sources from their own views, which are newer.
    """
    contract = params.data
    features = model_features(contract, params.featurize)
    kind = ValueType.INT64 if contract.entity_column == ROW_ID else ValueType.STRING
    entity = Entity(
        name=contract.entity_column, join_keys=[contract.entity_column], value_type=kind
    )
    source = (tables or Files()).source(view_name(params), table)
    view = FeatureView(
        name=view_name(params),
        entities=[entity],
        ttl=_ttl(contract.frequency) if contract.has_time else timedelta(0),
        schema=_schema(features),
        source=source,
    )
    own = [column for column, item in features.items() if item.source is None]
    parts = [view[own] if contract.sources else view] if own else []
    views = list(source_views(params, table.with_name("sources"), tables).values())
    return entity, source, view, FeatureService(name=service_name(params), features=parts + views)


def source_views(
    params: Knobs, folder: Path, tables: Tables | None = None
) -> dict[str, FeatureView]:
    """By name of a source its view; `folder` holds the typed tables, read where `tables` says."""
    found = {}
    for name, item in params.data.sources.items():
        created = CREATED if item.created_timestamp else ""
        table = (tables or Files()).source(
            source_view_name(params, name), folder / f"{name}.parquet", created
        )
        found[name] = FeatureView(
            name=source_view_name(params, name),
            entities=[_entity(key) for key in join_keys(params.data, item)],
            ttl=item.age or timedelta(0),
            schema=_schema(columns_of(params.data, name)),
            source=table,
        )
    return found


def source_entities(params: Knobs) -> list[Entity]:
    """The entities of the sources' views."""
    keys = [join_keys(params.data, item) for item in params.data.sources.values()]
    return [_entity(key) for key in dict.fromkeys(key for part in keys for key in part)]


def _entity(key: str) -> Entity:
    return Entity(name=key, join_keys=[key], value_type=ValueType.STRING)


def _schema(features: dict[str, Feature]) -> list[Field]:
    return [Field(name=column, dtype=_type(feature)) for column, feature in features.items()]


def _type(feature: Feature) -> Any:
    """Feast's type of a feature; one with a centre keeps all its digits."""
    if not feature.numeric:
        return String
    return Float64 if feature.center else Float32


def prefix(params: Knobs) -> str:
    """The model's name as names of Feast's objects begin."""
    return params.data.name.replace("-", "_")


def service_name(params: Knobs) -> str:
    """Name of the feature service a model was trained on."""
    return f"{prefix(params)}_service"


def view_name(params: Knobs) -> str:
    """Name of the view of the main table."""
    return f"{prefix(params)}_features"


def source_view_name(params: Knobs, source: str) -> str:
    """Name of the view of a further source."""
    return f"{prefix(params)}_{source}"


def _ttl(frequency: str | None) -> timedelta:
    """One period, after which a feature row is stale; one day if rows are irregular."""
    if frequency is None:
        return timedelta(days=1)
    now = datetime(2000, 1, 1, tzinfo=UTC)
    return (
        pd.Timestamp(now) + pd.tseries.frequencies.to_offset(frequency) - pd.Timestamp(now)
    ).to_pytimedelta()
