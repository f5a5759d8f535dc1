"""`make deploy` and `make rollback` of a project's serving image on the real Kubernetes and KServe.

The image is built by the project's own command and given to the node by its digest; requests go
through the Service. Only for the node of `make cluster` without Docker.
"""

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import own_engine
from cluster import running
from cluster.node import images, place
from projects import VENV, copy, make, python

pytestmark = [
    *running.MARKS,
    pytest.mark.skipif(running.ON == "kind", reason="its images come from the node's own store"),
]
SPACE = "load-forecast-serving-staging"
PREDICT = """
import json, pathlib
from level2.serving.sources import open_source
source = open_source(pathlib.Path("."), pathlib.Path("artifacts/bundle"))
served = source.load(source.current())
print(json.dumps([served.example, served.score(served.checker.columns([served.example])).tolist()]))
"""
# asks with a new connection each time until the file appears; prints how often who answered
LOAD = """
import collections, concurrent.futures, itertools, json, pathlib, sys, threading, time
import urllib.request
url, bodies, stop = sys.argv[1], itertools.cycle(json.loads(sys.argv[2])), pathlib.Path(sys.argv[3])
seen, lock = collections.Counter(), threading.Lock()
def ask():
    while not stop.exists():
        with lock:
            body = json.dumps({"rows": [next(bodies)]}).encode()
        request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                said = json.load(answer)
            seen[f"v{said['version']} {said['predictions']}"] += 1
        except Exception as error:
            seen[f"failed: {error}"] += 1
        time.sleep(0.02)
with concurrent.futures.ThreadPoolExecutor() as pool:
    for _ in range(3):
        pool.submit(ask)
print(json.dumps(seen))
"""


class Release:
    """A version of the model: its image in the node's store, its record, the number it answers."""

    def __init__(self, project: Path, version: int, folder: Path) -> None:
        self.named, self.record = f"v{version}", f"artifacts/handed-over-{version}.json"
        tag = f"localhost/load-forecast-serving:v{version}"
        make(project, "bundle", f"VERSION={version}", f"RECORD={self.record}")
        self.row, [self.number] = json.loads(python(project, PREDICT).splitlines()[-1])
        make(project, "serving-image", f"IMAGE={tag}", f"VERSION={version}")
        archive = folder / f"{version}.tar"
        save = [str(own_engine.DOCKER), "save", "--output", str(archive), tag]
        subprocess.run(save, check=True)
        self.image = images.by_digest(archive, tag)
        archive.unlink()


@pytest.fixture(scope="module")
def project(trained, tmp_path_factory) -> Path:
    """A project with three versions, whose staging overlay is the plain Deployment.

    The third one was trained after somebody had doubled the target, as a change of unit does.
    """
    folder = copy(trained, tmp_path_factory.mktemp("deploy") / "load-forecast")
    make(folder, "sample", "UNTIL=2019-03-31")
    assert "v2" in make(folder, "run")
    double = "t['load'] *= 2; t.to_csv('data/raw/load.csv', index=False)"
    python(folder, f"import pandas; t = pandas.read_csv('data/raw/load.csv'); {double}")
    assert "v3" in make(folder, "run")
    overlay = folder / "deploy/serving/overlays/staging/kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("- ../../kserve #", "- ../../plain #"))
    return folder


