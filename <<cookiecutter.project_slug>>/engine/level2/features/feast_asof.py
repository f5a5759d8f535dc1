"""Feast offline store whose point-in-time join is DuckDB's ASOF join; opt-in.

Feast's own duckdb store joins an entity row to every earlier feature row of its key, then keeps the
newest, so the work grows with the length of the history. Here an ASOF join finds the newest event
time of each entity row, and only the feature rows of that time are read back. Frames equal those of
Feast's own store; rows are in the order of the entity frame, where Feast's are in any order. Of
feature rows with equal key, event time and created time, either may be chosen, as in Feast.

It uses private helpers of Feast 0.67. Before changing that pin, run the template's equality suite,
tests/engine/features/test_feast_asof.py.
"""

import ibis
import numpy as np
import pandas as pd
from feast import FeatureView, OnDemandFeatureView, RepoConfig
from feast.infra.offline_stores import duckdb as feast_duckdb
from feast.infra.offline_stores import ibis as feast_ibis
from feast.infra.offline_stores import offline_utils
from feast.infra.offline_stores.offline_store import RetrievalJob, RetrievalMetadata
from feast.infra.registry.base_registry import BaseRegistry

# Our own columns, named so that no table of a user has them.
ROW, MATCHED, KEY = "__asof_row", "__asof_matched_row", "__asof_key"
TIME, CREATED, RANK = "__asof_time", "__asof_created", "__asof_rank"


class AsofOfflineStoreConfig(feast_duckdb.DuckDBOfflineStoreConfig):
    """Options of Feast's duckdb store; Feast finds this class by its name."""

    type: str = f"{__name__}.AsofOfflineStore"


class AsofOfflineStore(feast_duckdb.DuckDBOfflineStore):
    """Feast's duckdb store with another point-in-time join."""

    @staticmethod
    def get_historical_features(
        config: RepoConfig,
        feature_views: list[FeatureView],
        feature_refs: list[str],
        entity_df: pd.DataFrame | str,
        registry: BaseRegistry,
        project: str,
        full_feature_names: bool = False,
        filter_by_created_timestamp: bool = False,
    ) -> RetrievalJob:
        """Return a lazy job: one row per entity row, its features as known at its event timestamp.

        Raises what Feast's duckdb store raises, e.g. ValueError for a view without batch source.
        """
        # A cut at the created time is a second inequality, which an ASOF join cannot hold; and a
        # query for entities is refused by Feast's store.
        if filter_by_created_timestamp or isinstance(entity_df, str):
            return feast_duckdb.DuckDBOfflineStore.get_historical_features(
                config,
                feature_views,
                feature_refs,
                entity_df,
                registry,
                project,
                full_feature_names,
                filter_by_created_timestamp,
            )
        on_demand = OnDemandFeatureView.get_requested_odfvs(feature_refs, project, registry)
        return _job(config, feature_views, feature_refs, entity_df, on_demand, full_feature_names)


def _job(
    config: RepoConfig,
    views: list[FeatureView],
    refs: list[str],
    entity_df: pd.DataFrame,
    on_demand: list[OnDemandFeatureView],
    full_names: bool,
) -> RetrievalJob:
    """Plan the join and wrap it as Feast's duckdb store does."""
    feast_duckdb._validate_lance_feature_views(views)
    moment = offline_utils.infer_event_timestamp_from_entity_df(dict(entity_df.dtypes))
    first, last = feast_ibis._get_entity_df_event_timestamp_range(entity_df, moment)
    numbered = entity_df.assign(**{ROW: np.arange(len(entity_df))})
    entities = ibis.memtable(feast_ibis._to_utc(numbered, moment))
    path = str(config.repo_path)
    table = _join(entities, moment, [(v, _features(v, refs, full_names, path)) for v in views])
    for view in on_demand:
        if view.mode == "substrait":  # the one mode that runs inside the query
            table = view.transform_ibis(table, full_names)
    return feast_ibis.IbisRetrievalJob(
        table,
        [view for view in on_demand if view.mode != "substrait"],
        full_names,
        RetrievalMetadata(refs, list(set(entity_df.columns) - {moment}), first, last),
        feast_duckdb._write_data_source,
        config.offline_store.staging_location,
        config.offline_store.staging_location_endpoint_override,
        path,
    )


def _keys(view: FeatureView) -> dict[str, str]:
    """Join key of the feature table -> column of the entity frame."""
    return view.projection.join_key_map or {key.name: key.name for key in view.entity_columns}


def _features(view: FeatureView, refs: list[str], full_names: bool, repo_path: str) -> ibis.Table:
    """Read KEY0, KEY1, .., TIME, CREATED (null if the source has none) and the given features."""
    source, projection = view.batch_source, view.projection
    if source is None:
        raise ValueError(f"Feature view '{view.name}' has no batch_source and cannot be queried.")
    table = feast_duckdb._read_data_source(source, repo_path)
    for old, new in source.field_mapping.items():
        if old in table.columns:
            table = table.rename({new: old})
    name = projection.name_to_use()
    asked = [ref.split(":")[1] for ref in refs if ref.startswith(f"{name}:")]
    prefix = f"{projection.name_alias or view.name}__" if full_names else ""
    created = source.created_timestamp_column
    columns = {f"{KEY}{i}": table[key] for i, key in enumerate(_keys(view))}
    columns[TIME] = table[source.timestamp_field].cast("timestamp('UTC')")
    columns[CREATED] = (table[created] if created else ibis.null()).cast("timestamp('UTC')")
    return table.select(**columns, **{f"{prefix}{feature}": table[feature] for feature in asked})


def _join(
    entities: ibis.Table, moment: str, views: list[tuple[FeatureView, ibis.Table]]
) -> ibis.Table:
    """Left-join the features of each view onto the entities, in the entities' order."""
    table, columns = entities, [name for name in entities.columns if name != ROW]
    for view, features in views:
        newest = _newest(entities, moment, view, features)
        table = table.left_join(newest, table[ROW] == newest[MATCHED], rname="{name}_yyyy")
        table = table.drop(MATCHED)
        columns += [name for name in newest.columns if name != MATCHED]
    return table.order_by(ROW).select(columns)


def _newest(
    entities: ibis.Table, moment: str, view: FeatureView, features: ibis.Table
) -> ibis.Table:
    """Return MATCHED, the ROW of each entity row that has features, and those features."""
    keys = {f"{KEY}{i}": column for i, column in enumerate(_keys(view).values())}
    rows = entities.select(ROW, moment, **keys)
    times = features.select(*keys, TIME)  # narrow, since an ASOF join sorts all it is given
    latest = rows.asof_join(times, rows[moment] >= times[TIME], list(keys))
    if view.ttl:
        latest = latest.filter(latest[TIME] + ibis.literal(view.ttl) >= latest[moment])
    found = latest.select(ROW, TIME, *keys).inner_join(features, [*keys, TIME])
    by_created = ibis.window(group_by=found[ROW], order_by=ibis.desc(found[CREATED]))
    ranked = found.mutate(**{RANK: ibis.row_number().over(by_created)})
    return (
        ranked.filter(ranked[RANK] == 0)
        .rename({MATCHED: ROW})
        .select(MATCHED, *features.drop(*keys, TIME, CREATED).columns)
    )
