"""Feast on a real store: values as known at the time, every row kept, the newest row online."""

import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import yaml
from feast.types import Float32, String

from layout import PROJECT
from level2.base.errors import ProjectError
from level2.features import feast, feast_declare, feast_online, feast_settings
from level2.features.transforms import derive, model_features
from level2.params.config import parse_params
from level2.workspace import Workspace

KEY = ["area", "event_timestamp"]


def write_features(context, table):
    """What `featurize` writes: derived features, numbers as float32."""
    params = context.params
    features = derive(table, params.data, params.featurize)
    for name, feature in model_features(params.data, params.featurize).items():
        if feature.numeric:
            features[name] = features[name].astype("float32")
    context.workspace.features.parent.mkdir(parents=True, exist_ok=True)
    features.to_parquet(context.workspace.features, index=False)
    return features


@pytest.fixture
def opened(context, table):
    """A store over the features of the small table."""
    features = write_features(context, table)
    store = feast.open_store(context.workspace, context.params)
    return SimpleNamespace(store=store, params=context.params, features=features, context=context)


def labels(*rows):
    """Entity rows: (area, time), with a target that numbers them."""
    frame = pd.DataFrame(rows, columns=KEY)
    frame["event_timestamp"] = pd.to_datetime(frame["event_timestamp"], utc=True).astype(
        "datetime64[us, UTC]"
    )
    return frame.assign(load=np.arange(len(frame), dtype=float))


def sorted_rows(frame, like):
    return frame[list(like)].sort_values(["load"], ignore_index=True)


def expected(features, asked):
    """The same join by pandas: the newest row that is at most one day old."""
    found = pd.merge_asof(
        asked.sort_values("event_timestamp"),
        features.sort_values("event_timestamp"),
        on="event_timestamp",
        by="area",
        tolerance=pd.Timedelta(days=1),
    )
    return found.sort_values("load", ignore_index=True)


def assert_joined(opened, asked):
    joined = feast.historical(opened.store, opened.params, asked)
    wanted = expected(opened.features, asked)
    found = sorted_rows(joined, wanted)
    for name in model_features(opened.params.data, opened.params.featurize):
        if wanted[name].dtype.kind == "f":
            np.testing.assert_array_equal(found[name].astype("float32"), wanted[name], name)
        else:
            assert found[name].isna().tolist() == wanted[name].isna().tolist()
            assert found[name].dropna().tolist() == wanted[name].dropna().tolist()
    return found


def test_the_join_is_the_one_pandas_makes(opened):
    rng = np.random.default_rng(0)
    hours = rng.integers(-48, 24 * 85, 300)
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(hours, unit="h")
    areas = rng.choice(["North", "South", "Nowhere"], 300)
    asked = labels(*zip(areas, times, strict=True))
    found = assert_joined(opened, asked)
    assert 150 < found["temperature"].notna().sum() < 290


def test_a_label_on_the_moment_of_a_row_gets_that_row(opened):
    asked = opened.features[KEY].assign(load=np.arange(len(opened.features), dtype=float))
    found = assert_joined(opened, asked)
    assert found["temperature"].notna().all()


def test_a_future_dated_row_is_not_used(opened, table):
    asked = labels(("North", "2024-02-01 00:00"), ("North", "2024-02-01 12:00"))
    before = feast.historical(opened.store, opened.params, asked)
    late = table["event_timestamp"] > asked["event_timestamp"].max()
    poisoned = table.assign(
        temperature=table["temperature"].where(~late, -1e6), load=table["load"].where(~late, 1e9)
    )
    write_features(opened.context, poisoned)
    store = feast.open_store(opened.context.workspace, opened.params)
    after = feast.historical(store, opened.params, asked)
    columns = list(model_features(opened.params.data, opened.params.featurize))
    pd.testing.assert_frame_equal(
        sorted_rows(before, ["load", *columns]), sorted_rows(after, ["load", *columns])
    )
    later = feast.historical(store, opened.params, labels(("North", "2024-02-02 00:00")))
    assert later["temperature"].tolist() == [-1e6]


