"""A real MinIO and a real Redis: raw table, DVC remote, MLflow artifacts, Feast's two stores."""

import json
import os
import subprocess
from pathlib import Path

import pytest
import yaml

from acting import stand_in_for_github
from conftest import ROOT
from projects import VENV, copy, make, python, registry, tool
from servers import free_port, minio, redis, start, stop

pytestmark = pytest.mark.server
USER, PASSWORD = "tester", "not-a-real-password"
S3 = "import boto3; s3 = boto3.client('s3'); "


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory):
    """A project with a short search, its sample table and what a cluster's image holds."""
    folder = copy(bake(), tmp_path_factory.mktemp("storage") / "load-forecast")
    for stamp in (".pipeline", ".ui"):
        make(folder, f"{VENV}/{stamp}")
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["tune"]["trials"] = 2
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    make(folder, "init")
    return folder


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    url, process = minio(tmp_path_factory.mktemp("minio"), USER, PASSWORD)
    yield url
    stop(process)


@pytest.fixture
def store(server, project, tmp_path, monkeypatch):
    """Credentials in the environment, a bucket of the test's own, a copy of the project."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", USER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PASSWORD)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    folder = copy(project, tmp_path / "load-forecast")
    bucket = f"b{free_port()}"
    python(folder, f"{S3}s3.create_bucket(Bucket='{bucket}')")
    return folder, bucket


def put(folder: Path, file: str, bucket: str, key: str) -> str:
    python(folder, f"{S3}s3.upload_file('{file}', '{bucket}', '{key}')")
    return f"s3://{bucket}/{key}"


def keys(folder: Path, bucket: str) -> list[str]:
    code = f"{S3}print(*[o['Key'] for o in s3.list_objects_v2(Bucket='{bucket}')['Contents']])"
    return python(folder, code).split()


def point_at(folder: Path, source: str) -> None:
    """Name the raw table in params.yaml, as a person would, and commit."""
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["data"]["source"] = source
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    tool(folder, "git", "commit", "--quiet", "--all", "--message", "another source")


def keep_versions(folder: Path, bucket: str) -> None:
    how = "{'Status': 'Enabled'}"
    python(folder, f"{S3}s3.put_bucket_versioning(Bucket='{bucket}',VersioningConfiguration={how})")


def test_the_loop_reads_an_object_and_an_older_version_is_reproduced(store):
    folder, bucket = store
    keep_versions(folder, bucket)
    point_at(folder, put(folder, "data/raw/load.csv", bucket, "tables/load.csv"))
    md5 = tool(folder, "md5sum", "data/raw/load.csv").split()[0]
    tool(folder, "rm", "data/raw/load.csv")
    assert "champion v1 (the first)" in make(folder, "run")
    raw = json.loads((folder / "artifacts/raw.json").read_text())
    assert raw["md5"] == md5
    assert raw["version"] not in (None, "null")
    said = make(folder, "lineage")
    assert f"s3://{bucket}/tables/load.csv md5 {md5}" in said
    assert "uncommitted" not in said
    make(folder, "sample", "UNTIL=2017-12-31")
    put(folder, "data/raw/load.csv", bucket, "tables/load.csv")  # newer data under the same name
    assert "reproduced load-forecast v1" in make(folder, "reproduce", "VERSION=1")


def test_other_bytes_than_the_recorded_are_refused(store):
    folder, bucket = store
    point_at(folder, put(folder, "data/raw/load.csv", bucket, "load.csv"))
    make(folder, "run")
    make(folder, "sample", "UNTIL=2017-12-31")
    put(folder, "data/raw/load.csv", bucket, "load.csv")
    said = make(folder, "reproduce", "VERSION=1", ok=False)
    assert f"s3://{bucket}/load.csv has other content" in said
    assert "let the bucket keep versions" in said


def test_parquet_and_csv_objects_ingest_to_the_same_table(store):
    folder, bucket = store
    frame = (
        "import pandas as pd; t = pd.read_csv('data/raw/load.csv', float_precision='round_trip')"
    )
    python(folder, f"{frame}; t.to_parquet('data/raw/load.parquet')")
    digests = set()
    for name in ("load.csv", "load.parquet"):
        uri = put(folder, f"data/raw/{name}", bucket, name)
        tool(folder, "python", "-m", "level2", "ingest", "--set", f"data.source={uri}")
        digests.add(tool(folder, "sha256sum", "data/ingested.parquet").split()[0])
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("uri", "setting", "said"),
    [
        ("s3://BUCKET/none.csv", {}, "there is no object `none.csv` in bucket"),
        ("s3://no-such-bucket/t.csv", {}, "there is no bucket `no-such-bucket` at http://127"),
        ("s3://BUCKET/t.csv", {"AWS_ACCESS_KEY_ID": "nobody"}, "the credentials are wrong or"),
        ("s3://BUCKET/t.csv", {"AWS_SECRET_ACCESS_KEY": "wrong-one"}, "the credentials are wrong"),
        ("s3://BUCKET/t.csv", {"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "no response from"),
    ],
)
def test_a_fault_of_the_store_is_one_sentence(store, monkeypatch, uri, setting, said):
    folder, bucket = store
    for name, value in setting.items():
        monkeypatch.setenv(name, value)
    source = uri.replace("BUCKET", bucket)
    command = [f"{VENV}/bin/python", "-m", "level2", "ingest"]
    done = subprocess.run(
        [*command, "--set", f"data.source={source}"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder / "engine")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f" stopped: {source}: {said}")
    assert done.stderr.count("\n") == 1
    assert PASSWORD not in done.stderr + done.stdout
    assert "wrong-one" not in done.stderr
    assert not (folder / "data/ingested.parquet").exists()


def test_dvc_pushes_to_the_store_and_a_clone_pulls_and_reproduces(store, tmp_path):
    folder, bucket = store
    tool(folder, "dvc", "remote", "modify", "storage", "url", f"s3://{bucket}/dvc")
    make(folder, "repro")
    tool(folder, "git", "add", "--all")
    tool(folder, "git", "commit", "--quiet", "--message", "results")
    make(folder, "push")
    assert [key for key in keys(folder, bucket) if key.startswith("dvc/files/md5/")]
    clone = tmp_path / "clone"
    tool(folder, "git", "clone", "--quiet", str(folder), str(clone))
    tool(clone, "dvc", "pull")
    assert (clone / "data/raw/load.csv").read_bytes() == (folder / "data/raw/load.csv").read_bytes()
    assert "Data and pipelines are up to date" in tool(clone, "dvc", "status")


def test_dvc_repro_notices_a_new_object(store):
    folder, bucket = store
    point_at(folder, put(folder, "data/raw/load.csv", bucket, "load.csv"))
    assert "Running stage 'ingest'" in make(folder, "repro")
    assert "Running stage" not in make(folder, "repro")
    make(folder, "sample", "UNTIL=2018-06-30")
    put(folder, "data/raw/load.csv", bucket, "load.csv")
    assert "Running stage 'ingest'" in make(folder, "repro")


@pytest.mark.parametrize("proxied", [True, False], ids=["through-the-server", "by-the-client"])
def test_mlflow_keeps_its_artifacts_in_the_store(store, tmp_path, monkeypatch, proxied):
    folder, bucket = store
    url = f"http://127.0.0.1:{free_port()}"
    command = [f"{VENV}/bin/mlflow", "server", "--host", "127.0.0.1", "--port", url.split(":")[-1]]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/server.db", "--workers", "1"]
    root = f"s3://{bucket}/mlflow"
    command += ["--artifacts-destination", root] if proxied else []
    command += [] if proxied else ["--no-serve-artifacts", "--default-artifact-root", root]
    process = start(command, tmp_path / "mlflow", f"{url}/health")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    try:
        assert "champion v1 (the first)" in make(folder, "run")
        found = [key for key in keys(folder, bucket) if key.startswith("mlflow/")]
        assert [key for key in found if key.endswith("model.onnx")]
        assert not (folder / "mlartifacts").exists()
        again = make(folder, "run")  # the champion is read back and measured
        assert "v1 kept" in again
    finally:
        stop(process)


TUNE = """
import os, subprocess, sys
from pathlib import Path
sys.path.insert(0, SUPPORT)
from standing_cluster import Cluster
cluster = Cluster(Path({pod!r}))
known = {{name: os.environ[name] for name in {given!r}}}
settings = dict(TUNER="katib", KUBECONFIG=cluster.kubeconfig(), KATIB_NAMESPACE="team")
settings |= dict(TRIAL_IMAGE="reg/project@sha256:abc", TRIAL_SECRET="store", DATASET_URI={uri!r})
try:
    cluster.play(secrets=dict(store=known))
    words = [sys.executable, "-m", "level2", "tune"]
    done = subprocess.run(words, env=os.environ | settings, capture_output=True, text=True)
    print(done.stdout, done.stderr, *cluster.seen()["logs"].values())
