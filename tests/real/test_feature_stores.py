"""The tests of features on PostgreSQL, S3 and Redis, by settings alone. All servers are real.

They are those of `tests/engine/features`: joins of generated tables against a brute-force search,
created times, TTL, online rows. The settings are the examples of the guide.
"""

import json
import os
import shutil
import subprocess

import pytest
import yaml

from conftest import PROJECT, ROOT
from projects import VENV, copy, make, python
from servers import locked_postgres, minio, redis, stop

pytestmark = [pytest.mark.slow, pytest.mark.server]
GUIDE = ROOT / "docs" / "how-to" / "run-on-a-server.md"
FILES = ("test_further_sources", "test_horizon", "test_windows", "test_feast")
# what is about local files: a second store, the project's own feature_store.yaml, DuckDB's memory
LOCAL = (
    *("asof", "drops_rows_is_stopped", "feasts_own_command", "state_lies_in_the_project"),
    *("wrong_feature_store_yaml", "duckdb_is_bounded", "an_experiment_and_a_look"),
    *("without_its_client", "a_place_of_tables"),
)
NAMES = ("host", "port", "database", "user", "password", "sslmode")
ONLINE = {"type": "postgres"} | {name: f"${{PG{name.upper()}}}" for name in NAMES}
STORES = {
    "postgres": {},
    "s3, asof": {"offline_store": {"type": "level2.features.feast_asof.AsofOfflineStore"}},
    "s3, duckdb": {"offline_store": {"type": "duckdb"}},
    "postgres, also online": {"online_store": ONLINE},
}
PASSWORD = "p:w@rd#${HOME}"  # noqa: S105  made up, and hard to write down


@pytest.fixture(scope="module")
def examples():
    """The guide's two examples: PostgreSQL, and what differs for S3."""
    section = GUIDE.read_text().split("### PostgreSQL, S3 and Redis")[1]
    blocks = [part.split("```")[0] for part in section.split("```yaml\n")[1:]]
    return [yaml.safe_load(block) for block in blocks]


@pytest.fixture(scope="module")
def servers(trained, tmp_path_factory):
    """PostgreSQL, MinIO and Redis, their clients installed: the variables that name them."""
    for stamp in (".postgres", ".pipeline"):
        make(trained, f"{VENV}/{stamp}")
    folder = tmp_path_factory.mktemp("servers")
    url, store = minio(folder / "minio", "tester", "not-a-real-password")
    address, cache = redis(folder / "redis")
    port, data, database = locked_postgres(PASSWORD)
    named = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGDATABASE": "postgres"}
    named |= {"PGUSER": "tester", "PGPASSWORD": PASSWORD, "PGSSLMODE": "disable"}
    named |= {"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "tester"}
    named |= {"AWS_SECRET_ACCESS_KEY": "not-a-real-password", "AWS_DEFAULT_REGION": "us-east-1"}
    quoted = "p%3Aw%40rd%23%24%7BHOME%7D"
    named["FEAST_REGISTRY"] = f"postgresql+psycopg://tester:{quoted}@127.0.0.1:{port}/postgres"
    with pytest.MonkeyPatch.context() as patch:
        for name, value in named.items():
            patch.setenv(name, value)
        python(folder, "import boto3; boto3.client('s3').create_bucket(Bucket='my-bucket')")
    yield named | {"REDIS_CONNECTION": address}
    for process in (store, cache, database):
        stop(process)
    shutil.rmtree(data, ignore_errors=True)


@pytest.fixture
def named(servers, examples, tmp_path, monkeypatch):
    """A function that names a case's stores to every process that this test starts."""
    for name, value in servers.items():
        monkeypatch.setenv(name, value)

    def write(case):
        whole, on_objects = examples
        tree = whole | (on_objects if case.startswith("s3") else {}) | STORES[case]
        (tmp_path / "feature_store.yaml").write_text(yaml.safe_dump(tree))
        monkeypatch.setenv("FEAST_FS_YAML_FILE_PATH", str(tmp_path / "feature_store.yaml"))

    return write


def of_features(folder, *words, but=()):
    """Run tests of features with the stores that are named; return the exit code and the end."""
    chosen = f"not ({' or '.join([*LOCAL, *but])})"
    command = [str(VENV / "bin" / "python"), "-m", "pytest", "-q", "-n0", "-p", "fresh_stores"]
    command += [f"--basetemp={folder / 'features'}", "-k", chosen]
    command += words
    parts = [PROJECT / "engine", PROJECT / "src", PROJECT, ROOT / "tests" / "engine" / "support"]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*parts, folder]))}
    done = subprocess.run(
        command,
        cwd=ROOT / "tests" / "engine",
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("case", STORES)
def test_the_tests_of_features_pass_on_servers(named, tmp_path, case):
    named(case)
    files = FILES[:1] if case == "s3, duckdb" else FILES
    alone = ["feature_service_gives"] if case.startswith("s3") else []  # by Feast alone: httpfs
    code, said = of_features(tmp_path, *(f"features/{name}.py" for name in files), but=alone)
    assert code == 0, said[-4_000:]


GLUED = "from level2.features import feast_postgres\nfeast_postgres.keys_apart = lambda: None\n"
EARLY = """
from level2.features import feast
joined = feast._joined
feast._joined = lambda *words: joined(*words[:4])  # without the cut at the created time
"""


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        (GLUED, "test_keys_of_two_columns_whose_texts_joined_are_equal_stay_apart"),
        (EARLY, "test_a_column_of_a_source_is_the_newest_known_at_the_time_by_brute_force"),
    ],
    ids=["glued keys", "corrections too early"],
)
def test_the_tests_see_a_join_that_is_wrong_on_postgres(named, tmp_path, fault, test):
    named("postgres")
    (tmp_path / "fault.py").write_text(fault)
    where = f"features/test_further_sources.py::{test}[duckdb]"
    code, said = of_features(tmp_path, "-p", "fault", where)
    assert code == 1, said[-2_000:]
    assert "made=[" in said, "a generated table"
    assert "1 failed" in said