def test_labels_without_a_known_row_are_kept_and_empty(opened):
    asked = labels(
        ("North", "2023-12-31 23:59"),  # before the first row
        ("North", "2024-03-25 00:00"),  # days after the last
        ("Nowhere", "2024-02-01 00:00"),
        ("South", "2024-02-01 00:00"),
    )
    joined = feast.historical(opened.store, opened.params, asked).sort_values("load")
    assert joined["temperature"].isna().tolist() == [True, True, True, False]


def test_a_store_that_drops_a_row_is_stopped(opened, monkeypatch):
    asked = opened.features[KEY].head(50).assign(load=1.0)
    whole = opened.store.get_historical_features

    def lossy(**words):
        return SimpleNamespace(to_arrow=lambda: whole(**words).to_arrow().slice(1))

    monkeypatch.setattr(opened.store, "get_historical_features", lossy)
    with pytest.raises(
        ProjectError, match=r"returned 49 rows for 50 labels: the offline store dro"
    ):
        feast.historical(opened.store, opened.params, asked)


def test_a_store_that_doubles_a_row_is_stopped(opened, monkeypatch):
    asked = opened.features[KEY].head(50).assign(load=1.0)
    whole = opened.store.get_historical_features

    def generous(**words):
        table = whole(**words).to_arrow()
        return SimpleNamespace(to_arrow=lambda: pa.concat_tables([table, table.slice(0, 1)]))

    monkeypatch.setattr(opened.store, "get_historical_features", generous)
    with pytest.raises(ProjectError, match="returned 51 rows for 50 labels"):
        feast.historical(opened.store, opened.params, asked)


def test_feasts_file_store_which_drops_rows_is_stopped(context, table):
    """The store Feast takes by default loses labels whose features lie in the future."""
    path = context.workspace.feature_repo / "feature_store.yaml"
    tree = yaml.safe_load(path.read_text())
    path.write_text(yaml.safe_dump({**tree, "offline_store": {"type": "file"}}))
    write_features(context, table)
    store = feast.open_store(context.workspace, context.params)
    asked = labels(("North", "2023-12-01"), ("North", "2024-02-01"), ("South", "2024-02-01"))
    with pytest.raises(ProjectError, match=r"returned 2 rows for 3 labels: .* use type duckdb"):
        feast.historical(store, context.params, asked)


def test_the_online_row_is_the_newest_offline_row(opened):
    feast.materialize(opened.store, opened.params, opened.features[KEY])
    found = feast.online(opened.store, opened.params, [{"area": "South"}, {"area": "North"}])
    assert found["area"].tolist() == ["South", "North"]
    newest = opened.features.sort_values("event_timestamp").groupby("area").last()
    for name, feature in model_features(opened.params.data, opened.params.featurize).items():
        wanted = newest.loc[["South", "North"], name]
        if feature.numeric:
            assert found[name].to_numpy(dtype="float32") == pytest.approx(wanted.to_numpy())
        else:
            assert found[name].tolist() == wanted.tolist()


@pytest.fixture
def berlin(monkeypatch):
    """A machine in Germany, where the hour from two to three is left out on 31 March 2024."""
    monkeypatch.setenv("TZ", "Europe/Berlin")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("berlin")
def test_times_online_are_utc_wherever_the_machine_stands(context, table, monkeypatch):
    moment = pd.Timestamp("2024-03-31 02:30", tz="UTC")
    moved = table.assign(
        event_timestamp=table["event_timestamp"] + (moment - table["event_timestamp"].max())
    )
    features = write_features(context, moved)
    store = feast.open_store(context.workspace, context.params)
    feast.materialize(store, context.params, features[KEY])
    [(_, here)] = feast_online.OnlineStore(context.workspace, context.params).read(["North"])
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    [(_, there)] = feast_online.OnlineStore(context.workspace, context.params).read(["North"])
    assert (here, there) == (moment, moment)


