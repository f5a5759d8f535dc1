"""The service over time: start, overload, another champion, a full disk, a kill, the end."""

import hashlib
import http.client
import json
import shutil
import time

import mlflow
import pytest

from level2.deploy import release
from level2.prediction_log.journal import BOUND
from running import Load, command, held, logged, resident, serving, until

pytestmark = pytest.mark.slow
NAME = "load-forecast"
POD = {"spec": {"template": {"spec": {"containers": [{}]}}}}
LIGHT = """import sys
sys.modules.update(dict.fromkeys(["pandas", "mlflow", "sklearn", "pyarrow", "feast", "scipy"]))
"""


def test_a_folder_serves_without_mlflow_and_pandas(bundle, server, tmp_path, example):
    folder = shutil.copytree(bundle, tmp_path / "image/model")
    began = time.monotonic()
    with serving(tmp_path / "image", "--model", str(folder), code=LIGHT) as running:
        assert running.get("/v2/health/ready")[0] == 200
        seconds = time.monotonic() - began
        body = {"rows": [example] * 20}
        status, answer = running.post("/predict", body)
        assert (status, answer["version"]) == (200, "1")
        assert answer["predictions"] == server.post("/predict", body)[1]["predictions"]
        status, refused = running.post("/predict", {"entities": [{"area": "TenneT"}]})
        assert (status, refused["field"]) == (422, "entities")
        memory = resident(running.process)
    print(f"{seconds:.1f} s to ready, {memory:.0f} MB")
    assert memory < 300
    assert (tmp_path / "image/data/predictions.db").exists()


def test_the_record_of_a_bundle_is_what_a_deployment_starts_from(promoted, tmp_path):
    digest = "registry.example/team/load-forecast@sha256:" + "0" * 64
    words = ("--record", str(tmp_path / "hand_over.json"), "--image", digest)
    done = command(promoted, "bundle", "--output", str(tmp_path / "bundle"), *words)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "hand_over.json").read_text())
    data = (tmp_path / "bundle/model.onnx").read_bytes()
    found = release.release(record, digest, [{"kind": "Deployment", **POD}])
    assert found.named == "load-forecast v1"
    assert found.sha256 == hashlib.sha256(data).hexdigest()
    assert (record["image"], record["alias"]) == (digest, "champion")
    done = command(promoted, "bundle", "--output", str(tmp_path / "x"), "--image", digest)
    assert "--image is written into the record: name its file with --record" in done.stderr
    assert done.returncode == 1
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("file", "change", "words"),
    [
        ("model.onnx", lambda data: data[:-1] + b"x", "SHA-256 differs"),
        ("model.onnx", None, "is missing"),
        (
            "history.json",
            lambda data: data.replace(b"TenneT", b"Tennet"),
            "history.json is not the file that was bundled (SHA-256 differs): run `bundle` again",
        ),
        ("history.json", lambda data: data[:-200], "SHA-256 differs"),
        ("history.json", None, "history.json is missing: run `bundle` again"),
        ("model.json", None, "model.json is missing: `bundle` writes such a folder"),
    ],
)
def test_a_folder_that_was_tampered_with_is_refused(bundle, tmp_path, file, change, words):
    folder = shutil.copytree(bundle, tmp_path / "model")
    if change:
        (folder / file).write_bytes(change((folder / file).read_bytes()))
    else:
        (folder / file).unlink()
    done = command(tmp_path, "serve", "--port", "0", "--model", str(folder))
    assert (done.returncode, done.stdout) == (1, "")
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"SERVE_MAX_ROWS": "many"}, "stopped: SERVE_MAX_ROWS: input should be a valid integer"),
        ({"SERVE_MAX_ROWS": "0"}, "stopped: SERVE_MAX_ROWS: input should be greater"),
        ({"SERVE_LOG": "/proc/none/log.db"}, "the prediction log cannot be opened"),
    ],
)
def test_wrong_settings_are_named(bundle, tmp_path, settings, words):
    done = command(tmp_path, "serve", "--port", "0", "--model", str(bundle), **settings)
    assert (done.returncode, words in done.stderr) == (1, True), done.stderr


def test_a_taken_port_is_named(bundle, server, tmp_path):
    done = command(tmp_path, "serve", "--port", str(server.port), "--model", str(bundle))
    assert (done.returncode, "choose another port" in done.stderr) == (1, True), done.stderr


