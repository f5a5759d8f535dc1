"""Feast's store: opened for a workspace, its tables published, the contract declared to it."""

import contextlib
import os
from collections.abc import Iterator, Mapping
from typing import Any

from ..base.errors import ProjectError
from .feast_declare import (
    declare,
    source_entities,
    source_view_name,
    source_views,
    unchecked,
    view_name,
)
from .feast_project import Folders, Knobs
from .feast_settings import need_driver, settings_shown, store_settings
from .feast_tables import Files, Tables, same, tables_of

with unchecked():
    from feast import FeatureStore
    from feast.repo_config import RepoConfig


class Store(FeatureStore):
    """Feast's store, with where its tables are and which of them this run has published."""

    tables: Tables = Files()
    published: Mapping[str, str | None] = {}  # MD5 by name of a view


def declarations(params: Knobs, workspace: Folders) -> list[Any]:
    """Every object the contract declares; none twice."""
    tables = tables_of(workspace)
    entity, *others = declare(params, workspace.features, tables)
    views = source_views(params, workspace.sources, tables)
    entities = {item.name: item for item in (*source_entities(params), entity)}
    return [*entities.values(), *others, *views.values()]


def open_store(workspace: Folders, params: Knobs) -> Store:
    """Open the store, publish the tables and apply the declarations, which is idempotent."""
    try:
        store = connect(workspace)
        store.tables = tables_of(workspace)
        store.published = _publish(store.tables, params, workspace)
        with unchecked():
            store.apply(declarations(params, workspace))
    except ProjectError:
        raise
    except Exception as error:
        raise ProjectError(
            f"{settings_shown(workspace)}: Feast could not apply ({first_line(error)})"
        ) from error
    return store


def _publish(tables: Tables, params: Knobs, workspace: Folders) -> dict[str, str | None]:
    """By name of a view the MD5 of its published table, of those that a run has written."""
    paths = {view_name(params): workspace.features}
    for name in params.data.sources:
        paths[source_view_name(params, name)] = workspace.sources / f"{name}.parquet"
    return {view: tables.publish(view, path) for view, path in paths.items() if path.is_file()}


def connect(workspace: Folders, *, online_only: bool = False) -> Store:
    """Open the store as it is already declared.

    For online reads only, without the offline store, which imports Ibis and DuckDB.
    """
    settings = store_settings(workspace)
    if online_only:
        settings["offline_store"] = None
    need_driver(settings, settings_shown(workspace))
    with unchecked():  # it imports its data sources only now
        if settings.get("online_store", {}).get("type") == "sqlite":
            from .feast_sqlite import times_in_utc

            times_in_utc()
        # Feast's online store gives PostgreSQL times of UTC without a zone: the session's is used
        os.environ.setdefault("PGTZ", "UTC")
        return Store(config=RepoConfig(**settings))


@contextlib.contextmanager
def reading(store: FeatureStore, *views: str) -> Iterator[None]:
    """Feast's engine while it reads features of views; online reads never import it."""
    sources = {view: store.get_feature_view(view).batch_source for view in views}
    for view, source in sources.items():
        same(source, store.published.get(view), f"the registry's `{view}`")
    with store.tables.reading(sources), unchecked():  # it imports the sources of other warehouses
        yield


def first_line(error: Exception) -> str:
    """The first line of an error, or its kind."""
    return str(error).strip().splitlines()[0][:200] if str(error).strip() else type(error).__name__
