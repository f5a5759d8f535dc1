"""MLflow and Redis that are down, frozen and back, around a service that goes on. All are real."""

import json
import os
import signal
import subprocess
import time
import urllib.error
import urllib.request
from contextlib import contextmanager

import pytest

from projects import VENV, copy, make, python
from servers import free_port, start, stop

pytestmark = [pytest.mark.slow, pytest.mark.server]
NAME = "load-forecast"
EXAMPLE = """
import json
print(json.dumps(json.load(open("artifacts/model/model.json"))["serving"]["example"]))
"""


def ask(url, body, timeout=30):
    """Status, seconds and JSON of a prediction."""
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(f"{url}/predict", json.dumps(body).encode(), headers)
    began = time.monotonic()
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            return answer.status, time.monotonic() - began, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, time.monotonic() - began, json.load(error)


def metric(url, name):
    with urllib.request.urlopen(f"{url}/metrics", timeout=20) as answer:
        lines = answer.read().decode().splitlines()
    return next((float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(name)), 0.0)


def until(true, seconds=60):
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.2)


@contextmanager
def frozen(process):
    """A server that takes connections and says nothing."""
    os.killpg(process.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGCONT)


class Picture:
    """A project whose registry is MLflow's server and whose online store is Redis."""

    def __init__(self, folder, state):
        self.folder, self.state = folder, state
        self.ports = {name: free_port() for name in ("mlflow", "redis", "service")}
        self.url = f"http://127.0.0.1:{self.ports['service']}"
        self.running = {}

    def up(self, name):
        port, state = str(self.ports[name]), self.state / name
        state.mkdir(exist_ok=True)
        if name == "redis":
            command = ["redis-server", "--bind", "127.0.0.1", "--port", port, "--dir", str(state)]
            command, ready = [*command, "--appendonly", "yes"], f"tcp://127.0.0.1:{port}"
        else:
            stores = ["--backend-store-uri", f"sqlite:///{state}/mlflow.db"]
            stores += ["--artifacts-destination", str(state / "artifacts"), "--workers", "1"]
            command = [f"{VENV}/bin/mlflow", "server", "--host", "127.0.0.1", "--port", port]
            command, ready = [*command, *stores], f"http://127.0.0.1:{port}/health"
        self.running[name] = start(command, state, ready, MLFLOW_DISABLE_TELEMETRY="true")

    def down(self, name):
        stop(self.running.pop(name))

    @property
    def environment(self):
        return {
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{self.ports['mlflow']}",
            "REDIS_CONNECTION": f"127.0.0.1:{self.ports['redis']}",
            "FEAST_FS_YAML_FILE_PATH": "deploy/kubeflow/feature_store.yaml",
            "FEAST_REGISTRY": "data/registry.db",
            "SERVE_RELOAD_SECONDS": "0.2",
            "PYTHONPATH": str(self.folder / "engine"),
        }

    @property
    def command(self):
        words = ["serve", "--port", str(self.ports["service"])]
        return [f"{VENV}/bin/python", "-m", "level2", *words]

    @contextmanager
    def service(self):
        ready = f"{self.url}/v2/health/ready"
        process = start(
            self.command, self.state / "service", ready, cwd=self.folder, **self.environment
        )
        try:
            yield process
        finally:
            stop(process)


@pytest.fixture(scope="module")
def picture(bake, tmp_path_factory):
    folder = copy(bake(), tmp_path_factory.mktemp("down") / NAME)
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace("trials: 20", "trials: 2"))
    make(folder, f"{VENV}/.ui")
    made = Picture(folder, tmp_path_factory.mktemp("state"))
    made.up("mlflow")
    made.up("redis")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in made.environment.items():
            patch.setenv(name, value)
        make(folder, "run")
    made.row = {"rows": [json.loads(python(folder, EXAMPLE))]}
    yield made
    for process in made.running.values():
        stop(process)


ENTITY = {"entities": [{"area": "TenneT"}]}


def test_without_mlflow_at_the_start_it_says_so_and_ends(picture):
    picture.down("mlflow")
    began = time.monotonic()
    done = subprocess.run(
        picture.command,
        cwd=picture.folder,
        env={**os.environ, **picture.environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    picture.up("mlflow")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1, done.stderr
    assert f"127.0.0.1:{picture.ports['mlflow']}" in done.stderr
    assert time.monotonic() - began < 60


def test_without_redis_at_the_start_rows_are_answered_and_entities_once_it_is_there(picture):
    picture.down("redis")
    with picture.service():
        status, _, answer = ask(picture.url, ENTITY)
        assert status == 503
        assert "the online store does not respond" in answer["error"]
        assert ask(picture.url, picture.row)[0] == 200
        picture.up("redis")
        until(lambda: ask(picture.url, ENTITY)[0] == 200)


def test_mlflow_goes_freezes_and_comes_back_and_every_answer_is_given(picture):
    with picture.service() as process:
        before = ask(picture.url, picture.row)[2]
        unreachable = 'serving_reloads_total{outcome="unreachable"}'
        picture.down("mlflow")
        until(lambda: metric(picture.url, unreachable) > 0)
        answers = [ask(picture.url, picture.row) for _ in range(50)]
        picture.up("mlflow")
        with frozen(picture.running["mlflow"]):
            time.sleep(1)
            answers += [ask(picture.url, picture.row) for _ in range(50)]
        assert {status for status, _, _ in answers} == {200}
        assert max(seconds for _, seconds, _ in answers) < 2
        assert {answer["predictions"][0] for _, _, answer in answers} == {before["predictions"][0]}
        assert process.poll() is None


def test_redis_goes_freezes_and_comes_back_and_rows_are_answered_all_the_while(picture):
    with picture.service():
        before = ask(picture.url, ENTITY)
        assert before[0] == 200
        picture.down("redis")
        assert ask(picture.url, ENTITY)[0] == 503
        assert ask(picture.url, picture.row)[0] == 200
        picture.up("redis")
        until(lambda: ask(picture.url, ENTITY)[0] == 200)
        with frozen(picture.running["redis"]):
            status, seconds, answer = ask(picture.url, ENTITY)
            assert status == 503, answer
            assert seconds < 10
            status, seconds, _ = ask(picture.url, picture.row)
            assert (status, seconds < 1) == (200, True), "rows do not wait for a frozen store"
        until(lambda: ask(picture.url, ENTITY)[0] == 200)
        after = ask(picture.url, ENTITY)[2]
        assert after["predictions"] == before[2]["predictions"]