finally:
    cluster.stop()
""".replace("SUPPORT", repr(str(ROOT / "tests/engine/support")))
KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


def test_trials_read_their_rows_from_the_store_with_the_credentials_of_their_secret(
    store, tmp_path
):
    """A stand-in for Katib runs each trial's command; MinIO and the rows are real."""
    folder, bucket = store
    make(folder, "run")
    local = json.loads((folder / "artifacts/tuning.json").read_text())
    pod = tmp_path / "pod"  # what the image holds: no rows
    pod.mkdir()
    (pod / "params.yaml").write_text((folder / "params.yaml").read_text())
    uri = f"s3://{bucket}/tuning"
    said = python(folder, TUNE.format(pod=str(pod), given=KEYS, uri=uri))
    assert f"rows at {uri}/" in said
    (key,) = [key for key in keys(folder, bucket) if key.startswith("tuning/")]
    assert key.endswith("/dataset.parquet")
    tuned = json.loads((folder / "artifacts/tuning.json").read_text())
    assert (tuned["tuner"], local["tuner"]) == ("katib", "optuna")
    trials = [trial for branch in tuned["branches"] for trial in branch["trials"]]
    assert len(trials) == 2
    assert all(0 < trial["value"] < 1e5 for trial in trials)
    make(folder, "run", "FROM=train")
    model = json.loads((folder / "artifacts/model/model.json").read_text())
    assert model["params"] | tuned["chosen"]["params"] == model["params"]
    said = python(folder, TUNE.format(pod=str(pod), given=(), uri=uri))
    assert "stopped: no trial gave a finite rmse" in said
    assert "dataset.parquet: no credentials: set AWS_ACCESS_KEY_ID" in said, "the pod's log"


