"""MLflow on a real sqlite store: what a run carries, one version per run, one alias, faults."""

import http.server
import json
import math
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import mlflow
import numpy as np
import pytest
from mlflow.exceptions import MlflowException

from layout import PROJECT
from level2.base.errors import ProjectError
from level2.data.feature import Feature
from level2.model import estimators, onnx, skops
from level2.registry import mlflow as adapter
from level2.registry import mlflow_model, mlflow_trials

NAME = "small-load"
SOURCE = PROJECT / "engine"
URI = "sqlite:///mlflow.db"


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """An empty store, migrated once: seconds that no test needs to spend again."""
    folder = tmp_path_factory.mktemp("migrated")
    adapter.Registry(URI, folder)
    return folder / "mlflow.db"


@pytest.fixture
def store(migrated, tmp_path):
    shutil.copy(migrated, tmp_path)
    return adapter.Registry(URI, tmp_path)


def record(learnable, folder, family="linear", task="regression", **changes):
    """A run of a small model, with the files a training run leaves."""
    features, frame, truth = learnable(task)
    params = {"max_iter": 10} if family == "hist_gradient_boosting" else {}
    model = estimators.build(family, task, features, params, 0).fit(frame, truth)
    (folder / "model.onnx").write_bytes(onnx.export(model, features))
    (folder / "params.yaml").write_text("data: {}\n")
    content = {
        "model": model,
        "task": task,
        "features": features,
        "example": frame.head(3),
        "trusted": skops.trusted(skops.dumps(model), estimators.FAMILIES[family].trusted),
        "requirements": ["scikit-learn", "skops"],
        "params": {"family": family, "seed": 0, "candidate.alpha": 0.5},
        "metrics": {"rmse": 12.5, "mean.rmse": 40.0, "r2": math.nan},
        "tags": {"git.commit": "abc", "git.dirty": "false", "data.hash": "123"},
        "digests": {"model.onnx": "f00"},
        "model_files": (folder / "model.onnx",),
        "artifacts": (folder / "params.yaml",),
        "texts": {"history.json": '{"Süd": {}}\n'.encode()},
    }
    return mlflow_model.RunRecord(**{**content, **changes}), frame


@pytest.fixture(scope="module")
def logged(migrated, learnable, tmp_path_factory):
    """A store with one logged run: read it, never write to it."""
    folder = tmp_path_factory.mktemp("logged")
    shutil.copy(migrated, folder)
    store = adapter.Registry(URI, folder)
    content, frame = record(learnable, folder)
    run_id = store.log_run("loop", "linear-f00", content)
    return SimpleNamespace(
        store=store,
        folder=folder,
        record=content,
        frame=frame,
        run=store.client.get_run(run_id),
        info=mlflow.models.get_model_info(store.client.get_run(run_id).data.tags["model_uri"]),
    )


@pytest.fixture
def finished(store):
    """Return () -> the id of a new finished run that names a model, without the model."""

    def make(experiment="loop"):
        found = store.client.get_experiment_by_name(experiment)
        number = found.experiment_id if found else store.client.create_experiment(experiment)
        run = store.client.create_run(number).info.run_id
        store.client.set_tag(run, "model_uri", f"runs:/{run}/model")
        store.client.set_terminated(run)
        return run

    return make


# what a run carries


def test_a_run_carries_its_name_params_and_tags(logged):
    run = logged.run
    assert (run.info.run_name, run.info.status) == ("linear-f00", "FINISHED")
    assert run.data.params == {"family": "linear", "seed": "0", "candidate.alpha": "0.5"}
    assert logged.record.tags.items() <= run.data.tags.items()
    assert run.data.tags[adapter.WORKER] == f"{socket.gethostname()}:{logged.folder}"


def test_a_run_carries_its_metrics_and_no_nan(logged):
    assert logged.run.data.metrics == {"rmse": 12.5, "mean.rmse": 40.0}
    assert logged.store.metrics(logged.run.info.run_id) == {"rmse": 12.5, "mean.rmse": 40.0}


def test_a_run_carries_the_signature_of_the_contract(logged):
    signature = logged.info.signature
    columns = {item.name: (item.type.name, item.required) for item in signature.inputs}
    assert columns == {
        "size": ("float", True),
        "age": ("float", False),
        "open": ("float", True),
        "kind": ("string", False),
    }
    assert [item.type.name for item in signature.outputs] == ["double"]


