"""A real MLflow server process on loopback: tracking and registry by MLFLOW_TRACKING_URI alone."""

import json
import os
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import yaml

from projects import VENV, copy, make, registry, tool

pytestmark = pytest.mark.server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(url: str, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                assert answer.status == 200
                return
        except OSError:
            assert process.poll() is None, log.read_text()
            time.sleep(0.2)
    pytest.fail(f"no answer from {url}: {log.read_text()}")


def stop(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    process.wait(timeout=30)


def start(command: list[str], folder: Path, url: str) -> subprocess.Popen:
    """Start a server in a process group of its own and wait until it answers."""
    log = folder / "server.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command, cwd=folder, stdout=file, stderr=file, start_new_session=True
        )
    wait_for(url, process, log)
    return process


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory):
    """A project with a short search, and full MLflow in the shared environment."""
    folder = copy(bake(), tmp_path_factory.mktemp("server") / "load-forecast")
    params = yaml.safe_load((folder / "params.yaml").read_text())
    params["tune"]["trials"] = 2
    (folder / "params.yaml").write_text(yaml.safe_dump(params, sort_keys=False))
    make(folder, f"{VENV}/.ui")
    return folder


@pytest.fixture
def server(tmp_path):
    """The address of an MLflow server with a store of its own, and a way to stop it."""
    url = f"http://127.0.0.1:{free_port()}"
    command = [f"{VENV}/bin/mlflow", "server", "--host", "127.0.0.1", "--port", url.split(":")[-1]]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/server.db", "--workers", "1"]
    command += ["--artifacts-destination", str(tmp_path / "artifacts")]
    process = start(command, tmp_path, f"{url}/health")
    yield url, process
    if process.poll() is None:
        stop(process)


def ask(url: str, path: str) -> dict:
    with urllib.request.urlopen(f"{url}/api/2.0/mlflow/{path}", timeout=10) as answer:
        return json.load(answer)


def test_a_run_registers_its_champion_on_the_server(project, server, tmp_path, monkeypatch):
    folder = copy(project, tmp_path / "p")
    url, process = server
    monkeypatch.setenv("MLFLOW_TRACKING_URI", url)
    said = make(folder, "run")
    assert "champion v1 (the first)" in said
    assert not (folder / "mlflow.db").exists()
    found = ask(url, "registered-models/alias?name=load-forecast&alias=champion")
    tags = {item["key"]: item["value"] for item in found["model_version"]["tags"]}
    assert tags["decision"] == "promote"
    make(folder, "sample", "UNTIL=2019-03-31")
    again = make(folder, "run")
    assert "v2" in again
    assert json.loads((folder / "artifacts/evaluation.json").read_text())["champion"]["comparable"]
    stop(process)
    down = make(folder, "run", ok=False)
    assert f"MLflow at {url} does not work" in down


def test_the_ui_shows_what_the_embedded_store_holds(project, tmp_path):
    folder = copy(project, tmp_path / "p")
    make(folder, "run")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    command = ["make", "ui", f"PORT={port}", f"VENV={VENV}", "PACKAGE="]
    process = start(command, folder, f"{url}/health")
    try:
        found = ask(url, "registered-models/alias?name=load-forecast&alias=champion")
        assert found["model_version"]["version"] == "1"
        with urllib.request.urlopen(url, timeout=10) as page:
            assert "<title>MLflow</title>" in page.read().decode()
    finally:
        stop(process)
    assert registry(folder, "select count(*) from model_versions") == [(1,)]
    assert "mlflow" in tool(folder, "mlflow", "--version")


def test_the_browser_view_says_its_address_and_no_more(project, tmp_path):
    folder = copy(project, tmp_path / "p")
    port = free_port()
    words = ["make", "--no-print-directory", "ui", f"PORT={port}", f"VENV={VENV}", "PACKAGE="]
    process = start(words, folder, f"http://127.0.0.1:{port}/health")
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10) as answer:
            assert b"MLflow" in answer.read()
        text = (folder / "server.log").read_text()
    finally:
        stop(process)
    assert text == f" ui        http://127.0.0.1:{port} in a few seconds, until Ctrl-C\n"