def test_a_project_without_champion_says_what_to_do(promoted, tmp_path):
    shutil.copy(promoted / "params.yaml", tmp_path)
    done = command(tmp_path, "serve", "--port", "0")
    assert done.returncode == 1
    assert "load-forecast has no champion yet: `make run` promotes one" in done.stderr


def test_overload_is_shed_and_passes(bundle, tmp_path, example):
    limits = {"SERVE_MAX_PENDING": "2", "SERVE_BODY_SECONDS": "30"}
    body = json.dumps({"rows": [example]}).encode()
    with (
        serving(tmp_path, "--model", str(bundle), **limits) as running,
        held(running, body[:5], len(body)) as first,
        held(running, body[:5], len(body)) as second,
    ):
        until(lambda: running.metrics()["serving_pending_requests"] == 2)
        status, headers, data = running.ask("POST", "/predict", body)
        assert (status, headers["retry-after"]) == (503, "1")
        assert "too many requests at once" in json.loads(data)["error"]
        assert running.get("/v2/health/ready")[0] == 200, "probes are never shed"
        for connection in (first, second):
            connection.send(body[5:])
            assert connection.getresponse().status == 200
        assert running.ask("POST", "/predict", body)[0] == 200
        found = running.metrics()
        assert found['serving_requests_total{code="503",route="predict"}'] == 1
        assert found['serving_requests_total{code="200",route="predict"}'] == 3


def test_what_was_accepted_is_finished_before_leaving(bundle, tmp_path, example):
    body = json.dumps({"rows": [example]}).encode()
    log = tmp_path / "data/predictions.db"
    with serving(tmp_path, "--model", str(bundle)) as running:
        with held(running, body[:5], len(body)) as connection:
            until(lambda: running.metrics()["serving_pending_requests"] == 1)
            running.process.terminate()
            until(lambda: refused(running.port))
            connection.send(body[5:])
            answer = connection.getresponse()
            assert (answer.status, len(json.loads(answer.read())["predictions"])) == (200, 1)
        assert running.process.wait(30) == 0
        assert running.said == []
    assert len(logged(log)) == 1, "it was logged too"