def test_an_entity_nobody_knows_is_empty_online(opened):
    feast.materialize(opened.store, opened.params, opened.features[KEY])
    found = feast.online(opened.store, opened.params, [{"area": "Nowhere"}])
    assert found["temperature"].isna().all()


def test_old_data_are_materialized_too(context, table):
    """The incremental way starts at now - TTL and would write nothing, without a word."""
    old = table.assign(event_timestamp=table["event_timestamp"] - timedelta(days=9 * 366))
    features = write_features(context, old)
    assert features["event_timestamp"].max().year == 2015
    store = feast.open_store(context.workspace, context.params)
    feast.materialize(store, context.params, features[KEY])
    found = feast.online(store, context.params, [{"area": "North"}])
    last = features[features["area"] == "North"].iloc[-1]
    assert found["temperature"].tolist() == [pytest.approx(last["temperature"])]


def test_rows_dated_after_today_are_not_online(context, table):
    """The newest row that has happened counts, not a forecast or a wrong clock."""
    shift = pd.Timestamp.now("UTC").normalize() - table["event_timestamp"].iloc[40]
    times = (table["event_timestamp"] + shift).astype(table["event_timestamp"].dtype)
    features = write_features(context, table.assign(event_timestamp=times))
    store = feast.open_store(context.workspace, context.params)
    feast.materialize(store, context.params, features[KEY])
    found = feast.online(store, context.params, [{"area": "North"}])
    today = features[(features["area"] == "North") & (features.index == 40)]
    assert found["temperature"].tolist() == [pytest.approx(today["temperature"].item())]


def test_the_declarations_are_those_of_the_contract(params, tmp_path):
    entity, source, view, service = feast_declare.declare(params, tmp_path / "features.parquet")
    assert (entity.name, entity.join_key) == ("area", "area")
    assert source.timestamp_field == "event_timestamp"
    assert view.ttl == timedelta(days=1)
    kinds = {field.name: field.dtype for field in view.schema if field.name != "area"}
    features = model_features(params.data, params.featurize)
    assert kinds == {
        name: Float32 if feature.numeric else String for name, feature in features.items()
    }
    assert service.name == feast.service_name(params) == "small_load_service"


@pytest.mark.parametrize(
    ("frequency", "ttl"),
    [
        ("1h", timedelta(hours=1)),
        ("15min", timedelta(minutes=15)),
        ("7D", timedelta(days=7)),
        ("MS", timedelta(days=31)),
    ],
)
def test_a_row_is_stale_after_one_period(tree, tmp_path, frequency, ttl):
    tree["data"]["frequency"] = frequency
    assert feast_declare.declare(parse_params(tree), tmp_path / "a.parquet")[2].ttl == ttl


def test_a_table_without_time_is_never_stale_and_has_numbered_rows(tmp_path):
    tree = {
        "data": {
            "name": "plain",
            "source": "a.csv",
            "target": "y",
            "task": "regression",
            "features": {"x": {"type": "float"}},
        },
        "tune": {"families": {"linear": {}}},
    }
    entity, _, view, _ = feast_declare.declare(parse_params(tree), tmp_path / "a.parquet")
    assert (entity.name, entity.value_type.name) == ("row_id", "INT64")
    assert view.ttl == timedelta(0)


def test_feasts_own_command_finds_the_same_declarations(context, table):
    """feature_repo/definitions.py is what `feast apply` reads."""
    write_features(context, table)
    path = context.workspace.feature_repo / "definitions.py"
    names = {"__file__": str(path), "__name__": "definitions"}
    exec(compile(path.read_text(), path, "exec"), names)  # noqa: S102 - the project's own file
    assert names["view"] == feast_declare.declare(context.params, context.workspace.features)[2]