def test_feast_keeps_its_registry_in_the_store_and_serves_from_redis(store, tmp_path, monkeypatch):
    folder, bucket = store
    address, process = redis(tmp_path / "redis")
    configuration = folder / "deploy/kubeflow/feature_store.yaml"
    monkeypatch.setenv("FEAST_FS_YAML_FILE_PATH", str(configuration))
    monkeypatch.setenv("FEAST_REGISTRY", f"s3://{bucket}/feast/registry.db")
    monkeypatch.setenv("REDIS_CONNECTION", address)
    try:
        assert "champion v1 (the first)" in make(folder, "run")
        assert "feast/registry.db" in keys(folder, bucket)
        assert not (folder / "feature_repo/data").exists(), "nothing is kept locally"
        asked = (
            "from pathlib import Path; from level2.features import feast; "
            "from level2.params.config import load_params; import pandas as pd; "
            "from level2.workspace import Workspace; p = load_params(Path('params.yaml')); "
            "s = feast.open_store(Workspace.at(Path('.')), p); "
            "r = feast.online(s, p, [{'area': 'Amprion'}]).iloc[0]; "
            "f = pd.read_parquet('data/features.parquet'); f = f[f.area == 'Amprion'].iloc[-1]; "
            "import json; names = ('temperature', 'load_lag_1'); "
            "print(json.dumps([[float(x[name]) for name in names] for x in (r, f)]))"
        )
        served, stored = json.loads(python(folder, asked))
    finally:
        stop(process)
    assert served == stored
    said = make(folder, "run", ok=False)
    assert f"Feast could not fill the online store (Error 111 connecting to {address}" in said