def refused(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.connect()
    except ConnectionRefusedError:
        return True
    finally:
        connection.close()
    return False


@pytest.fixture(scope="module")
def twice(promoted, tmp_path_factory):
    """A project with two versions, the first one champion, and a client of its registry."""
    folder = tmp_path_factory.mktemp("twice") / "project"
    shutil.copytree(promoted, folder)
    other = ("train.seed=1", "tune.trials=3")  # another model
    done = command(folder, "run", *(word for knob in other for word in ("--set", knob)))
    assert done.returncode == 0, done.stderr
    decided = json.loads((folder / "artifacts/decision.json").read_text())
    assert decided["version"] == "2", done.stdout
    store = f"sqlite:///{folder / 'mlflow.db'}"
    client = mlflow.MlflowClient(store, store)  # else the registry is the last one set in here
    assert client.get_model_version(NAME, "2").tags["sha256"]
    client.set_registered_model_alias(NAME, "champion", "1")
    return folder, client


@pytest.mark.parametrize("moves", [20, pytest.param(100, marks=pytest.mark.long)])
def test_the_champion_moves_under_load_and_nobody_notices(twice, example, moves):
    folder, client = twice
    with serving(folder, SERVE_RELOAD_SECONDS="0.05") as running:
        load = Load(running.port, {"rows": [example]})
        for turn in range(moves):
            version = "12"[(turn + 1) % 2]
            page = f"/v2/models/{NAME}/versions/{version}/ready"
            client.set_registered_model_alias(NAME, "champion", version)
            until(lambda page=page: running.get(page)[0] == 200)
        load.stop()
        assert running.metrics()['serving_reloads_total{outcome="done"}'] == moves
    print(f"\ncampaign: {moves} champions under load, {len(load.answers):,} answers, none refused")
    assert load.failures == []
    assert len(load.answers) > 100
    numbers = {(version, number) for _, version, number in load.answers}
    assert sorted(version for version, _ in numbers) == ["1", "2"], "each version, one number"
    assert len({number for _, number in numbers}) == 2, "the versions are different models"


def test_a_bad_champion_leaves_the_old_one_serving(twice, example):
    folder, client = twice
    client.set_registered_model_alias(NAME, "champion", "1")
    good = client.get_model_version(NAME, "2").tags["sha256"]
    with serving(folder, SERVE_RELOAD_SECONDS="0.05") as running:
        before = running.post("/predict", {"rows": [example]})[1]
        client.set_model_version_tag(NAME, "2", "sha256", hashlib.sha256(b"other").hexdigest())
        client.set_registered_model_alias(NAME, "champion", "2")
        until(lambda: running.metrics().get('serving_reloads_total{outcome="refused"}', 0) > 2)
        status, after = running.post("/predict", {"rows": [example]})
        assert (status, after["version"]) == (200, "1")
        assert after["predictions"] == before["predictions"]
        client.set_model_version_tag(NAME, "2", "sha256", good)
        until(lambda: running.post("/predict", {"rows": [example]})[1]["version"] == "2")
        client.delete_registered_model_alias(NAME, "champion")
        until(lambda: running.metrics().get('serving_reloads_total{outcome="unreachable"}', 0) > 1)
        assert running.post("/predict", {"rows": [example]})[1]["version"] == "2"
        running.stop()
    (refusal,) = [line for line in running.said if "SHA-256 differs" in line]
    assert "v1 keeps serving" in refusal


@pytest.mark.parametrize("kills", [2, pytest.param(20, marks=pytest.mark.long)])
def test_a_kill_under_load_leaves_the_log_whole(bundle, tmp_path, example, kills):
    log, ids = tmp_path / "data/predictions.db", set()
    for _ in range(kills):
        with serving(tmp_path, "--model", str(bundle)) as running:
            load = Load(
                running.port, {"rows": [{**example, "area": "TenneT", "date": "2017-01-01"}]}
            )
            until(lambda load=load: len(load.answers) > 2 * BOUND)
            running.kill()
            load.stop()
        ids |= {name for name, _, _ in load.answers}
    assert logged(log, "pragma integrity_check") == [("ok",)]
    kept = {row[1] for row in logged(log)}
    lost = len(ids - kept)
    print(f"\ncampaign: {len(ids):,} answers, {lost:,} of them not logged, by {kills} kills")
    assert lost <= kills * BOUND
    assert len(kept) > 2 * BOUND
    _, _, place, at, model, version, entity, event_time, features, prediction = logged(log)[0]
    assert (place, model, version, entity) == (0, NAME, "1", "TenneT")
    assert event_time == "2017-01-01T00:00:00+00:00"
    assert abs(time.time() - at) < 600
    assert json.loads(features)["load_lag_1"] == example["load_lag_1"]
    assert json.loads(prediction) in [number for _, _, number in load.answers]


FULL = "import resource\nresource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))"


def test_a_full_disk_stops_the_log_and_not_the_predictions(bundle, tmp_path, example):
    with serving(tmp_path, "--model", str(bundle), code=FULL) as running:
        for _ in range(40):
            status, answer = running.post("/predict", {"rows": [example] * 50})
            assert status == 200, answer
        until(lambda: running.metrics()["serving_log_dropped_total"] > 0)
        assert running.stop() == 0
    assert [line for line in running.said if "predictions are not logged" in line]
    assert logged(tmp_path / "data/predictions.db", "pragma integrity_check") == [("ok",)]


def test_a_broken_online_store_is_said_and_comes_back(promoted, tmp_path, example):
    folder = shutil.copytree(promoted, tmp_path / "project")
    registry = folder / "feature_repo/data/registry.db"
    away = registry.rename(tmp_path / "away.db")
    body = {"entities": [{"area": "TenneT"}]}
    with serving(folder) as running:
        status, headers, data = running.ask("POST", "/predict", json.dumps(body).encode())
        assert (status, headers["retry-after"]) == (503, "1")
        assert "the online store does not respond" in json.loads(data)["error"]
        assert running.post("/predict", {"rows": [example]})[0] == 200
        shutil.copy(away, registry)
        assert running.post("/predict", body)[0] == 200
        assert running.metrics()["serving_feature_store_errors_total"] == 1


def test_another_model_than_the_one_deployed_is_not_served(bundle, tmp_path):
    digest = json.loads((bundle / "model.json").read_text())["sha256"]["model.onnx"]
    with serving(tmp_path, "--model", str(bundle), SERVE_SHA256=digest) as running:
        assert running.get("/v2/health/ready")[0] == 200
    done = command(tmp_path, "serve", "--port", "0", "--model", str(bundle), SERVE_SHA256="0" * 64)
    assert done.returncode == 1
    assert "is not the model to be served here: its SHA-256 is " in done.stderr
    assert done.stderr.count("\n") == 1