def test_a_run_carries_an_input_example(logged):
    path = mlflow.artifacts.download_artifacts(logged.info.model_uri)
    example = mlflow.models.Model.load(path).load_input_example(path)
    assert example["size"].to_numpy() == pytest.approx(logged.frame["size"].head(3).to_numpy())
    assert list(example) == list(logged.frame)


def test_a_run_carries_its_files_below_the_project(logged):
    run_id = logged.run.info.run_id
    assert logged.store.run_file(run_id, "params.yaml") == b"data: {}\n"
    assert logged.store.run_file(run_id, "other.yaml") is None
    assert logged.store.run_file(run_id, "history.json") == '{"Süd": {}}\n'.encode()
    schema = json.loads(logged.store.run_file(run_id, "request_schema.json") or b"{}")
    assert list(schema["properties"]) == list(logged.frame)
    assert logged.run.info.artifact_uri.startswith((logged.folder / "mlartifacts").as_uri())
    assert logged.info.metadata == {"sha256": {"model.onnx": "f00"}}
    assert list((logged.folder / "mlartifacts").rglob("model.skops"))
    assert not list((logged.folder / "mlartifacts").rglob("*.pkl"))


@pytest.mark.parametrize(
    ("task", "output"), [("regression", "double"), ("binary", "long"), ("multiclass", "long")]
)
def test_the_signature_says_what_is_returned(task, output):
    found = mlflow_model.signature({"x": Feature(type="int")}, task)
    assert [item.type.name for item in found.outputs] == [output]


# the registry


@pytest.mark.parametrize("family", estimators.FAMILIES)
def test_the_champion_loads_through_mlflow_and_predicts_the_same(
    family, store, learnable, tmp_path
):
    content, frame = record(learnable, tmp_path, family)
    run_id = store.log_run("loop", family, content)
    version = store.register(NAME, run_id, {})
    store.promote(version)
    mlflow.set_tracking_uri(store.uri)
    mlflow.set_registry_uri(store.uri)
    loaded = mlflow.sklearn.load_model(f"models:/{NAME}@champion")
    np.testing.assert_array_equal(loaded.predict(frame), content.model.predict(frame))
    data = store.model_file(store.champion(NAME), "model.onnx")
    assert data == (tmp_path / "model.onnx").read_bytes()


def test_a_model_with_types_outside_its_list_is_not_logged(store, learnable, tmp_path):
    content, _ = record(learnable, tmp_path, "hist_gradient_boosting", trusted=())
    with pytest.raises(ProjectError, match="untrusted types"):
        store.log_run("loop", "unlisted", content)
    runs = store.client.search_runs([store.client.get_experiment_by_name("loop").experiment_id])
    assert [run.info.status for run in runs] == ["FAILED"]


def test_an_empty_registry_has_no_champion(store):
    assert store.champion(NAME) is None
    assert store.version(NAME, "1") is None


def test_a_version_is_no_champion_before_it_is_promoted(store, finished):
    version = store.register(NAME, finished(), {"decision": "hold"})
    assert (version.name, version.version) == (NAME, "1")
    assert store.champion(NAME) is None
    assert store.version(NAME, "1") == version


def test_the_same_run_is_registered_once(store, finished):
    run_id = finished()
    first = store.register(NAME, run_id, {"decision": "hold", "reasons": "[]"})
    again = store.register(NAME, run_id, {"decision": "promote"})
    assert (first.version, again.version) == ("1", "1")
    assert len(store.client.search_model_versions(f"name = '{NAME}'")) == 1
    assert store.version(NAME, "1").tags == {"decision": "promote", "reasons": "[]"}
    assert store.version(NAME, "1") == again


def test_another_run_is_another_version(store, finished):
    assert [store.register(NAME, finished(), {}).version for _ in range(2)] == ["1", "2"]


def test_the_alias_moves_and_names_one_version(store, finished):
    first, second = (store.register(NAME, finished(), {"rank": rank}) for rank in ("a", "b"))
    store.promote(first)
    assert store.champion(NAME) == first
    store.promote(second)
    assert store.champion(NAME) == second
    aliases = store.client.get_registered_model(NAME).aliases
    assert {name: str(version) for name, version in aliases.items()} == {"champion": "2"}
    store.promote(first)
    assert store.champion(NAME).tags == {"rank": "a"}