def test_opening_again_changes_nothing_and_is_quick(opened):
    began = time.perf_counter()
    again = feast.open_store(opened.context.workspace, opened.params)
    assert time.perf_counter() - began < 5
    assert [view.name for view in again.list_feature_views()] == ["small_load_features"]


def test_an_experiment_keeps_its_state_apart(context, table):
    trial = Workspace.at(context.workspace.root, "trial")
    apart = SimpleNamespace(params=context.params, workspace=trial)
    features = write_features(apart, table)
    before = sorted(context.workspace.feature_repo.rglob("*"))
    store = feast.open_store(trial, context.params)
    feast.materialize(store, context.params, features[KEY])
    assert sorted(context.workspace.feature_repo.rglob("*")) == before
    assert {path.name for path in (trial.out / "feast").rglob("*.db")} == {
        "registry.db",
        "online_store.db",
    }


def test_state_lies_in_the_project_wherever_the_command_runs(context, table, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    features = write_features(context, table)
    store = feast.open_store(context.workspace, context.params)
    feast.materialize(store, context.params, features[KEY])
    assert os.listdir(elsewhere) == []
    assert (context.workspace.feature_repo / "data" / "online_store.db").exists()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"provider": "moon"}, "moon"),
        ({"offline_store": {"type": "none.such.OfflineStore"}}, "none.such"),
        ({"online_store": {"type": "nothing"}}, "nothing"),
    ],
)
def test_a_wrong_feature_store_yaml_is_one_sentence(context, table, change, expected):
    path = context.workspace.feature_repo / "feature_store.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))
    write_features(context, table)
    with pytest.raises(ProjectError, match=r"^feature_repo/feature_store\.yaml: Feast") as caught:
        feast.open_store(context.workspace, context.params)
    assert "\n" not in str(caught.value)
    assert expected in str(caught.value)


@pytest.fixture
def cluster(context, monkeypatch):
    """The stores of a cluster, named by Feast's own variable; nobody listens at its addresses."""
    file = PROJECT / "deploy" / "kubeflow" / "feature_store.yaml"
    monkeypatch.setenv("FEAST_FS_YAML_FILE_PATH", str(file))
    monkeypatch.delenv("FEAST_REGISTRY", raising=False)
    monkeypatch.setenv("REDIS_CONNECTION", "127.0.0.1:9")
    return context


def test_an_address_of_the_clusters_stores_that_is_not_set_is_named(cluster):
    with pytest.raises(ProjectError, match=r"feature_store\.yaml: FEAST_REGISTRY is not set"):
        feast.open_store(cluster.workspace, cluster.params)


def test_a_shared_registry_is_used_as_it_is_named_and_not_made_a_path(cluster, monkeypatch):
    monkeypatch.setenv("FEAST_REGISTRY", "s3://bucket/feast/registry.db")
    settings = feast_settings.store_settings(cluster.workspace)
    assert settings["registry"] == "s3://bucket/feast/registry.db"
    assert settings["online_store"] == {"type": "redis", "connection_string": "127.0.0.1:9"}


SERVERS = {
    "registry": {"registry_type": "sql", "path": "postgresql+psycopg://u:p@host/db"},
    "offline_store": {"type": "postgres", "host": "127.0.0.1", "port": 9, "user": "u"},
    "offline_tables": "s3://bucket/features",
    "online_store": {"type": "redis", "connection_string": "127.0.0.1:9"},
}


def named(context, **change):
    """Change feature_store.yaml."""
    path = context.workspace.feature_repo / "feature_store.yaml"
    path.write_text(yaml.safe_dump({**yaml.safe_load(path.read_text()), **change}))


