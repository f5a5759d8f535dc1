"""Sample weights through the loop: from a column of the raw table to a service without it."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from processes import command
from running import serving

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def weighted(blank, tmp_path_factory):
    """A project whose raw table has a column of weights: what `run` said, and its folder."""
    folder = shutil.copytree(blank, tmp_path_factory.mktemp("weighted") / "project")
    path, raw = folder / "params.yaml", folder / "data/raw/load.csv"
    tree = yaml.safe_load(path.read_text())
    tree["data"]["sample_weight"] = "importance"
    tree["promote"]["thresholds"] = {}
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    missing = command(folder, "run")
    assert missing.returncode == 1
    assert "has no column `importance` (data.sample_weight" in " ".join(missing.stderr.split())
    table = pd.read_csv(raw)
    table["importance"] = np.linspace(0.5, 2, len(table)).round(3)
    table.assign(importance=table["importance"].where(table.index != 7, -1)).to_csv(
        raw, index=False
    )
    negative = command(folder, "run")
    assert negative.returncode == 1
    said = " ".join(negative.stderr.split())
    assert "line 9" in said
    assert "negative: a weight of data.sample_weight must be a number of at least 0" in said
    table.to_csv(raw, index=False)
    done = command(folder, "run")
    assert done.returncode == 0, done.stderr
    return folder


def test_rows_carry_their_weight_as_far_as_the_fits(weighted):
    dataset = pd.read_parquet(weighted / "data/dataset.parquet")
    assert dataset["importance"].between(0.5, 2).all()
    features = pd.read_parquet(weighted / "data/features.parquet")
    assert "importance" not in features.columns
    for name in ("model.json", "model.onnx"):
        assert b"importance" not in (weighted / "artifacts/model" / name).read_bytes()


def test_the_service_and_a_file_without_weights_are_answered_alike(weighted, tmp_path):
    record = json.loads((weighted / "artifacts/model/model.json").read_text())
    rows = pd.read_csv(weighted / "data/raw/load.csv").tail(4)
    rows.drop(columns=["importance", "load"]).to_csv(tmp_path / "in.csv", index=False)
    done = command(
        weighted, "predict", "--input", str(tmp_path / "in.csv"),
        "--output", str(tmp_path / "out.csv"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(pd.read_csv(tmp_path / "out.csv")) == 4
    with serving(weighted) as server:
        status, said = server.post("/predict", {"rows": [record["serving"]["example"]]})
        _, _, schema = server.ask("GET", "/openapi.json")
    assert status == 200, said
    assert b"importance" not in schema


def test_new_data_are_watched_with_their_weights(weighted):
    done = command(weighted, "monitor")
    assert done.returncode == 0, done.stderr
