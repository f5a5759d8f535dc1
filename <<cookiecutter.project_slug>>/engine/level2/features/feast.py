"""Feast: declarations from the contract, apply, materialize, point-in-time and online reads."""

import contextlib
import io
import os
from collections.abc import Iterator
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
    from feast import Entity, FeatureService, FeatureStore, FeatureView, Field, FileSource
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey as EntityKey
    from feast.protos.feast.types.Value_pb2 import Value as Value
    from feast.repo_config import RepoConfig
    from feast.types import Float32, Float64, String
    from feast.value_type import ValueType

from ..base.errors import ProjectError
from ..data.contract import ROW_ID, TIMESTAMP
from ..data.feature import Feature
from .feast_project import Folders, Knobs
from .feast_settings import settings_shown, store_settings
from .transforms import model_features


def declare(params: Knobs, table: Path) -> tuple[Entity, FileSource, FeatureView, FeatureService]:
    """Return entity, data source, feature view and feature service of the contract."""
    contract = params.data
    name = contract.name.replace("-", "_")
    kind = ValueType.INT64 if contract.entity_column == ROW_ID else ValueType.STRING
    entity = Entity(
        name=contract.entity_column, join_keys=[contract.entity_column], value_type=kind
    )
    source = FileSource(name=f"{name}_source", path=str(table), timestamp_field=TIMESTAMP)
    view = FeatureView(
        name=view_name(params),
        entities=[entity],
        ttl=_ttl(contract.frequency) if contract.has_time else timedelta(0),
        schema=[
            Field(name=column, dtype=_type(feature))
            for column, feature in model_features(contract, params.featurize).items()
        ],
        source=source,
    )
    return entity, source, view, FeatureService(name=service_name(params), features=[view])


def _type(feature: Feature) -> Any:
    """Feast's type of a feature; one with a centre keeps all its digits."""
    if not feature.numeric:
        return String
    return Float64 if feature.center else Float32


def service_name(params: Knobs) -> str:
    """Name of the feature service a model was trained on."""
    return f"{params.data.name.replace('-', '_')}_service"


def view_name(params: Knobs) -> str:
    """Name of the one feature view."""
    return f"{params.data.name.replace('-', '_')}_features"


def open_store(workspace: Folders, params: Knobs) -> FeatureStore:
    """Open the store and apply the declarations, which is quick and idempotent."""
    try:
        store = connect(workspace)
        with unchecked():
            store.apply(list(declare(params, workspace.features)))
    except ProjectError:
        raise
    except Exception as error:
        raise ProjectError(
            f"{settings_shown(workspace)}: Feast could not apply ({_line(error)})"
        ) from error
    return store


def connect(workspace: Folders, *, online_only: bool = False) -> FeatureStore:
    """Open the store as it is already declared.

    For online reads only, without the offline store, which imports Ibis and DuckDB.
    """
    settings = store_settings(workspace)
    if online_only:
        settings["offline_store"] = None
    with unchecked():  # it imports its data sources only now
        if settings.get("online_store", {}).get("type") == "sqlite":
            from .feast_sqlite import times_in_utc

            times_in_utc()
        return FeatureStore(config=RepoConfig(**settings))


def materialize(store: FeatureStore, params: Knobs, table: pd.DataFrame) -> None:
    """Write the newest row of each entity to the online store.

    `materialize_incremental` starts at now - TTL and would write nothing for older data. Only the
    contract's own view is written: the registry may still contain those of an earlier table.
    """
    start = table[TIMESTAMP].min().to_pydatetime() - timedelta(seconds=1)
    end = min(table[TIMESTAMP].max().to_pydatetime() + timedelta(seconds=1), datetime.now(UTC))
    if end <= start:
        return
    try:
        with (  # it prints a bar of its own
            _reading(store, params),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            store.materialize(start, end, feature_views=[view_name(params)])
    except Exception as error:
        raise ProjectError(
            f"Feast could not fill the online store ({_line(error)}): check that it "
            "responds at the address in feature_store.yaml"
        ) from error


def historical(store: FeatureStore, params: Knobs, labels: pd.DataFrame) -> pd.DataFrame:
    """Point-in-time join of the feature service onto labels (key columns, target).

    Returns one row per label row. Raises ProjectError if the store drops or adds rows.
    """
    with _reading(store, params):
        job = store.get_historical_features(
            entity_df=labels, features=store.get_feature_service(service_name(params))
        )
        joined = job.to_arrow().to_pandas(split_blocks=True, self_destruct=True)
    if len(joined) != len(labels):
        raise ProjectError(
            f"the point-in-time join returned {len(joined):,} rows for {len(labels):,} labels: "
            "the offline store drops rows, use type duckdb in feature_repo/feature_store.yaml"
        )
    return joined


@contextlib.contextmanager
def _reading(store: FeatureStore, params: Knobs) -> Iterator[None]:
    """Feast's engine while it reads features; online reads never import it."""
    from .ibis import limited

    table = Path(store.get_feature_view(view_name(params)).batch_source.path)
    with limited(table), unchecked():  # a first read imports the sources of other warehouses
        yield


def online(store: FeatureStore, params: Knobs, keys: list[dict[str, Any]]) -> pd.DataFrame:
    """Newest features of each entity in `keys`, one row each."""
    service = store.get_feature_service(service_name(params))
    return store.get_online_features(features=service, entity_rows=keys).to_df()


def _ttl(frequency: str | None) -> timedelta:
    """One period, after which a feature row is stale; one day if rows are irregular."""
    if frequency is None:
        return timedelta(days=1)
    now = datetime(2000, 1, 1, tzinfo=UTC)
    return (
        pd.Timestamp(now) + pd.tseries.frequencies.to_offset(frequency) - pd.Timestamp(now)
    ).to_pytimedelta()


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
