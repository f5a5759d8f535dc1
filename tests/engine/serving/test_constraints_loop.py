"""Monotonic constraints through the loop: searched, trained, registered and served."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml

from level2.data.feature import Feature
from level2.model import frames, onnx
from processes import command
from running import serving

pytestmark = pytest.mark.slow


def test_a_constrained_champion_is_served_as_it_was_trained(blank, tmp_path):
    folder = shutil.copytree(blank, tmp_path / "project")
    tree = yaml.safe_load((folder / "params.yaml").read_text())
    tree["train"]["monotonic"] = {"temperature": "decreasing"}
    tree["promote"]["thresholds"] = {}
    path = folder / "params.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    refused = command(folder, "run")
    assert refused.returncode == 1
    assert "train.monotonic: linear cannot be constrained" in " ".join(refused.stderr.split())
    assert not (folder / "artifacts").exists()
    del tree["tune"]["families"]["linear"]
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    done = command(folder, "run")
    assert done.returncode == 0, done.stderr
    assert "champion  load-forecast v1" in done.stdout
    record = json.loads((folder / "artifacts/model/model.json").read_text())
    assert record["monotonic"] == {"temperature": "decreasing"}

    grid = np.linspace(-30, 45, 151)
    example = record["serving"]["example"]
    rows = [{**example, "temperature": float(value)} for value in grid]
    with serving(folder) as server:
        status, said = server.post("/predict", {"rows": rows})
    assert status == 200, said
    served = np.array(said["predictions"])
    assert np.diff(served).max() <= 1e-3 * np.ptp(served)
    assert np.ptp(served) > 0
    data = (folder / "artifacts/model/model.onnx").read_bytes()
    features = {name: Feature.model_validate(item) for name, item in record["features"].items()}
    table = pd.DataFrame([{name: row[name] for name in features} for row in rows])
    expected = onnx.predict(data, "regression", frames.model_frame(table, features))
    assert served == pytest.approx(expected, rel=1e-5)
    evaluation = json.loads((folder / "artifacts/evaluation.json").read_text())
    assert len(evaluation["origins"]) > 1, "refitted under the same constraints"
