"""The same twenty rows, five ways: REST, v2, a table, BentoML, MLflow's own server. All real."""

import csv
import json
import os
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from projects import VENV, champion, copy, make, python
from servers import free_port, start, stop

pytestmark = [pytest.mark.slow, pytest.mark.server]
NAME = "load-forecast"
KEYS = ("area", "event_timestamp")
# Every 290th row of the sample, as a table and as JSON; some lags are missing.
ROWS = """
import json
import pandas as pd
table = pd.read_parquet("data/features.parquet").iloc[1::290].head(20)
table.to_parquet("twenty.parquet", index=False)
rows = json.loads(table.to_json(orient="records", double_precision=15))
print(json.dumps([{**row, "holiday": bool(row["holiday"])} for row in rows]))
"""


def post(url, body):
    """Status and JSON of a POST."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.fixture(scope="module")
def project(trained, tmp_path_factory):
    """A project with a champion."""
    folder = copy(trained, tmp_path_factory.mktemp("ways") / NAME)
    assert champion(folder) == [(NAME, 1)]
    return folder


@pytest.fixture(scope="module")
def rows(project):
    found = json.loads(python(project, ROWS))
    assert len(found) == 20
    assert any(row["load_lag_14"] is None for row in found), "a missing value is among them"
    assert {row["area"] for row in found} == {row["area_key"] for row in found}
    return [{name: value for name, value in row.items() if name not in KEYS} for row in found]


def served(project, folder, target, ready):
    """One of the project's make targets that serve, as a process, and its address."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    words = ["make", target, f"PORT={port}", f"VENV={VENV}", "PACKAGE="]
    own = {"MAKEFLAGS": "", "MFLAGS": "", "MAKELEVEL": ""}  # a make may run this test
    return url, start(words, folder, f"{url}{ready}", cwd=project, **own)


@pytest.fixture(scope="module")
def rest(project, tmp_path_factory):
    url, process = served(project, tmp_path_factory.mktemp("rest"), "serve", "/v2/health/ready")
    yield url
    stop(process)


@pytest.fixture(scope="module")
def bentoml(project, tmp_path_factory):
    folder = tmp_path_factory.mktemp("bentoml")
    make(project, f"{VENV}-bento/.ready")  # takes longer than a server may take to start
    url, process = served(project, folder, "serve-bentoml", "/readyz")
    yield url
    stop(process)


@pytest.fixture(scope="module")
def mlflow(project, tmp_path_factory):
    make(project, f"{VENV}/.ui")
    url = f"http://127.0.0.1:{free_port()}"
    words = ["models", "serve", "--model-uri", f"models:/{NAME}@champion", "--env-manager", "local"]
    host, port = url.removeprefix("http://").split(":")
    command = [f"{VENV}/bin/mlflow", *words, "--host", host, "--port", port, "--workers", "1"]
    env = {"MLFLOW_TRACKING_URI": f"sqlite:///{project}/mlflow.db"}
    env |= {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": f"{VENV}/bin:{os.environ['PATH']}"}
    folder = tmp_path_factory.mktemp("mlflow")
    process = start(command, folder, f"{url}/health", cwd=project, **env)
    yield url
    stop(process)


@pytest.fixture(scope="module")
def reference(rest, rows):
    """What the service answers."""
    status, answer = post(f"{rest}/predict", {"rows": rows})
    assert (status, answer["version"]) == (200, "1"), answer
    found = answer["predictions"]
    assert len(set(found)) == 20, "twenty rows, twenty numbers"
    return found


def test_tensors_of_the_open_inference_protocol(rest, rows, reference):
    with urllib.request.urlopen(f"{rest}/v2/models/{NAME}", timeout=20) as answer:
        inputs = json.load(answer)["inputs"]
    tensors = [
        {**item, "shape": [20, 1], "data": [row[item["name"]] for row in rows]} for item in inputs
    ]
    status, answer = post(f"{rest}/v2/models/{NAME}/infer", {"inputs": tensors})
    assert status == 200, answer
    assert answer["outputs"][0]["data"] == reference


def test_a_table(project, rows, reference):
    make(project, "predict", "INPUT=twenty.parquet", "OUTPUT=twenty.csv")
    with (project / "twenty.csv").open() as file:
        found = list(csv.DictReader(file))
    assert [float(row["prediction"]) for row in found] == reference
    assert len(found) == len(rows)


def test_bentoml(bentoml, rows, reference):
    status, answer = post(f"{bentoml}/predict", {"rows": rows})
    assert (status, answer["model"], answer["version"]) == (200, NAME, "1"), answer
    assert answer["predictions"] == reference


def test_bentoml_refuses_by_the_same_sentences(bentoml, rest, rows):
    for change in ({"temperature": 99.5}, {"weekday": None}, {"area_key": "Bavaria"}, {"x": 1}):
        wrong = {"rows": [rows[0], {**rows[1], **change}]}
        status, refused = post(f"{rest}/predict", wrong)
        assert status == 422
        found, answer = post(f"{bentoml}/predict", wrong)
        said = answer[0] if isinstance(answer, list) else answer  # 1.4 puts a list around it
        assert (found, said["error"]) == (status, refused["error"])


def test_bentoml_tells_nobody_and_writes_nothing_at_home(project, bentoml):
    code = "import service; from bentoml._internal.utils.analytics import usage_stats as it; "
    env = {key: value for key, value in os.environ.items() if key != "BENTOML_DO_NOT_TRACK"}
    done = subprocess.run(
        [f"{VENV}-bento/bin/python", "-c", f"{code}print(it.do_not_track())"],
        cwd=project / "deploy/bentoml",
        env={**env, "PYTHONPATH": str(project / "engine"), "BENTOML_HOME": str(project / "bento")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "True", done.stderr
    assert post(f"{bentoml}/predict", {"rows": []})[0] == 422
    assert not (Path.home() / "bentoml").exists()


def test_the_scikit_learn_model_by_mlflow(mlflow, rows, reference):
    """The one way that is not ONNX: equal to what the gate allows an export to differ."""
    body = {"columns": list(rows[0]), "data": [list(row.values()) for row in rows]}
    status, answer = post(f"{mlflow}/invocations", {"dataframe_split": body})
    assert status == 200, answer
    spread = max(reference) - min(reference)
    apart = [abs(a - b) for a, b in zip(answer["predictions"], reference, strict=True)]
    print(f"at most {max(apart):.4g} apart, the spread is {spread:.4g}")
    assert max(apart) <= 1e-6 * spread, "the gate allows 1e-3"
