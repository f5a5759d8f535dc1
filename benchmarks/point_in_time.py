"""CPU time of the point-in-time join: plain DuckDB, our ASOF store, Feast's own duckdb store.

Run with the Python of a project that has the store: python benchmarks/point_in_time.py
All three read the same parquet file and end in a pandas frame, in turn, in one process and on one
thread. Event times are unique per key, so that plain DuckDB, which knows no created time, gives the
same values. There is no TTL and the file is not sorted: the hardest case for Feast's own store.
"""

import argparse
import json
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
from feast import Entity, FeatureStore, FeatureView, Field, FileSource
from feast.repo_config import RepoConfig
from feast.types import Float64
from feast.value_type import ValueType

COLUMNS = [f"f{i}" for i in range(10)]
PLAIN, OURS, FEAST = "plain DuckDB ASOF join", "ASOF store", "Feast's duckdb store"
GOAL = 1.5  # CPU of our store over plain DuckDB
YEAR = 365 * 86_400 * 1_000_000  # microseconds

Join = Callable[[], pd.DataFrame]


def times(random: np.random.Generator, count: int) -> pd.Series:
    """Random moments of one year as datetime64[us, UTC]."""
    offsets = random.integers(0, YEAR, count).astype("timedelta64[us]")
    return pd.Series(np.datetime64("2024-01-01", "us") + offsets).dt.tz_localize("UTC")


def make_data(path: Path, features: int, entities: int) -> pd.DataFrame:
    """Write `features` rows of 10 floats to path; return `entities` numbered rows to join."""
    random = np.random.default_rng(0)
    keys = max(features // 100, 1)
    table = pd.DataFrame({"key": random.integers(0, keys, features)})
    table["event_timestamp"] = times(random, features)
    table["created"] = table["event_timestamp"] + pd.Timedelta(minutes=1)
    for name in COLUMNS:
        table[name] = random.normal(size=features)
    table = table.drop_duplicates(["key", "event_timestamp"])
    table.to_parquet(path, index=False)
    frame = pd.DataFrame({"row": range(entities), "key": random.integers(0, keys, entities)})
    return frame.assign(event_timestamp=times(random, entities))


def plain_join(path: Path, entities: pd.DataFrame) -> Join:
    """Return the join as a person would write it in SQL."""
    connection = duckdb.connect()
    connection.execute("SET threads = 1; SET TimeZone = 'UTC'")
    connection.register("entities", entities)
    connection.read_parquet(str(path)).create_view("features")
    query = """
        SELECT entities.*, features.* EXCLUDE (key, event_timestamp, created)
        FROM entities ASOF LEFT JOIN features
        ON entities.key = features.key
        AND entities.event_timestamp >= features.event_timestamp"""
    return lambda: connection.execute(query).df()


def store_join(path: Path, entities: pd.DataFrame, store_type: str, state: Path) -> Join:
    """Return the join through Feast with an offline store of this type."""
    state.mkdir()
    config = RepoConfig(
        project="benchmark",
        provider="local",
        registry=str(state / "registry.db"),
        online_store={"type": "sqlite", "path": str(state / "online.db")},
        offline_store={"type": store_type},
        entity_key_serialization_version=3,
    )
    key = Entity(name="key", join_keys=["key"], value_type=ValueType.INT64)
    source = FileSource(
        name="source",
        path=str(path),
        timestamp_field="event_timestamp",
        created_timestamp_column="created",
    )
    view = FeatureView(
        name="view",
        entities=[key],
        ttl=timedelta(0),
        schema=[Field(name=name, dtype=Float64) for name in COLUMNS],
        source=source,
    )
    store = FeatureStore(config=config)
    store.apply([key, view])
    asked = [f"view:{name}" for name in COLUMNS]
    return lambda: store.get_historical_features(entity_df=entities, features=asked).to_df()


def check_equal(joins: dict[str, Join]) -> None:
    """Run each join once, which also warms it up. Raises AssertionError where values differ."""
    frames = {name: join().sort_values("row", ignore_index=True) for name, join in joins.items()}
    expected = frames[PLAIN]
    if expected[COLUMNS].isna().all(axis=None):
        raise AssertionError("no entity row has features: nothing is measured")
    for frame in frames.values():
        pd.testing.assert_frame_equal(frame, expected, check_exact=True)


def cpu_seconds(joins: dict[str, Join], runs: int) -> dict[str, float]:
    """Median CPU seconds of each join; the joins take turns, so that noise meets all alike."""
    spent: dict[str, list[float]] = {name: [] for name in joins}
    for _ in range(runs):
        for name, join in joins.items():
            start = time.process_time()
            join()
            spent[name].append(time.process_time() - start)
    return {name: statistics.median(seconds) for name, seconds in spent.items()}


def result(name: str, seconds: dict[str, float], goal: float | None, runs: int) -> dict[str, Any]:
    """One row of the benchmark table."""
    ratio = seconds[name] / seconds[PLAIN]
    return {
        "name": f"point-in-time join, {name}",
        "ours": round(seconds[name], 4),
        "reference": round(seconds[PLAIN], 4),
        "reference_name": PLAIN,
        "ratio": round(ratio, 2),
        "goal": goal,
        "met": None if goal is None else ratio <= goal,
        "unit": "s CPU",
        "runs": runs,
    }


def main() -> None:
    """Measure and print, or write, the rows."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--features", type=int, default=1_000_000, help="feature rows")
    parser.add_argument("--entities", type=int, default=100_000, help="entity rows")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--output", type=Path, help="write the rows here instead of printing them")
    parser.add_argument("--store", default="level2.features.feast_asof.AsofOfflineStore")
    options = parser.parse_args()
    warnings.filterwarnings("ignore", category=DeprecationWarning)  # ibis 12 on DuckDB 2
    ibis.get_backend().raw_sql("SET threads = 1")  # the connection both stores use
    pa.set_cpu_count(1)  # frames are made of Arrow tables
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        path = root / "features.parquet"
        entities = make_data(path, options.features, options.entities)
        joins = {
            PLAIN: plain_join(path, entities),
            OURS: store_join(path, entities, options.store, root / "ours"),
            FEAST: store_join(path, entities, "duckdb", root / "feast"),
        }
        check_equal(joins)
        seconds = cpu_seconds(joins, options.runs)
    rows = [result(OURS, seconds, GOAL, options.runs), result(FEAST, seconds, None, options.runs)]
    text = json.dumps(rows, indent=2) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    else:
        print(text, end="")


if __name__ == "__main__":
    main()