def test_only_a_finished_run_counts(store, finished):
    run_id = finished()
    assert store.has_run(run_id) is True
    assert store.has_run("0" * 32) is False
    running = store.client.create_run("0").info.run_id
    assert store.has_run(running) is False


def test_a_run_that_is_not_there_is_one_sentence(store):
    with pytest.raises(ProjectError, match=r"MLflow at sqlite:.* does not work \(.*0000"):
        store.metrics("0" * 32)


# runs that were killed


def running(store, worker, experiment="loop"):
    found = store.client.get_experiment_by_name(experiment)
    number = found.experiment_id if found else store.client.create_experiment(experiment)
    tags = {adapter.WORKER: worker} if worker else {}
    return store.client.create_run(number, tags=tags).info.run_id


def test_runs_this_folder_left_running_are_closed_and_no_others(store, finished):
    mine = [running(store, store.worker) for _ in range(2)]
    others = {
        running(store, f"{socket.gethostname()}:/another/folder"): "RUNNING",
        running(store, f"another:{store.root}"): "RUNNING",
        running(store, None): "RUNNING",
        running(store, store.worker, "other"): "RUNNING",
        finished(): "FINISHED",
    }
    assert store.close_abandoned("loop") == 2
    assert {store.client.get_run(run).info.status for run in mine} == {"KILLED"}
    assert {run: store.client.get_run(run).info.status for run in others} == others
    assert store.close_abandoned("loop") == 0


def test_an_apostrophe_in_the_folder_hides_no_run(migrated, tmp_path):
    folder = tmp_path / "it's mine"
    folder.mkdir()
    shutil.copy(migrated, folder)
    store = adapter.Registry(URI, folder)
    run = running(store, store.worker)
    assert store.close_abandoned("loop") == 1
    assert store.client.get_run(run).info.status == "KILLED"


def test_there_is_nothing_to_close_before_the_first_run(store):
    assert store.close_abandoned("loop") == 0


# stores and servers


def test_a_relative_store_is_the_projects_wherever_the_command_runs(
    migrated, tmp_path, monkeypatch
):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    shutil.copy(migrated, tmp_path)
    assert adapter.Registry(URI, tmp_path).uri == f"sqlite:///{tmp_path}/mlflow.db"
    assert list((tmp_path / "elsewhere").iterdir()) == []
    absolute = f"sqlite:///{tmp_path}/mlflow.db"
    assert adapter.Registry(absolute, tmp_path / "elsewhere").uri == absolute


@pytest.mark.slow
def test_two_first_writers_on_a_fresh_store_both_succeed(tmp_path):
    code = (
        "import sys; from pathlib import Path\n"
        "from level2.registry.mlflow import Registry\n"
        f"store = Registry({URI!r}, Path({str(tmp_path)!r}))\n"
        "store.client.create_run('0', run_name=sys.argv[1])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(SOURCE)}
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", code, name], env=environment, stderr=subprocess.PIPE, text=True
        )
        for name in ("first", "second")
    ]
    said = [writer.communicate()[1] for writer in writers]
    assert [writer.returncode for writer in writers] == [0, 0], said
    runs = adapter.Registry(URI, tmp_path).client.search_runs(["0"])
    assert {run.info.run_name for run in runs} == {"first", "second"}


def refusal(uri, folder):
    with pytest.raises(ProjectError) as caught:
        adapter.Registry(uri, folder)
    said = str(caught.value)
    assert "\n" not in said
    assert said.endswith(": check MLFLOW_TRACKING_URI and the server")
    return said


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.mark.slow
def test_a_server_that_is_not_there_is_one_sentence_soon_and_shows_no_password(tmp_path):
    began = time.monotonic()
    port = free_port()
    said = refusal(f"http://me:secret@127.0.0.1:{port}", tmp_path)
    assert said.startswith(f"MLflow at http://127.0.0.1:{port} does not work (it does not respond")
    assert "secret" not in said
    assert time.monotonic() - began < 20


def test_a_server_that_never_answers_is_given_up(tmp_path, monkeypatch):
    assert int(os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"]) <= 20
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        said = refusal(f"http://127.0.0.1:{silent.getsockname()[1]}", tmp_path)
    assert "does not work (" in said


def test_a_server_that_is_no_mlflow_is_one_sentence(tmp_path):
    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_error(404)

        do_POST = do_GET  # noqa: N815 - the name the base class calls

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Other) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        said = refusal(f"http://me:secret@127.0.0.1:{server.server_address[1]}", tmp_path)
        server.shutdown()
    assert "404" in said
    assert "secret" not in said


