"""What the tasks hand to KFP, opened: report pages, the model, metrics, the confusion matrix."""

import hashlib
import json
import shutil
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
import yaml

from processes import CHAMPIONS, ROOT, command, environment, registry

from pipelines import components

pytestmark = pytest.mark.slow
# what `python -m pipelines local` does, without moving the artifacts to the project's folders
RUN = """
from kfp import local
from pipelines.cluster_tasks import Pods
from pipelines.training import build
local.init(local.SubprocessRunner(use_venv=False), pipeline_root="kept")
build("artifacts", "", Pods("python", commit="", retries=0), "optuna")(source="", overrides=[])
"""
CLASSES = {"binary": ["no", "yes"], "multiclass": ["high", "low", "middle"]}


@pytest.fixture(scope="module", params=CLASSES)
def run(request, tmp_path_factory):
    """The folder of a run by KFP's local runner on a table with classes, and the classes."""
    folder = tmp_path_factory.mktemp(request.param)
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(400, 2)), columns=["heat", "load"])
    score = table["heat"] + table["load"] + rng.normal(0, 0.3, 400)
    names = np.array(["yes", "no"]) if request.param == "binary" else ["low", "middle", "high"]
    edges = [0] if request.param == "binary" else [-0.7, 0.9]
    table["label"] = np.asarray(names)[np.digitize(score, edges)]
    copied = (".dvc/config", "feature_repo/definitions.py", "feature_repo/feature_store.yaml")
    for name in (*copied, "params.yaml"):
        (folder / name).parent.mkdir(exist_ok=True)
        shutil.copy(ROOT / name, folder / name)
    table.to_csv(folder / "table.csv", index=False)
    who = {"GIT_AUTHOR_NAME": "T", "GIT_AUTHOR_EMAIL": "t@example.com"}
    who |= {"GIT_COMMITTER_NAME": "T", "GIT_COMMITTER_EMAIL": "t@example.com"}
    done = command(folder, "adopt", "table.csv", "label", **who)
    assert done.returncode == 0, done.stderr
    tree = yaml.safe_load((folder / "params.yaml").read_text())
    tree["tune"]["trials"] = 2
    (folder / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    paths = {"PYTHONPATH": f"{ROOT}/engine:{ROOT}", "PIPELINE_HOME": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", RUN],
        cwd=folder,
        env={**environment(), **paths},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (made,) = (folder / "kept").iterdir()
    return made, CLASSES[request.param]


def artifact(made, task, name):
    """The type of an artifact, what KFP was told of it, and its file."""
    kind = getattr(components, task).component_spec.outputs[name].type
    told = json.loads((made / task / "executor_output.json").read_text())
    (found,) = told["artifacts"][name]["artifacts"]
    assert found["uri"] == str(made / task / name)
    return kind.partition("@")[0], found["metadata"], made / task / name


def test_the_report_is_a_page_and_a_summary(run):
    made, _ = run
    kind, _, page = artifact(made, "report", "report_page")
    assert kind == "system.HTML"
    text = page.read_text()
    assert text.lstrip().lower().startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert "confusion" in text.lower()
    kind, metadata, summary = artifact(made, "report", "report_summary")
    assert kind == "system.Markdown"
    assert summary.read_text().lstrip().startswith("#")
    assert "v1" in metadata["became"]


def test_the_model_is_its_files_and_says_what_they_are(run):
    made, _ = run
    kind, metadata, folder = artifact(made, "train", "model")
    assert kind == "system.Model"
    record = json.loads((folder / "model.json").read_text())
    assert metadata["family"] == record["family"]
    assert metadata["params"] == record["params"]
    onnx = (folder / "model.onnx").read_bytes()
    assert metadata["sha256"] == hashlib.sha256(onnx).hexdigest()


def test_the_model_of_an_adopted_table_became_champion(run):
    made, _ = run
    assert registry(made.parents[1], CHAMPIONS) == [(1,)]
    assert json.loads((made / "hand-over/handed_over").read_text())["version"] == "1"


def test_metrics_are_those_that_were_measured(run):
    made, _ = run
    measured = json.loads((made / "evaluate/metrics").read_text())
    kind, metadata, _ = artifact(made, "evaluate", "scores")
    assert kind == "system.Metrics"
    for name, value in measured["candidate"].items():
        assert metadata[name] == pytest.approx(value)
    assert metadata["prior.log_loss"] == pytest.approx(measured["baselines"]["prior"]["log_loss"])
    kind, metadata, _ = artifact(made, "select", "candidates")
    tuning = json.loads((made / "select/tuning").read_text())
    assert (kind, metadata["chosen"]) == ("system.Metrics", tuning["chosen"]["family"])


def test_the_confusion_matrix_counts_every_test_row(run):
    made, classes = run
    kind, metadata, _ = artifact(made, "evaluate", "classes")
    assert kind == "system.ClassificationMetrics"
    matrix = metadata["confusionMatrix"]
    assert [item["displayName"] for item in matrix["annotationSpecs"]] == classes
    counts = np.array([item["row"] for item in matrix["rows"]])
    predictions = pd.read_parquet(made / "evaluate/predictions")
    assert counts.sum() == len(predictions)
    assert counts.sum(axis=1).tolist() == [
        int((predictions["truth"] == code).sum()) for code in range(len(classes))
    ]
    assert counts.trace() > counts.sum() / 2, "the diagonal is what was right"