INBOX = ("python", "-m", "level2", "inbox", "--once", "--settle", "0.2")
ROWS = "import pandas as pd; s3.download_file('{}', 'load.csv', 'got.csv'); "
ROWS += "t = pd.read_csv('got.csv'); print(len(t), t['date'].max())"


@pytest.fixture
def landed(store, monkeypatch):
    """A project whose table is an object, January landed in its inbox, and a GitHub to tell."""
    folder, bucket = store
    point_at(folder, put(folder, "data/raw/load.csv", bucket, "load.csv"))
    known = (folder / "data/raw/load.csv").read_text().splitlines()
    later = ("sample", "--until", "2019-01-31", "--output", "later.csv")
    tool(folder, "python", "-m", "level2", *later)
    new = sorted({*(folder / "later.csv").read_text().splitlines()} - {*known})
    (folder / "data/inbox").mkdir()
    (folder / "data/inbox/january.csv").write_text("\n".join([known[0], *new, ""]))
    (folder / "data/raw/load.csv").unlink()
    hub, token = stand_in_for_github()
    monkeypatch.setenv("GITHUB_API_URL", hub.address)
    monkeypatch.setenv("GITHUB_REPOSITORY", hub.repository)
    monkeypatch.setenv("GITHUB_TOKEN", token)
    with hub:
        yield folder, bucket, hub


def ended(folder: Path) -> dict[str, str]:
    """How the run of each table ended, as the inbox's record has it."""
    record = json.loads((folder / "data/inbox/.record.json").read_text())
    return {item["name"]: item["run"] for item in record.values()}


def test_a_table_that_lands_is_merged_into_the_object_and_github_is_told_once(landed):
    """The object is in a real MinIO; GitHub is the stand-in of the project's own tests."""
    folder, bucket, hub = landed
    said = tool(folder, *INBOX)
    assert "taken     january.csv: 124 new rows, 0 known ones replaced" in said
    assert f"ct        new-data sent to {hub.repository}" in said
    assert python(folder, S3 + ROWS.format(bucket)) == "5968 2019-01-31"
    assert hub.dispatches == [{"event_type": "new-data"}]
    assert ended(folder) == {"january.csv": "dispatched"}
    assert registry(folder, "select count(*) from runs") == [(0,)], "nothing is trained here"
    taken = folder / "data/inbox/taken/january.csv"
    (folder / "data/inbox/again.csv").write_bytes(taken.read_bytes())
    assert "again.csv has the content of january.csv: nothing to do" in tool(folder, *INBOX)
    (folder / "data/inbox/shorter.csv").write_text("\n".join(taken.read_text().split("\n")[:9]))
    tool(folder, *INBOX)
    assert len(hub.dispatches) == 1, "neither the same table nor rows that are known"


def test_a_github_that_refuses_is_told_at_the_next_look(landed, monkeypatch):
    folder, bucket, hub = landed
    with monkeypatch.context() as patch:
        patch.setenv("GITHUB_TOKEN", "an-old-token")
        with pytest.raises(AssertionError, match=r"stopped: .*GitHub answered 401"):
            tool(folder, *INBOX)
    assert (hub.dispatches, ended(folder)) == ([], {"january.csv": ""})
    assert python(folder, S3 + ROWS.format(bucket)) == "5968 2019-01-31", "that part is done"
    assert "new-data sent" in tool(folder, *INBOX)
    tool(folder, *INBOX)
    assert hub.dispatches == [{"event_type": "new-data"}]
    assert ended(folder) == {"january.csv": "dispatched"}
