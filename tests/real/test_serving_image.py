"""The image that serves one model, built by a real Docker engine, asked as a pod is asked."""

import csv
import json
import os
import time
from pathlib import Path

import pytest

from engine import BOUNDS, docker
from own_engine import BASE, DOCKER
from projects import copy, make, python, tool

TAG = "cookiecutter-mlops-level2-serving-test:local"
MEGABYTE = 1_000_000

pytestmark = [pytest.mark.slow, pytest.mark.server]

PREDICT = """
import json, pathlib
from level2.serving.sources import open_source
source = open_source(pathlib.Path("."), pathlib.Path("artifacts/bundle"))
served = source.load(source.current())
columns = served.checker.columns([served.example])
print(json.dumps([served.example, served.score(columns).tolist()]))
"""
ASK = """
import sys, urllib.error, urllib.request
body = sys.argv[2].encode() if len(sys.argv) > 2 else None
try:
    answer = urllib.request.urlopen(f"http://127.0.0.1:8000{sys.argv[1]}", body, timeout=20)
except urllib.error.HTTPError as refused:
    answer = refused
print(answer.read().decode())
"""


@pytest.fixture(scope="module")
def project(trained, engine, tmp_path_factory):  # noqa: ARG001  it is asked by docker
    """A project with a champion, and the image that serves it, by its own command."""
    folder = copy(trained, tmp_path_factory.mktemp("serving") / "load-forecast")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_BUILDKIT", "1")
        patch.setenv("PATH", f"{Path(str(DOCKER)).parent}:{os.environ['PATH']}")
        make(folder, "serving-image", f"IMAGE={TAG}")
    yield folder
    docker("image", "rm", "--force", TAG)


@pytest.fixture(scope="module")
def running(project):  # noqa: ARG001  it has made the image
    """The service, ready; and the seconds that took."""
    began = time.monotonic()
    name = docker("run", "--detach", *BOUNDS, TAG).strip()
    try:
        while "serving" not in docker("logs", name):
            assert time.monotonic() - began < 60, docker("logs", name)
            time.sleep(0.1)
        yield name, time.monotonic() - began
    finally:
        docker("rm", "--force", name)


def ask(name, *words):
    return docker("exec", name, "python", "-c", ASK, *words)


def run(*words, ok=True):
    return docker("run", "--rm", *BOUNDS, TAG, *words, ok=ok)


def test_it_serves_the_number_of_the_project(project, running):
    example, expected = json.loads(python(project, PREDICT).splitlines()[-1])
    said = json.loads(ask(running[0], "/predict", json.dumps({"rows": [example]})))
    assert said["predictions"] == expected
    assert said["model"] == "load-forecast"
    assert json.loads(ask(running[0], "/v2/health/ready")) == {"ready": True}


def test_every_example_is_answered_and_a_row_of_the_table_as_make_predict_answers_it(
    project, running
):
    spec = json.loads(ask(running[0], "/openapi.json"))
    content = spec["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    assert set(content["examples"]) == {"rows", "table", "ahead"}
    for item in content["examples"].values():
        said = json.loads(ask(running[0], "/predict", json.dumps(item["value"])))
        assert len(said["predictions"]) == 1
    lines = (project / "data/raw/load.csv").read_text().splitlines()
    (project / "newest.csv").write_text("\n".join([lines[0], *lines[-8:]]) + "\n")
    make(project, "predict", "INPUT=newest.csv", "OUTPUT=answers.csv")
    answers = list(csv.DictReader((project / "answers.csv").read_text().splitlines()))
    rows = [{name: row[name] for name in lines[0].split(",")} for row in answers]
    said = json.loads(ask(running[0], "/predict", json.dumps({"rows": rows})))
    assert said["predictions"] == [float(row["prediction"]) for row in answers]
    rows[0]["date"] = "2031-01-01"
    refused = ask(running[0], "/predict", json.dumps({"rows": rows[:1]}))
    assert "earlier, and the history of" in json.loads(refused)["error"]


def test_it_is_small_and_starts_at_once(running):
    whole, base = (
        int(docker("image", "inspect", "--format", "{{.Size}}", name)) for name in (TAG, BASE)
    )
    ask(running[0], "/metrics")
    [line] = [
        line
        for line in docker("exec", running[0], "cat", "/proc/1/status").splitlines()
        if line.startswith("VmRSS")
    ]
    resident = int(line.split()[1]) / 1000
    print(
        f"{(whole - base) / MEGABYTE:.0f} MB over the base, {running[1]:.1f} s, {resident:.0f} MB"
    )
    assert (whole - base) / MEGABYTE < 250
    assert resident < 300


def test_another_model_than_the_one_handed_over_does_not_start(project):
    words = ("run", "--rm", *BOUNDS, "--env", f"SERVE_SHA256={'0' * 64}", TAG)
    docker(*words, ok=False)
    digest = json.loads((project / "artifacts/bundle/model.json").read_text())["sha256"][
        "model.onnx"
    ]
    name = docker("run", "--detach", *BOUNDS, "--env", f"SERVE_SHA256={digest}", TAG).strip()
    time.sleep(3)
    said = docker("logs", name)
    docker("rm", "--force", name)
    assert " serving   load-forecast v" in said


def test_it_says_what_it_is_and_holds_what_serves_and_no_more(project):
    found = json.loads(docker("image", "inspect", TAG))[0]["Config"]
    assert found["User"] == "10001:10001"
    assert (
        found["Labels"]["org.opencontainers.image.revision"]
        == tool(project, "git", "rev-parse", "HEAD").strip()
    )
    assert found["Labels"]["org.opencontainers.image.title"] == "load-forecast-serving"
    assert set(run("ls", "-A", "/app").split()) == {"engine", "model", "src"}
    assert set(run("ls", "-A", "/app/model").split()) == {
        "history.json",
        "model.json",
        "model.onnx",
    }
    find = "command -v gcc cc g++ make git uv; find / -xdev -name .cache -type d 2>/dev/null; true"
    assert run("sh", "-c", find) == ""
    heavy = "ls -d /venv/lib/python3*/site-packages/{mlflow,sklearn,feast,pyarrow,pandas/tests}"
    assert "/venv/lib" not in run("bash", "-c", heavy + " 2>&1 | grep -v 'No such'; true")
    assert "__pycache__" in run("sh", "-c", "find /app/engine /venv -name __pycache__ | head -1")


@pytest.mark.usefixtures("project")
def test_nobody_can_change_it():
    assert run("id", "-u").strip() == "10001"
    run("touch", "/app/x", ok=False)
    owned = ("run", "--rm", *BOUNDS, "--volume", "/log", TAG)
    docker(*owned, "touch", "/log/predictions.db")  # a new volume belongs to the service
    writable = "find /app /venv -writable ! -type l 2>/dev/null | head -3"
    assert docker("run", "--rm", TAG, "sh", "-c", writable) == ""
