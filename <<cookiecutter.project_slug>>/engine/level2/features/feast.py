"""Feast: apply the declarations, materialize, point-in-time and online reads."""

import contextlib
import io
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from ..base.errors import ProjectError
from ..data.contract import TIMESTAMP
from ..data.source_rows import columns_of, keyed, nothing
from .feast_declare import (
    declare,
    service_name,
    source_entities,
    source_view_name,
    source_views,
    unchecked,
    view_name,
)
from .feast_project import Folders, Knobs
from .feast_settings import settings_shown, store_settings
from .transforms import model_features

with unchecked():
    from feast import FeatureStore
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey as EntityKey
    from feast.protos.feast.types.Value_pb2 import Value as Value
    from feast.repo_config import RepoConfig

_ROW = "row__number"  # no name of a contract has two underscores together


def declarations(params: Knobs, workspace: Folders) -> list[Any]:
    """Every object the contract declares; none twice."""
    entity, *others = declare(params, workspace.features)
    views = source_views(params, workspace.sources)
    entities = {item.name: item for item in (*source_entities(params), entity)}
    return [*entities.values(), *others, *views.values()]


def open_store(workspace: Folders, params: Knobs) -> FeatureStore:
    """Open the store and apply the declarations, which is quick and idempotent."""
    try:
        store = connect(workspace)
        with unchecked():
            store.apply(declarations(params, workspace))
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
    view = view_name(params)
    start = table[TIMESTAMP].min().to_pydatetime() - timedelta(seconds=1)
    end = min(table[TIMESTAMP].max().to_pydatetime() + timedelta(seconds=1), datetime.now(UTC))
    if end <= start:
        return
    try:
        with (  # it prints a bar of its own
            _reading(store, view),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            store.materialize(start, end, feature_views=[view])
    except Exception as error:
        raise ProjectError(
            f"Feast could not fill the online store ({_line(error)}): check that it "
            "responds at the address in feature_store.yaml"
        ) from error


def historical(store: FeatureStore, params: Knobs, labels: pd.DataFrame) -> pd.DataFrame:
    """Point-in-time join of the main table's view onto labels (key columns, target).

    Returns one row per label row. Raises ProjectError if the store drops or adds rows.
    """
    view = view_name(params)
    names = [f"{view}:{name}" for name in model_features(params.data, params.featurize)]
    return _joined(store, names, labels, [view])


def join_sources(store: FeatureStore, params: Knobs, table: pd.DataFrame) -> pd.DataFrame:
    """The sources' columns for each row of the main table, as known at its event time.

    In the order of `table`; numbers as float64, missing where a source has no such row. Raises
    ProjectError if the store drops or adds rows.
    """
    contract = params.data
    keys = {TIMESTAMP: table[TIMESTAMP], _ROW: pd.Series(range(len(table)), index=table.index)}
    for item in contract.sources.values():
        keys |= keyed(table, contract, item)
    views = {name: source_view_name(params, name) for name in contract.sources}
    names = [
        f"{view}:{column}" for name, view in views.items() for column in columns_of(contract, name)
    ]
    late = any(item.created_timestamp for item in contract.sources.values())
    more = {"filter_by_created_timestamp": True} if late else {}
    found = _joined(store, names, pd.DataFrame(keys), list(views.values()), more)
    found = found.sort_values(_ROW).set_axis(table.index)
    wanted = {name: item for name, item in contract.features.items() if item.source}
    for name, source in contract.sources.items():
        there = pd.DataFrame(keyed(table, contract, source)).notna().all(axis=1)
        for column, value in nothing(contract, name).items():
            if value is not None:
                found.loc[there & found[column].isna(), column] = value
    return pd.DataFrame(
        {
            name: found[name].astype("float64")
            if item.numeric
            else found[name].astype(object).where(found[name].notna(), None)
            for name, item in wanted.items()
        }
    )


def _joined(
    store: FeatureStore,
    names: list[str],
    labels: pd.DataFrame,
    views: list[str],
    more: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Feast's frame for features named `view:column`, one row per label row."""
    with _reading(store, *views):
        job = store.get_historical_features(entity_df=labels, features=names, **(more or {}))
        joined = job.to_arrow().to_pandas(split_blocks=True, self_destruct=True)
    if len(joined) != len(labels):
        raise ProjectError(
            f"the point-in-time join returned {len(joined):,} rows for {len(labels):,} labels: "
            "the offline store drops rows, use type duckdb in feature_repo/feature_store.yaml"
        )
    return joined


@contextlib.contextmanager
def _reading(store: FeatureStore, *views: str) -> Iterator[None]:
    """Feast's engine while it reads features of views; online reads never import it."""
    from .ibis import limited

    tables = [Path(store.get_feature_view(view).batch_source.path) for view in views]
    with limited(*tables), unchecked():  # a first read imports the sources of other warehouses
        yield


def online(store: FeatureStore, params: Knobs, keys: list[dict[str, Any]]) -> pd.DataFrame:
    """Newest features of each entity in `keys`, one row each."""
    service = store.get_feature_service(service_name(params))
    return store.get_online_features(features=service, entity_rows=keys).to_df()


def _line(error: Exception) -> str:
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