@pytest.fixture(scope="module")
def releases(project, engine, tmp_path_factory) -> list[Release]:  # noqa: ARG001  it builds them
    """The three versions."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_BUILDKIT", "1")
        patch.setenv("PATH", f"{Path(str(own_engine.DOCKER)).parent}:{os.environ['PATH']}")
        return [
            Release(project, version, tmp_path_factory.mktemp("image")) for version in (1, 2, 3)
        ]


@pytest.fixture(scope="module", autouse=True)
def _gone_afterwards() -> Iterator[None]:
    yield
    running.kubectl("delete", "namespace", SPACE, "--ignore-not-found", "--timeout=120s")


@pytest.fixture
def command(project) -> Callable[..., str]:
    """A function that runs a target of the project where the cluster answers."""

    def run(*words: str, ok: bool = True, python: tuple[str, ...] = ()) -> str:
        started = [VENV / "bin/python", "-m", "level2", *python] if python else ["make", *words]
        more = [] if python else [f"VENV={VENV}", "PACKAGE="]
        of_ours = {"MAKELEVEL", "MAKEFLAGS", "MFLAGS"}
        environment = {key: value for key, value in os.environ.items() if key not in of_ours}
        environment |= {
            "PATH": place.environment()["PATH"],
            "KUBECONFIG": str(place.KUBECONFIG),
            "KUBE_CONTEXT_STAGING": place.NAME,
            "PYTHONPATH": f"{project}/engine:{project}/src",
        }
        done = subprocess.run(
            running.command(*map(str, [*started, *more]), folder=project),
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        assert (done.returncode == 0) is ok, said
        assert "Traceback" not in said
        print(said)
        return said

    return run


def deploy(command: Callable[..., str], release: Release, *words: str, ok: bool = True) -> str:
    named = [f"IMAGE={release.image}", f"RECORD={release.record}"]
    return command("deploy", "ENV=staging", *named, *words, ok=ok)


def url(service: str = "serving") -> str:
    """Where the Service answers, as kube-proxy leads there."""
    address = running.get("service", service, "-n", SPACE)["spec"]["clusterIP"]
    return f"http://{address}/predict"


@contextmanager
def load(address: str, rows: list[dict], stop: Path) -> Iterator[dict[str, int]]:
    """Requests all the while, a row each; afterwards how often which answer came."""
    words = [str(VENV / "bin/python"), "-c", LOAD, address, json.dumps(rows), str(stop)]
    process = subprocess.Popen(running.command(*words), stdout=subprocess.PIPE, text=True)
    seen: dict[str, int] = {}
    try:
        yield seen
    finally:
        stop.touch()
        seen.update(json.loads(process.communicate(timeout=60)[0]))
        print(seen)


def answers(seen: dict[str, int]) -> set[str]:
    """Which versions answered; a failed request stands there as it failed."""
    return {name if name.startswith("failed") else name.split()[0] for name in seen}


def weathers(release: Release) -> list[dict]:
    """The row of a release in fifty temperatures, so that its predictions are not all alike."""
    return [release.row | {"temperature": degrees / 2} for degrees in range(50)]


def pods() -> list[dict]:
    return running.get("pods", "-n", SPACE)["items"]


def test_the_service_answers_the_champions_number(command, releases, tmp_path):
    first = releases[0]
    said = deploy(command, first)
    assert f" deployed  load-forecast v1 · staging · {first.image.split('@')[1][:19]}…" in said
    with load(url(), [first.row], tmp_path / "stop") as seen:
        subprocess.run(["sleep", "3"], check=True)
    assert set(seen) == {f"v1 [{first.number}]"}
    [container] = pods()[0]["spec"]["containers"]
    assert container["image"] == first.image


def test_an_update_and_a_rollback_lose_no_request(command, releases, tmp_path):
    first, second, _ = releases
    with load(url(), [first.row], tmp_path / "update") as seen:
        assert " deployed  load-forecast v2 " in deploy(command, second)
    assert answers(seen) == {"v1", "v2"}
    assert sum(seen.values()) > 100
    with load(url(), [first.row], tmp_path / "back") as seen:
        said = command("rollback", "ENV=staging")
    assert " rollback  staging · from load-forecast v2 to load-forecast v1" in said
    assert answers(seen) == {"v1", "v2"}
    assert "no version before load-forecast v1" in command("rollback", "ENV=staging", ok=False)


def test_a_model_other_than_the_one_handed_over_does_not_start_and_the_old_one_serves_on(
    project, command, releases, tmp_path
):
    """The image of version 2 with the record of a file that it does not hold."""
    first, second, _ = releases
    record = json.loads((project / second.record).read_text()) | {"sha256": "0" * 64}
    (project / "artifacts/altered.json").write_text(json.dumps(record))
    words = ["deploy", "staging", "--image", second.image, "--record", "artifacts/altered.json"]
    with load(url(), [first.row], tmp_path / "stop") as seen:
        said = command(python=(*words, "--minutes", "0.5"), ok=False)
    assert "load-forecast v2 did not come up in staging within 0.5 minutes" in said
    assert "make rollback ENV=staging` goes back to load-forecast v1" in said
    assert answers(seen) == {"v1"}
    command("rollback", "ENV=staging")


def test_a_killed_pod_comes_back(releases, tmp_path):
    first = releases[0]
    before = {pod["metadata"]["uid"] for pod in pods()}
    running.kubectl("delete", "pods", "--all", "-n", SPACE, "--force", "--grace-period=0")
    words = ["deployment/serving", "-n", SPACE, "--timeout=120s"]
    running.kubectl("rollout", "status", *words)
    with load(url(), [first.row], tmp_path / "stop") as seen:
        subprocess.run(["sleep", "2"], check=True)
    assert set(seen) == {f"v1 [{first.number}]"}
    assert not before & {pod["metadata"]["uid"] for pod in pods()}


def test_a_canary_is_judged_by_what_it_answers_and_no_person_is_asked(command, releases, tmp_path):
    """Version 2 predicts much as version 1 does, version 3 twice as much."""
    _, second, third = releases
    assert " deployed  load-forecast v2 " in deploy(command, second)
    words = ["--image", third.image, "--record", third.record, "--canary", "30", "--watch", "20"]
    with load(url(), weathers(second), tmp_path / "bad") as seen:
        said = command(python=("deploy", "staging", *words), ok=False)
    assert " canary    load-forecast v3 · staging · 1 of 3 pods" in said
    assert "load-forecast v3 is worse than the version before: its predictions are " in said
    assert said.rstrip().endswith("load-forecast v2 gets all requests again")
    assert answers(seen) - {"v1"} == {"v2", "v3"}  # pods of the version before are going
    running.kubectl("wait", "--for=delete", "pods", "-l", "track=canary", "-n", SPACE)
    with load(url(), weathers(second), tmp_path / "after") as seen:
        subprocess.run(["sleep", "3"], check=True)
    assert answers(seen) == {"v2"}


def test_a_canary_that_is_as_good_gets_everything(command, releases, tmp_path):
    first, second, _ = releases
    words = ["--image", first.image, "--record", first.record, "--canary", "30", "--watch", "20"]
    with load(url(), weathers(second), tmp_path / "good") as seen:
        said = command(python=("deploy", "staging", *words))
    assert " judged    " in said
    assert "readiness" not in said
    assert " deployed  load-forecast v1 " in said
    assert answers(seen) == {"v1", "v2"}


def test_the_same_on_kserve_in_mode_standard(project, command, releases, tmp_path):
    first, second, _ = releases
    running.kubectl("delete", "namespace", SPACE, "--ignore-not-found", "--timeout=120s")
    overlay = project / "deploy/serving/overlays/staging/kustomization.yaml"
    overlay.write_text(overlay.read_text().replace("- ../../plain #", "- ../../kserve-standard #"))
    assert " deployed  load-forecast v1 " in deploy(command, first)
    service = url("serving-predictor")
    with load(service, [first.row], tmp_path / "update") as seen:
        assert " deployed  load-forecast v2 " in deploy(command, second)
    assert answers(seen) == {"v1", "v2"}
    said = deploy(command, first, "CANARY=20", ok=False)
    assert "CANARY= and HOLD= split requests, which KServe's mode Standard cannot" in said
    with load(service, [first.row], tmp_path / "back") as seen:
        assert "to load-forecast v1" in command("rollback", "ENV=staging")
    assert answers(seen) == {"v1", "v2"}
