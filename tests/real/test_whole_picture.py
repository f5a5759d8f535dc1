"""What deploy/compose.yaml joins, joined for real: MLflow, Redis, Prometheus and the service.

Images cannot be pulled everywhere, so each part is its own program on loopback with the words and
the environment that the compose file gives it; addresses and folders alone are replaced.
"""

import json
import os
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
import yaml

from conftest import PROJECT, ROOT
from projects import VENV, copy, make
from servers import free_port, redis, start, stop

pytestmark = [pytest.mark.slow, pytest.mark.server]


def need(program):
    """The path of a program of Prometheus; CI must have it."""
    found = shutil.which(program)
    if not found:
        assert not os.environ.get("CI"), f"{program} is missing: `make servers` installs it in CI"
        pytest.skip(f"{program} is not installed: it comes with Prometheus")
    return found


def get(url):
    with urllib.request.urlopen(url, timeout=20) as answer:
        return json.load(answer)


def replaced(words, changes):
    """Words of the compose file with addresses and folders of this test."""
    for old, new in changes.items():
        words = [word.replace(old, new) for word in words]
    return words


@pytest.fixture(scope="module")
def picture(bake, tmp_path_factory):
    """Folder, services of the compose file, and the addresses that stand for theirs."""
    folder = copy(bake(), tmp_path_factory.mktemp("picture") / "load-forecast")
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace("trials: 20", "trials: 2"))
    make(folder, f"{VENV}/.ui")
    services = yaml.safe_load((folder / "deploy/compose.yaml").read_text())["services"]
    state = tmp_path_factory.mktemp("state")
    port, own = free_port(), free_port()
    store, process = redis(state / "redis")
    running = [process]
    changes = {
        "0.0.0.0": "127.0.0.1",  # noqa: S104  replaced, so that nobody listens there
        "mlflow:5000,127.0.0.1:5000": f"127.0.0.1:{port}",
        "mlflow:5000": f"127.0.0.1:{port}",
        "sqlite:////mlflow": f"sqlite:///{state}",
        "=/mlflow": f"={state}",
        "redis:6379": store,
        "/app": str(folder),
        "/log": str(state),
    }
    words = replaced(services["mlflow"]["command"], changes)
    command = [f"{VENV}/bin/{words[0]}", *words[1:], "--port", str(port), "--workers", "1"]
    running.append(start(command, state / "mlflow", f"http://127.0.0.1:{port}/health"))
    yield folder, services, changes, own
    for process in running:
        stop(process)


def environment(services, changes):
    given = services["service"]["environment"]
    return dict(zip(given, replaced(list(given.values()), changes), strict=True))


def service(folder, services, changes, port):
    """Words and environment of the service."""
    words = replaced(services["service"]["command"], changes)
    env = {**environment(services, changes), "PYTHONPATH": str(folder / "engine")}
    return [f"{VENV}/bin/{words[0]}", *words[1:], "--port", str(port)], env


def shown():
    """What the page on deployment tells people to export before `make run`."""
    page = Path(__file__).parents[2] / "docs/how-to/deploy.md"
    lines = re.findall(r"^\$ export (.*)$", page.read_text(), re.M)
    assert lines
    return dict(word.split("=", 1) for line in lines for word in line.split())


@pytest.fixture(scope="module")
def served(picture, tmp_path_factory):
    """The service once there is a champion."""
    folder, _, changes, port = picture
    command, env = service(*picture)
    early = subprocess.run(
        command, cwd=folder, env={**os.environ, **env}, capture_output=True, text=True, check=False
    )
    assert early.returncode == 1, "it is started again until there is a champion"
    assert "load-forecast has no champion yet" in early.stderr
    told = shown()
    near = {"127.0.0.1:5000": changes["mlflow:5000"], "127.0.0.1:6379": changes["redis:6379"]}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in told.items():
            patch.setenv(name, replaced([value], near)[0])
        make(folder, "run")
    log = tmp_path_factory.mktemp("service")
    url = f"http://127.0.0.1:{port}"
    process = start(command, log, f"{url}/v2/health/ready", cwd=folder, **env)
    yield url
    stop(process)


def test_the_service_follows_that_mlflow_and_reads_that_redis(served):
    body = json.dumps({"entities": [{"area": "TenneT"}]}).encode()
    with urllib.request.urlopen(f"{served}/predict", body, timeout=60) as answer:
        said = json.load(answer)
    assert said["version"] == "1"
    assert len(said["predictions"]) == 1
    assert said["features_at"]


def test_prometheus_reads_it_and_knows_every_rule(picture, served, tmp_path):
    program = need("prometheus")
    folder, services, _, _ = picture
    monitoring = tmp_path / "monitoring"
    shutil.copytree(folder / "deploy/monitoring", monitoring)
    file = monitoring / "prometheus.yaml"
    text = file.read_text().replace("service:8000", served.removeprefix("http://"))
    file.write_text(text.replace("15s", "1s"))
    places = {"/etc/prometheus": str(monitoring), "=/prometheus": f"={tmp_path}/kept"}
    words = replaced(services["prometheus"]["command"], places)
    url = f"http://127.0.0.1:{free_port()}"
    address = f"--web.listen-address={url.removeprefix('http://')}"
    process = start([program, *words, address], tmp_path / "prometheus", f"{url}/-/ready")
    try:
        groups = get(f"{url}/api/v1/rules")["data"]["groups"]
        loaded = {rule["name"] for group in groups for rule in group["rules"]}
        rules = yaml.safe_load((monitoring / "rules.yaml").read_text())
        assert loaded == {rule["alert"] for group in rules["groups"] for rule in group["rules"]}
        question = urllib.parse.quote('serving_model_info and on (instance) up{job="serving"} == 1')
        deadline = time.monotonic() + 30
        while not (found := get(f"{url}/api/v1/query?query={question}")["data"]["result"]):
            assert time.monotonic() < deadline, get(f"{url}/api/v1/targets")
            time.sleep(0.5)
        assert found[0]["metric"]["version"] == "1"
        assert found[0]["value"][1] == "1"
        states = {
            rule["name"]: rule["state"]
            for group in get(f"{url}/api/v1/rules")["data"]["groups"]
            for rule in group["rules"]
        }
        assert set(states.values()) == {"inactive"}, states
    finally:
        stop(process)


def test_the_rules_hold_by_promtool():
    """The tests of a project's rules, none of them skipped."""
    need("promtool")
    command = [f"{VENV}/bin/python", "-m", "pytest", "-q", "-n0", "-rs", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "deploy/test_monitoring.py", "-k", "not docker_compose"],
        cwd=ROOT / "tests" / "engine",
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [PROJECT / "engine", PROJECT]))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout
    assert "passed" in done.stdout