def test_an_experiment_and_a_look_at_older_rows_use_files_whatever_the_servers(context, table):
    """They would replace what is served, and the declarations that other runs read."""
    named(context, **SERVERS)
    trial = Workspace.at(context.workspace.root, "trial")
    settings = feast_settings.store_settings(trial)
    assert settings["registry"] == str(trial.out / "feast" / "data" / "registry.db")
    assert settings["offline_store"] == {"type": "duckdb"}
    assert settings["online_store"]["type"] == "sqlite"
    assert "offline_tables" not in settings
    apart = SimpleNamespace(params=context.params, workspace=trial)
    write_features(apart, table)
    assert feast.open_store(trial, context.params).list_feature_views()
    whole = feast_settings.store_settings(context.workspace)
    assert {name: whole[name] for name in SERVERS} == SERVERS


@pytest.mark.parametrize("name", ["registry", "offline_store"])
def test_postgres_without_its_client_is_one_sentence(context, table, monkeypatch, name):
    named(context, **{name: SERVERS[name]})
    monkeypatch.setattr(feast_settings, "find_spec", lambda _: None)
    write_features(context, table)
    with pytest.raises(ProjectError, match=r"PostgreSQL needs psycopg.*`make \.venv/\.postgres`"):
        feast.open_store(context.workspace, context.params)


def test_a_place_of_tables_that_is_no_address_is_refused(context, table):
    named(context, offline_tables="/mnt/features")
    write_features(context, table)
    with pytest.raises(ProjectError, match="`/mnt/features` is not an object: write it like s3://"):
        feast.open_store(context.workspace, context.params)


def test_an_unknown_entity_of_redis_is_unknown(opened, monkeypatch):
    """Feast's Redis store gives a row of 1970 without values: findings/ of the template."""
    feast.materialize(opened.store, opened.params, opened.features[KEY])
    reader = feast_online.OnlineStore(opened.context.workspace, opened.params)
    read = reader._store.online_read

    def as_redis(config, view, keys, names):
        nothing = pd.Timestamp(0, tz="UTC"), {name: feast.Value() for name in names}
        return [row if row[0] else nothing for row in read(config, view, keys, names)]

    monkeypatch.setattr(reader._store, "online_read", as_redis)
    north, nobody = reader.read(["North", "nobody"])
    assert north
    assert nobody is None


def test_duckdb_is_bounded_while_feast_reads_and_closed_after(opened, monkeypatch):
    """Feast alone leaves a connection open, without a limit, with all it has read."""
    connect, limits = ibis.duckdb.connect, []

    def watched(**options):
        limits.append((options["memory_limit"], Path(options["temp_directory"]).exists()))
        return connect(**options)

    monkeypatch.setattr(ibis.duckdb, "connect", watched)
    joined = feast.historical(opened.store, opened.params, opened.features[KEY].assign(load=1.0))
    feast.materialize(opened.store, opened.params, opened.features[KEY])
    assert len(joined) == len(opened.features)
    assert limits == [("128MiB", True), ("128MiB", True)]
    assert ibis.options.default_backend is None
    assert not list(opened.context.workspace.features.parent.glob(".duckdb-*"))


def test_a_join_beyond_the_bound_goes_by_disk_and_keeps_its_values(opened, monkeypatch):
    asked = pd.concat([opened.features[KEY]] * 300, ignore_index=True)
    asked = asked.assign(load=np.arange(len(asked), dtype=float))
    within = sorted_rows(feast.historical(opened.store, opened.params, asked), asked)
    monkeypatch.setattr("level2.features.ibis.SPARE", 24 * 2**20)
    beyond = sorted_rows(feast.historical(opened.store, opened.params, asked), asked)
    assert len(beyond) == len(asked)
    pd.testing.assert_frame_equal(beyond, within)


IMPORTED = """
from level2.features import feast_declare, feast_online
import typeguard
print(typeguard.typechecked.__module__)
print("typeguard" in feast_declare.FeatureView.__init__.__code__.co_names)
"""


@pytest.mark.slow
def test_feasts_classes_are_imported_as_they_are_written():
    """Rewritten by typeguard, they take 3 s of CPU; what others import later is left alone."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTED], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["typeguard", "False"]
