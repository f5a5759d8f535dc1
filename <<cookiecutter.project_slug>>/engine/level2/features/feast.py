"""Feast: materialize, point-in-time and online reads."""

import contextlib
import io
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd

from ..base.errors import ProjectError
from ..data.contract import TIMESTAMP
from ..data.source_columns import columns_of, nothing
from ..data.source_rows import keyed
from .feast_declare import service_name, source_view_name, unchecked, view_name
from .feast_project import Knobs
from .feast_store import Store, first_line, reading
from .feast_store import connect as connect
from .feast_store import declarations as declarations
from .feast_store import open_store as open_store
from .transforms import model_features

with unchecked():
    from feast.protos.feast.types.EntityKey_pb2 import EntityKey as EntityKey
    from feast.protos.feast.types.Value_pb2 import Value as Value

_ROW = "row__number"  # no name of a contract has two underscores together


def materialize(store: Store, params: Knobs, table: pd.DataFrame) -> None:
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
            reading(store, view),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            store.materialize(start, end, feature_views=[view])
    except ProjectError:
        raise
    except Exception as error:
        raise ProjectError(
            f"Feast could not fill the online store ({first_line(error)}): check that it "
            "responds at the address in feature_store.yaml"
        ) from error


def historical(store: Store, params: Knobs, labels: pd.DataFrame) -> pd.DataFrame:
    """Point-in-time join of the main table's view onto labels (key columns, target).

    Returns one row per label row. Raises ProjectError if the store drops or adds rows.
    """
    view = view_name(params)
    names = [f"{view}:{name}" for name in model_features(params.data, params.featurize)]
    return _joined(store, names, labels, [view])


def join_sources(store: Store, params: Knobs, table: pd.DataFrame) -> pd.DataFrame:
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
    store: Store,
    names: list[str],
    labels: pd.DataFrame,
    views: list[str],
    more: Mapping[str, Any] | None = None,
) -> pd.DataFrame:
    """Feast's frame for features named `view:column`, one row per label row."""
    with reading(store, *views):
        job = store.get_historical_features(entity_df=labels, features=names, **(more or {}))
        joined = job.to_arrow().to_pandas(split_blocks=True, self_destruct=True)
    if len(joined) != len(labels):
        raise ProjectError(
            f"the point-in-time join returned {len(joined):,} rows for {len(labels):,} labels: "
            "the offline store drops rows, use type duckdb in feature_repo/feature_store.yaml"
        )
    if joined[TIMESTAMP].dt.tz is None:  # PostgreSQL's, which Feast turns to UTC
        joined[TIMESTAMP] = joined[TIMESTAMP].dt.tz_localize("UTC")
    return joined


def online(store: Store, params: Knobs, keys: list[dict[str, Any]]) -> pd.DataFrame:
    """Newest features of each entity in `keys`, one row each."""
    service = store.get_feature_service(service_name(params))
    return store.get_online_features(features=service, entity_rows=keys).to_df()