@pytest.mark.parametrize("case", ["postgres", "s3, asof"])
def test_the_loop_finds_the_model_of_a_run_on_files(trained, named, tmp_path, case):
    folder = copy(trained, tmp_path / "load-forecast")
    local = json.loads((folder / "artifacts/evaluation.json").read_text())
    named(case)
    (folder / "feature_repo/data/registry.db").unlink()
    said = make(folder, "run")
    assert "champion v1 kept: the candidate is the same model" in said
    served = json.loads((folder / "artifacts/evaluation.json").read_text())
    assert served["candidate"] == local["candidate"]
    assert not (folder / "feature_repo/data/registry.db").exists()


OPEN = """
from dataclasses import replace
from pathlib import Path
import pandas as pd
from level2.base.errors import ProjectError
from level2.features import feast, feast_store
from level2.params.config import load_params
from level2.workspace import Workspace
params, here = load_params(Path("params.yaml")), Workspace.at(Path.cwd())
store = feast.open_store(here, params)
labels = pd.read_parquet("data/ingested.parquet")[[*params.data.key, params.data.target]].head(9)
def refused(what):
    try:
        what()
    except ProjectError as error:
        print(error)
    else:
        raise SystemExit("not refused")
"""
OTHER = """
rows = pd.read_parquet(here.features).head(99)
rows.to_parquet("other.parquet")
name = "load_forecast_features"
store.tables.publish(name, Path("other.parquet"))
refused(lambda: feast.historical(store, params, labels))
mine = here.features.read_bytes()
rows.to_parquet(here.features)
feast.open_store(here, params)  # another run, with other rows
refused(lambda: feast.historical(store, params, labels))
here.features.write_bytes(mine)
print(len(feast.historical(feast.open_store(here, params), params, labels)))
"""


@pytest.mark.parametrize("case", ["postgres", "s3, asof"])
def test_a_table_that_another_run_has_replaced_is_refused(trained, named, tmp_path, case):
    folder = copy(trained, tmp_path / "load-forecast")
    named(case)
    data, registry, rows = python(folder, OPEN + OTHER).splitlines()
    where = "table `load_forecast_features`"
    where = (
        where if case == "postgres" else "s3://my-bucket/features/load_forecast_features.parquet"
    )
    assert data == f"{where} was replaced by another run: let one run at a time write there, run " \
        "again"  # fmt: skip
    assert registry.startswith("the registry's `load_forecast_features` was replaced")
    assert rows == "9"


LONG = """
data = params.data.model_copy(update={"name": "a" * 60})
refused(lambda: feast.open_store(here, params.model_copy(update={"data": data})))
"""


def test_faults_of_postgres_are_one_sentence(trained, named, tmp_path, monkeypatch):
    folder = copy(trained, tmp_path / "load-forecast")
    named("postgres")
    long = python(folder, OPEN + LONG)
    assert long.endswith("is too long for a table of PostgreSQL: shorten data.name in params.yaml "
                         "or the source's name, to 60 characters in all")  # fmt: skip
    monkeypatch.setenv("PGPASSWORD", "wrong")
    said = make(folder, "run", ok=False)
    assert "stopped: PostgreSQL, Feast's offline store: " in said
    assert "password authentication failed" in said
    monkeypatch.setenv("PGPORT", "9")
    said = make(folder, "run", ok=False)
    assert "stopped: PostgreSQL, Feast's offline store: " in said
    assert "(offline_store in feature_store.yaml)" in said
    assert PASSWORD not in said
