"""`make bundle RECORD=`: the alias of the record is that of `hand_over` for the champion."""

import json
from types import SimpleNamespace

import pytest

from mlproject.adapters.mlflow_sqlite import Version
from mlproject.artifact import ModelArtifact
from mlproject.errors import ProjectError
from mlproject.steps import bundle


@pytest.fixture
def record(context, tmp_path, monkeypatch):
    """Bundle a version of a registry whose champion is v2; return the record's alias."""

    def make(number):
        versions = {name: Version("small-load", name, "run", {}) for name in ("1", "2")}
        store = SimpleNamespace(
            champion=lambda _: versions["2"], version=lambda _, number: versions.get(number)
        )
        model = ModelArtifact({"model.onnx": b"o"}, {"sha256": {"model.onnx": "d"}})
        monkeypatch.setattr(bundle.champions, "reader", lambda _: store)
        monkeypatch.setattr(bundle.champions, "champion_model", lambda *_: model)
        bundle.run(context, tmp_path / "bundle", number, tmp_path / "record.json")
        return json.loads((tmp_path / "record.json").read_text())["alias"]

    return make


@pytest.mark.parametrize(
    ("number", "alias"), [("champion", "champion"), ("2", "champion"), ("1", None)]
)
def test_the_champion_has_its_alias_by_whatever_name_it_is_asked_for(number, alias, record):
    assert record(number) == alias


def test_a_version_that_is_not_there_is_refused(record):
    with pytest.raises(ProjectError, match="has no version 3 in MLflow"):
        record("3")
