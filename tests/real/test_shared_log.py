"""The prediction log of two replicas on a real MinIO, watched from a machine that has neither."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from acting import stand_in_for_github
from conftest import lacking
from projects import VENV, copy, make, python
from servers import free_port, minio, start, stop

pytestmark = [pytest.mark.slow, pytest.mark.server]
USER, PASSWORD = "tester", "not-a-real-password"
BUCKET = "import boto3; boto3.client('s3').create_bucket(Bucket='logs')"
KEYS = """
import boto3
found = boto3.client('s3').list_objects_v2(Bucket='logs', Prefix='load/')
print(*(item['Key'] for item in found.get('Contents', ())))
"""
ROWS = """
import json
import pandas as pd
table = pd.read_csv('data/raw/load.csv', parse_dates=['date'])
time = table['date']
table['area_key'] = table['area']
table['weekday'], table['day_of_year'] = time.dt.weekday, time.dt.dayofyear
for lag in (1, 2, 7, 14):
    table[f'load_lag_{lag}'] = table.groupby('area')['load'].shift(lag)
table = table[time > time.max() - pd.Timedelta(days=30)].drop(columns='load')
rows = table.assign(date=table['date'].dt.strftime('%Y-%m-%d'), holiday=table.holiday == 1)
print(rows.to_json(orient='records'))
"""


@pytest.fixture(scope="module")
def project(trained, tmp_path_factory):
    """A project with a champion, and thirty days of a lockdown after it."""
    folder = copy(trained, tmp_path_factory.mktemp("shared") / "load-forecast")
    make(folder, f"{VENV}/.pipeline")
    make(folder, "sample", "UNTIL=2019-03-31", "SHOCK=lockdown")
    return folder


@pytest.fixture(scope="module")
def rows(project):
    return json.loads(python(project, ROWS))


@pytest.fixture
def store(project, tmp_path, monkeypatch):
    """A MinIO of the test's own, and the environment that names it."""
    url, process = minio(tmp_path / "minio", USER, PASSWORD)
    monkeypatch.setenv("AWS_ENDPOINT_URL", url)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", USER)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", PASSWORD)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    python(project, BUCKET)
    yield process
    stop(process)


