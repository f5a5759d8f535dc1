"""`make bundle`: the alias of its record, and the history that it carries."""

import json
from types import SimpleNamespace

import pytest

from level2.base.errors import ProjectError
from level2.batch import bundle
from level2.model.artifact import ModelArtifact, load
from level2.registry.mlflow_sqlite import Version


@pytest.fixture
def record(context, tmp_path, monkeypatch):
    """Bundle a version of a registry whose champion is v2; return the record's alias."""

    def make(number):
        versions = {name: Version("small-load", name, "run", {}) for name in ("1", "2")}
        store = SimpleNamespace(
            champion=lambda _: versions["2"], version=lambda _, number: versions.get(number)
        )
        model = ModelArtifact({"model.onnx": b"o"}, {"sha256": {"model.onnx": "d"}})
        monkeypatch.setattr(bundle, "reader", lambda _: store)
        monkeypatch.setattr(bundle, "champion_model", lambda *_: model)
        bundle.run(context, tmp_path / "bundle", number, tmp_path / "record.json")
        return json.loads((tmp_path / "record.json").read_text())["alias"]

    return make


@pytest.mark.parametrize(
    ("number", "alias"), [("champion", "champion"), ("2", "champion"), ("1", None)]
)
def test_the_champion_has_its_alias_by_whatever_name_it_is_asked_for(number, alias, record):
    assert record(number) == alias


LAGS = {"calendar": [], "lags": [1], "entity_as_feature": False}
KEPT = b'{"north":{"cut":null,"times":["2024-01-01T00:00:00+00:00"],"values":[3.5]}}'


@pytest.fixture
def bundled(context, tmp_path, monkeypatch):
    """Bundle a model with this history in the registry; return its line and its folder."""

    def make(lags, kept):
        contract = context.params.data.model_dump(mode="json", exclude_defaults=True)
        table = {"contract": contract, "featurize": {**LAGS, "lags": lags}, "example": None}
        serving = {"table": table, "order": list(context.params.data.features)}
        model = ModelArtifact(
            {"model.onnx": b"o"}, {"serving": serving, "sha256": {"model.onnx": ""}}
        )
        store = SimpleNamespace(
            champion=lambda _: Version("small-load", "2", "run", {}),
            run_file=lambda run, file: {("run", "history.json"): kept}.get((run, file)),
        )
        monkeypatch.setattr(bundle, "reader", lambda _: store)
        monkeypatch.setattr(bundle, "champion_model", lambda *_: model)
        return bundle.run(context, tmp_path / "bundle", "champion"), tmp_path / "bundle"

    return make


def test_without_the_ingested_table_the_recorded_history_is_carried(bundled):
    said, folder = bundled([1], KEPT)
    assert said.endswith("· 1 rows of history, recorded with the model")
    assert (folder / "history.json").read_bytes() == KEPT
    assert load(folder).files["history.json"] == KEPT


def test_a_history_of_an_earlier_bundle_does_not_stay(bundled):
    bundled([1], KEPT)
    said, folder = bundled([1], None)
    assert said.endswith("· no history: data/ingested.parquet of its table is missing")
    assert not (folder / "history.json").exists()
    assert set(load(folder).files) == {"model.onnx"}
    said, _ = bundled([], KEPT)
    assert said.endswith("bundle"), "a model without lags needs none"


@pytest.mark.parametrize(
    "kept", [b"{", b"[]", b'{"north": {}}', KEPT.replace(b"[3.5]", b"[]"), b"\xff"]
)
def test_a_damaged_history_of_the_registry_is_refused(bundled, kept):
    with pytest.raises(ProjectError, match=r"history\.json of run run in MLflow cannot be read"):
        bundled([1], kept)


def test_a_version_that_is_not_there_is_refused(record):
    with pytest.raises(ProjectError, match="has no version 3 in MLflow"):
        record("3")