@pytest.mark.parametrize(
    "uri", ["ftp://me:secret@somewhere", "bananas://x", "sqlite:////proc/none/mlflow.db"]
)
def test_an_address_that_cannot_be_is_one_sentence(uri, tmp_path):
    assert "secret" not in refusal(uri, tmp_path)


def test_a_store_that_is_no_database_is_one_sentence(tmp_path):
    (tmp_path / "mlflow.db").write_bytes(b"not a database, " * 100)
    assert "mlflow.db does not work (" in refusal(URI, tmp_path)
    assert (tmp_path / "mlflow.db").read_bytes() == b"not a database, " * 100


def test_a_server_lost_on_the_way_is_not_taken_for_an_empty_registry(store, monkeypatch):
    def lost(*_):
        raise MlflowException("API request to http://me:secret@x/api failed")

    monkeypatch.setattr(store.client, "get_model_version_by_alias", lost)
    with pytest.raises(ProjectError, match="does not work") as caught:
        store.champion(NAME)
    assert "secret" not in str(caught.value)


# trials of its search


TRIALS = (
    mlflow_trials.TrialRecord("linear-0", {"family": "linear", "alpha": "0.5"}, {"v.rmse": 3.5}),
    mlflow_trials.TrialRecord("linear-1", {"family": "linear", "alpha": "2.0"}, {}),
    mlflow_trials.TrialRecord("trees-0", {"family": "trees", "depth": "3"}, {"v.rmse": -1e-9}),
)


def children(store, parent):
    """What the client tells of the runs below a parent, by name, without ids and times."""
    runs = store.client.search_runs(
        [parent.info.experiment_id], f"tags.`mlflow.parentRunId` = '{parent.info.run_id}'"
    )
    return {
        run.info.run_name: {
            "status": run.info.status,
            "stage": run.info.lifecycle_stage,
            "params": run.data.params,
            "metrics": run.data.metrics,
            "tags": {**run.data.tags, "mlflow.user": None},
            "artifacts": run.info.artifact_uri.replace(run.info.run_id, "ID"),
            "ended": run.info.end_time == run.info.start_time,
            "history": [
                (item.value, item.step)
                for item in store.client.get_metric_history(run.info.run_id, "v.rmse")
            ],
        }
        for run in runs
    }


def test_trials_are_written_as_mlflows_own_client_would(store, finished, monkeypatch):
    """The tables are written directly, for speed: this notices when MLflow changes them."""
    monkeypatch.setattr(mlflow_trials, "REQUESTS", 1)
    fast, slow = (store.client.get_run(finished()) for _ in range(2))
    mlflow_trials.log(store.client, fast, TRIALS, {adapter.WORKER: "me"})
    remote = SimpleNamespace(
        _tracking_client=SimpleNamespace(store=object()),
        create_run=store.client.create_run,
        log_batch=store.client.log_batch,
        set_terminated=store.client.set_terminated,
    )
    mlflow_trials.log(remote, slow, TRIALS, {adapter.WORKER: "me"})
    told = children(store, fast)
    assert set(told) == {"linear-0", "linear-1", "trees-0"}
    assert told["linear-0"]["metrics"] == {"v.rmse": 3.5}
    assert told["linear-1"]["status"] == "FAILED"
    assert told["trees-0"]["tags"][adapter.WORKER] == "me"
    other = children(store, slow)
    for item in (*told.values(), *other.values()):
        item["tags"].pop("mlflow.parentRunId")
    assert told == other


def test_a_run_carries_its_trials_as_child_runs(store, learnable, tmp_path):
    content, _ = record(learnable, tmp_path, trials=TRIALS)
    run = store.client.get_run(store.log_run("loop", "linear-f00", content))
    assert {name: item["metrics"] for name, item in children(store, run).items()} == {
        "linear-0": {"v.rmse": 3.5},
        "linear-1": {},
        "trees-0": {"v.rmse": -1e-9},
    }
    assert store.metrics(run.info.run_id) == {"rmse": 12.5, "mean.rmse": 40.0}