class Replica:
    """A service and the process that copies its log, as the two containers of a pod."""

    def __init__(self, project, folder):
        self.project, self.log = project, folder / "predictions.db"
        self.env = {
            "PYTHONPATH": str(project / "engine"),
            "SERVE_LOG": str(self.log),
            "PREDICTION_LOG": "s3://logs/load",
            "PREDICTION_LOG_SECONDS": "1",
        }
        self.folder, port = folder, free_port()
        self.url = f"http://127.0.0.1:{port}"
        command = [str(VENV / "bin/python"), "-m", "level2", "serve", "--port", str(port)]
        ready = f"{self.url}/v2/health/ready"
        self.service = start(command, folder, ready, cwd=project, **self.env)
        self.ship()

    def ship(self):
        """Start the companion, and wait until it has its handlers of signals."""
        before = self.said().count(" shipping ")
        with (self.folder / "ship.log").open("a") as said:
            self.shipping = subprocess.Popen(
                [str(VENV / "bin/python"), "-m", "level2", "ship-log"],
                cwd=self.project,
                env={**os.environ, **self.env},
                stderr=said,
                stdout=said,
                start_new_session=True,
            )
        deadline = time.monotonic() + 60
        while self.said().count(" shipping ") == before and time.monotonic() < deadline:
            time.sleep(0.1)

    def said(self):
        path = self.folder / "ship.log"
        return path.read_text() if path.exists() else ""

    def post(self, path, body):
        request = urllib.request.Request(
            f"{self.url}{path}", json.dumps(body).encode(), {"content-type": "application/json"}
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def end(self):
        """As a pod ends: both are told at once, and the companion has to outlive the service."""
        self.shipping.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        stop(self.service)
        return self.shipping.wait(60)


def monitored(project, folder, **settings):
    """What the monitor says in a project without a log of its own, unless one is named."""
    elsewhere = copy(project, folder)
    shutil.rmtree(elsewhere / "data/predictions.db", ignore_errors=True)
    command = [str(VENV / "bin/python"), "-m", "level2", "monitor", "--source", "log"]
    env = {**os.environ, "PYTHONPATH": str(elsewhere / "engine"), **settings}
    done = subprocess.run(command, cwd=elsewhere, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    verdict = json.loads((elsewhere / "artifacts/monitor.json").read_text())
    return done.stdout, {name: value for name, value in verdict.items() if name != "at"}


@pytest.mark.usefixtures("store")
def test_the_verdict_of_the_store_is_that_of_the_log(project, rows, tmp_path):
    replica = Replica(project, tmp_path / "one")
    ids = [replica.post("/predict", {"rows": [row]})[1]["id"] for row in rows]
    for name in ids[:3]:
        said = {"request": name, "value": 9_000}
        assert replica.post("/feedback", said)[1]["version"] == "1"
    assert replica.end() == 0
    said, from_log = monitored(project, tmp_path / "a", SERVE_LOG=str(replica.log))
    assert "alarm: " in said
    assert "120 rows of the prediction log" in said
    assert (from_log["window"]["labelled"], from_log["window"]["sent_back"]) == (120, 3)
    shared = {"PREDICTION_LOG": "s3://logs/load"}
    assert monitored(project, tmp_path / "b", **shared) == (said, from_log)
    (tmp_path / "b/data/raw/load.csv").unlink()
    said, verdict = monitored(tmp_path / "b", tmp_path / "c", **shared)
    assert "120 rows of the prediction log" in said
    assert (verdict["window"]["labelled"], verdict["signals"]["data"]) == (0, "alarm")
    assert verdict["signals"]["performance"] == "unknown", "no labels without the raw table"


def test_two_replicas_an_outage_and_two_kills(project, rows, store, tmp_path):
    """The store is away, a companion is killed, a service is killed: every answer is there."""
    one, two = Replica(project, tmp_path / "one"), Replica(project, tmp_path / "two")
    data = tmp_path / "minio"
    first = [one.post("/predict", {"rows": [row]})[1]["id"] for row in rows[:40]]
    stop(store)
    began = time.monotonic()
    for row in rows[40:80]:
        assert two.post("/predict", {"rows": [row]})[0] == 200
    assert time.monotonic() - began < 10, "no request waits for the store"
    deadline = time.monotonic() + 90
    while "not copied, will be later" not in two.said() and time.monotonic() < deadline:
        time.sleep(0.5)
    assert "no response from http://127.0.0.1" in two.said()
    assert PASSWORD not in two.said()
    os.killpg(one.shipping.pid, signal.SIGKILL)
    one.shipping.wait(30)
    where = os.environ["AWS_ENDPOINT_URL"]
    env = {"MINIO_ROOT_USER": USER, "MINIO_ROOT_PASSWORD": PASSWORD, "MINIO_UPDATE": "off"}
    command = [os.environ["MINIO_BINARY"], "server", "--quiet"]
    command += ["--address", where.removeprefix("http://"), "data"]
    again = start(command, data, f"{where}/minio/health/ready", **env)
    try:
        status, told = two.post("/feedback", {"request": first[0], "value": 9_000})
        assert (status, told["version"]) == (200, None), "another replica answered it"
        for row in rows[80:]:
            assert two.post("/predict", {"rows": [row]})[0] == 200
        time.sleep(0.5)  # what is committed outlives the service, and its companion copies it
        os.killpg(two.service.pid, signal.SIGKILL)
        two.service.wait(30)
        one.ship()
        assert (one.end(), two.end()) == (0, 0)
        shared = {"PREDICTION_LOG": "s3://logs/load"}
        said, verdict = monitored(project, tmp_path / "monitor", **shared)
        assert "120 rows of the prediction log" in said
        assert verdict["window"]["sent_back"] == 1
        keys = python(project, KEYS).split()
        assert {key.split("/date=")[0] for key in keys} == {
            "load/feedback/model=load-forecast",
            "load/predictions/model=load-forecast/version=1",
        }
    finally:
        stop(again)


def manifest(project, folder):
    """The two containers of the CronJob with its component act: name, command."""
    copied = shutil.copytree(project / "deploy/monitor", folder / "monitor")
    file = copied / "kustomization.yaml"
    file.write_text(file.read_text().replace("# components:", "components:"))
    done = subprocess.run(["kubectl", "kustomize", copied], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [job] = [item for item in yaml.safe_load_all(done.stdout) if item["kind"] == "CronJob"]
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    return [pod["initContainers"][0]["command"], pod["containers"][0]["command"]]


@contextlib.contextmanager
def receiver(heard):
    """A receiver of notices, as a chat's incoming webhook."""

    class Chat(BaseHTTPRequestHandler):
        def do_POST(self):
            heard.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Chat) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/hook"
        server.shutdown()


@pytest.mark.usefixtures("store")
def test_the_containers_of_the_cronjob_see_the_drift_tell_people_and_start_ct(
    project, rows, tmp_path
):
    if not shutil.which("kubectl"):
        lacking("kubectl is not installed: it builds the CronJob")
    replica = Replica(project, tmp_path / "one")
    for row in rows:
        assert replica.post("/predict", {"rows": [row]})[0] == 200
    assert replica.end() == 0
    look, act = manifest(project, tmp_path)
    folder = copy(project, tmp_path / "app")
    (folder / "data/predictions.db").unlink(missing_ok=True)
    path = f"{VENV}/bin:{os.environ['PATH']}"
    own = {"PATH": path, "PYTHONPATH": str(folder / "engine"), "HOME": str(tmp_path)}
    aws = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    recorder, token = stand_in_for_github()
    heard = []
    with recorder, receiver(heard) as url:
        store = {**aws, "PREDICTION_LOG": "s3://logs/load", "NOTICE_URL": url}
        for command, given in (
            ([*look, "--only-tell"], store),
            (look, store),
            (
                act,
                {
                    "GITHUB_API_URL": recorder.address,
                    "GITHUB_REPOSITORY": recorder.repository,
                    "GITHUB_TOKEN": token,
                },
            ),
        ):
            done = subprocess.run(
                command, cwd=folder, env={**own, **given}, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout + done.stderr
    assert "dispatched drift" in done.stdout
    record = json.loads((folder / "artifacts/decide.json").read_text())
    assert record["action"] == "retrain", "what was only told does not count as tried"
    assert [item["text"].split(",")[0] for item in heard] == ["load-forecast v1: retrain"] * 2
    assert [item["event_type"] for item in recorder.dispatches] == ["drift"]


def test_without_a_shared_log_another_replicas_answer_is_unknown(project, tmp_path):
    port = free_port()
    url = f"http://127.0.0.1:{port}/v2/health/ready"
    command = [str(VENV / "bin/python"), "-m", "level2", "serve", "--port", str(port)]
    env = {"PYTHONPATH": str(project / "engine"), "SERVE_LOG": str(tmp_path / "log.db")}
    process = start(command, tmp_path / "plain", url, cwd=project, **env)
    try:
        request = urllib.request.Request(
            url.replace("/v2/health/ready", "/feedback"),
            b'{"request": "0123", "value": 1}',
            {"content-type": "application/json"},
        )
        with pytest.raises(urllib.error.HTTPError) as error:
            urllib.request.urlopen(request, timeout=30)
        assert error.value.code == 404
    finally:
        stop(process)
