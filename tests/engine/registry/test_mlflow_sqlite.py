"""The store read without MLflow: it answers as the client does, or leaves the question to it."""

import json
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from level2.base.errors import ProjectError
from level2.registry import mlflow_sqlite
from level2.registry.mlflow import Registry

URI = "sqlite:///mlflow.db"
NAME = "small-load"


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A store with two versions, tags, odd metrics, files, and an alias that has moved."""
    root = tmp_path_factory.mktemp("store") / "a 100% place"
    root.mkdir()
    store = Registry(URI, root)
    client = store.client
    client.create_registered_model(NAME)
    for number in (1, 2, 3):
        run = client.create_run(store._experiment("runs"), tags={"x": "y"})
        client.log_metric(run.info.run_id, "rmse", 1.5 * number)
        client.log_metric(run.info.run_id, "rmse", 2.5 * number)  # the newest counts
        client.log_metric(run.info.run_id, "odd", float("inf") if number == 1 else float("nan"))
        (root / "note.json").write_text(json.dumps({"n": number}))
        client.log_artifact(run.info.run_id, str(root / "note.json"))
        client.create_model_version(
            NAME, f"{run.info.artifact_uri}", run.info.run_id, tags={"sha256": str(number)}
        )
        client.set_registered_model_alias(NAME, "champion", str(number))
    client.set_registered_model_alias(NAME, "champion", "2")
    client.delete_model_version(NAME, "3")
    return root


def test_it_answers_as_the_client_does(made):
    light, full = mlflow_sqlite.opened(URI, made), Registry(URI, made)
    assert light is not None
    for name in (NAME, "nobody"):
        assert light.champion(name) == full.champion(name)
        for number in ("1", "2", "3", "4", "x"):
            assert light.version(name, number) == full.version(name, number)
    champion = light.champion(NAME)
    assert champion.version == "2"
    assert champion.created == full.champion(NAME).created
    for number in ("1", "2"):
        run = full.version(NAME, number).run_id
        assert repr(light.metrics(run)) == repr(full.metrics(run))
        assert light.run_file(run, "note.json") == full.run_file(run, "note.json") is not None
        assert light.run_file(run, "none.json") is full.run_file(run, "none.json") is None
    assert light.model_file(champion, "note.json") == full.model_file(champion, "note.json")


@pytest.mark.parametrize("uri", ["http://localhost:1", "postgresql://h/d", "sqlite:///no.db"])
def test_other_stores_are_the_clients(made, uri):
    assert mlflow_sqlite.opened(uri, made) is None


def test_a_schema_that_nobody_tried_is_the_clients(made, tmp_path, monkeypatch):
    shutil.copy(made / "mlflow.db", tmp_path)
    assert mlflow_sqlite.opened(URI, tmp_path) is not None
    monkeypatch.setenv("MLFLOW_WORKSPACE", "team")
    assert mlflow_sqlite.opened(URI, tmp_path) is None
    monkeypatch.delenv("MLFLOW_WORKSPACE")
    with closing(sqlite3.connect(tmp_path / "mlflow.db")) as store, store:
        store.execute("update alembic_version set version_num = 'later'")
    assert mlflow_sqlite.opened(URI, tmp_path) is None


def test_a_lost_file_is_one_sentence(made, tmp_path):
    light = mlflow_sqlite.opened(URI, made)
    champion = light.champion(NAME)
    with pytest.raises(ProjectError, match=r"nowhere of small-load v2 cannot be read \(No such"):
        light.model_file(champion, "nowhere")
    with pytest.raises(ProjectError, match=r"^run lost is not in MLflow's store"):
        light.run_file("lost", "note.json")
    (tmp_path / "mlflow.db").write_text("not a database" * 100)
    assert mlflow_sqlite.opened(URI, tmp_path) is None


def test_reading_the_champion_imports_neither_mlflow_nor_matplotlib():
    code = "import sys, level2.registry.champion, level2.registry.reproduce; "
    code += "import level2.serving.sources, level2.features.known_past; "
    code += (
        "from level2.batch import bundle, predict; from level2.monitoring.steps import monitor; "
    )
    code += "print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert loaded & {"mlflow", "sqlalchemy", "matplotlib", "sklearn", "feast"} == set()
