"""KatibClient, the real one, against a stand-in for the cluster that runs each trial's command.

What the stand-in keeps is how Katib behaves as far as its sources tell; no cluster has run here.
"""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from level2.base.errors import ProjectError
from level2.kubeflow.katib import client as katib
from level2.kubeflow.katib import experiment as made
from level2.kubeflow.katib.client import Katib
from level2.model.search_plan import Plan
from level2.model.search_space import Range

BOWL = """
import sys
values = dict(word.split("=") for word in sys.argv if "=" in word)
x = float(values["x"])
if x > {broken_above}:
    sys.exit("too far")
print("fitting with x =", x)
print(f"rmse={{(x - 3) ** 2:f}}")
"""
SPACE = {"x": Range(type="double", min=0, max=10)}


@pytest.fixture(autouse=True)
def _quick(monkeypatch):
    monkeypatch.setattr(katib, "POLL", 0.05)


@pytest.fixture(autouse=True)
def trials(tmp_path):
    """Write the trials' program: a bowl with its bottom at 3, broken above a bound."""

    def write(broken_above=99):
        (tmp_path / "bowl.py").write_text(BOWL.format(broken_above=broken_above))

    write()
    return write


def plan(direction="minimize", count=4, max_failed=1, families=("linear",)):
    return Plan(
        task="regression",
        metric="rmse" if direction == "minimize" else "r2",
        direction=direction,
        sampler="random",
        seed=1,
        max_failed=max_failed,
        shares=dict.fromkeys(families, count),
        spaces=dict.fromkeys(families, SPACE),
    )


def pod(**changes):
    known = {
        "image": "registry/image@sha256:0",
        "command": ["python", "bowl.py"],
        "environment": {},
        "secret": None,
        "service_account": None,
        "cpu": "1",
        "memory": "1Gi",
        "parallel": 2,
        "minutes": 1,
    }
    return made.TrialPod(**known | changes)


def experiments(wanted, run="run-1", **changes):
    return {
        family: made.experiment(wanted, family, "small-load", run, pod(**changes))
        for family in wanted.spaces
    }


def search(cluster, wanted=None, user="good", minutes=1.0, report=lambda *_: None, run="run-1"):
    wanted = wanted or plan()
    client = Katib(cluster.kubeconfig(user), "team")
    return client.search(experiments(wanted, run), wanted.metric, minutes, report)


def refusal(*words, **named):
    with pytest.raises(ProjectError) as caught:
        search(*words, **named)
    return str(caught.value)


def test_families_are_searched_side_by_side_and_nothing_is_left(cluster):
    lines = []
    found = search(
        cluster, plan(families=("linear", "trees")), report=lambda *seen: lines.append(seen)
    )
    seen = cluster.seen()
    assert seen["kept"] == []
    assert [item["metadata"]["name"] for item in seen["made"]] == [
        made.name_of("small-load", family, "run-1") for family in ("linear", "trees")
    ]
    for family in ("linear", "trees"):
        result = found[family]
        values = [item["value"] for item in result["trials"]]
        assert len(values) == 4
        for item in result["trials"]:
            assert item["value"] == pytest.approx((float(item["params"]["x"]) - 3) ** 2, abs=1e-5)
        assert result["optimal"]["value"] == min(values)
    assert lines[-1] == (8, "8 trials done, 0 running, 0 failed")
    methods = [method for method, path in seen["log"] if "experiments" in path]
    assert methods[:3] == ["GET", "POST", "POST"]
    assert methods[-2:] == ["DELETE", "DELETE"]


def test_trials_run_in_parallel_but_no_more_than_asked(cluster, tmp_path):
    (tmp_path / "bowl.py").write_text(
        "import os, time\nopen(f'on-{os.getpid()}', 'w').close()\n"
        "import glob; n = len(glob.glob('on-*'))\ntime.sleep(0.3)\n"
        "os.remove(f'on-{os.getpid()}')\nprint(f'rmse={n}')"
    )
    found = search(cluster, plan(count=6))
    together = [item["value"] for item in found["linear"]["trials"]]
    assert max(together) == 2


def test_some_trials_may_fail(cluster, trials):
    trials(broken_above=8)
    found = search(cluster, plan(count=8, max_failed=8))
    values = [item["value"] for item in found["linear"]["trials"]]
    broken = [float(item["params"]["x"]) > 8 for item in found["linear"]["trials"]]
    assert [value is None for value in values] == broken
    assert any(broken)


def test_more_failed_trials_than_allowed_name_a_trial_and_its_reason(cluster, trials):
    trials(broken_above=-1)
    said = refusal(cluster)
    name = made.name_of("small-load", "linear", "run-1")
    assert said.startswith(f"Katib Experiment {name} (linear) failed, ")
    assert "max failed count has reached; trial " in said
    assert "Job has reached the specified backoff limit" in said
    assert "tune.max_failed_trials" in said
    assert cluster.seen()["kept"] == []
    assert "too far" in "".join(cluster.seen()["logs"].values())


def test_an_experiment_that_fails_by_itself_is_named_and_all_are_removed(cluster):
    cluster.play(fail="Suggestion service of random is not ready")
    said = refusal(cluster, plan(families=("linear", "trees")))
    assert "(linear) failed: Suggestion service of random is not ready" in said
    assert cluster.seen()["kept"] == []


def test_a_deadline_says_how_far_it_came_and_removes_all(cluster):
    cluster.play(stall=True)
    said = refusal(cluster, minutes=0.01)
    assert "has not finished within 0.01 minutes (0 trials done, " in said
    assert "tune.cluster.minutes" in said
    assert cluster.seen()["kept"] == []


def test_an_experiment_of_another_run_is_refused_and_left_alone(cluster):
    cluster.play(stall=True)
    client = Katib(cluster.kubeconfig(), "team")
    foreign = experiments(plan(), run="run-2")["linear"]
    foreign["metadata"]["name"] = made.name_of("small-load", "linear", "run-1")
    client.client.create_experiment(foreign, namespace="team")
    said = refusal(cluster)
    assert "already exists and is not of this run: delete it, or give this run another" in said
    assert cluster.seen()["kept"] == [foreign["metadata"]["name"]]


def test_an_experiment_of_this_run_with_another_spec_is_refused(cluster):
    cluster.play(stall=True)
    client = Katib(cluster.kubeconfig(), "team")
    client.client.create_experiment(experiments(plan(count=9))["linear"], namespace="team")
    assert "is not of this run" in refusal(cluster)
    assert len(cluster.seen()["kept"]) == 1


def test_a_retry_takes_up_the_experiment_of_the_first_attempt(cluster):
    client = Katib(cluster.kubeconfig(), "team")
    client.client.create_experiment(experiments(plan())["linear"], namespace="team")
    found = search(cluster)
    assert len(found["linear"]["trials"]) == 4
    seen = cluster.seen()
    assert len(seen["made"]) == 1
    assert seen["kept"] == []


def test_an_answer_lost_while_creating_makes_no_second_experiment(cluster):
    cluster.play({"method": "POST", "path": "experiments", "times": 1, "do": "lose"})
    assert len(search(cluster)["linear"]["trials"]) == 4
    assert len(cluster.seen()["made"]) == 1


@pytest.mark.parametrize("fault", ["drop", 503])
def test_a_few_unanswered_looks_are_survived(cluster, fault):
    cluster.play({"method": "GET", "path": "experiments/", "times": 3, "do": fault})
    assert len(search(cluster)["linear"]["trials"]) == 4


@pytest.mark.parametrize(
    ("fault", "expected"),
    [("drop", "gives no answer (to get experiments)"), (503, "could not get experiments (503)")],
)
def test_a_cluster_that_stays_silent_is_named_and_cleaned_up(cluster, fault, expected):
    cluster.play({"method": "GET", "path": "experiments/", "times": 99, "do": fault}, stall=True)
    assert expected in refusal(cluster)
    assert cluster.seen()["kept"] == []


def test_what_cannot_be_removed_is_named_with_the_first_fault(cluster):
    cluster.play(
        {"method": "DELETE", "path": "experiments/", "times": 99, "do": 403}, fail="for a reason"
    )
    said = refusal(cluster)
    assert "failed: for a reason; remove Katib Experiment small-load-linear-" in said
    assert "does not let you delete experiments in namespace team (403)" in said


@pytest.mark.parametrize(
    ("token", "expected"),
    [
        ("wrong", "does not know these credentials (401): renew the kubeconfig"),
        ("reader", "does not let you create experiments in namespace team (403): User cannot"),
    ],
)
def test_wrong_credentials_are_named(cluster, token, expected):
    assert expected in refusal(cluster, user=token)
    assert cluster.seen()["made"] == []


def test_a_cluster_without_katib_is_named(cluster):
    cluster.play({"method": "GET", "path": "experiments", "times": 1, "do": 404})
    assert "has no Katib" in refusal(cluster)


def test_an_experiment_the_webhook_refuses_says_why(cluster):
    wanted = plan()
    client = Katib(cluster.kubeconfig(), "team")
    broken = experiments(wanted)
    del broken["linear"]["spec"]["objective"]
    with pytest.raises(ProjectError, match=r"\(400\): admission webhook .* spec.objective must"):
        client.search(broken, "rmse", 1, lambda *_: None)


def test_no_cluster_at_all_is_one_sentence(tmp_path):
    with pytest.raises(ProjectError, match=r"finds no cluster .*set KUBECONFIG, run in a pod, or"):
        Katib(str(tmp_path / "missing.yaml"), None)


def test_a_closed_port_is_named(cluster):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ProjectError, match=f"{url} gives no answer"):
        Katib(cluster.kubeconfig(url=url), "team")


@pytest.mark.slow
def test_a_server_that_swallows_requests_is_given_up(cluster, monkeypatch):
    monkeypatch.setattr(katib, "TIMEOUTS", (1, 1))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        began = time.monotonic()
        with pytest.raises(ProjectError, match="gives no answer"):
            Katib(cluster.kubeconfig(url=url), "team")
        assert time.monotonic() - began < 30


def test_a_missing_library_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "kubeflow.katib", None)
    with pytest.raises(ProjectError, match=r"needs kubeflow.katib, .*requirements/pipeline.txt"):
        Katib(None, None)


STOPPED = """
import sys
from pathlib import Path
sys.path[:0] = [{tests!r}, {room!r}]
import test_katib_client as t
from types import SimpleNamespace
t.search(SimpleNamespace(kubeconfig=lambda *_: {kubeconfig!r}))
"""


@pytest.mark.slow
def test_a_process_that_is_told_to_stop_removes_its_experiments(cluster):
    cluster.play(stall=True)
    here = Path(__file__).parent
    code = STOPPED.format(tests=str(here.parent), room=str(here), kubeconfig=cluster.kubeconfig())
    process = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    for _ in range(300):
        if cluster.seen()["kept"]:
            break
        time.sleep(0.1)
    assert cluster.seen()["kept"]
    os.kill(process.pid, signal.SIGTERM)
    _, said = process.communicate(timeout=30)
    assert "told to stop (SIGTERM)" in said
    assert process.returncode == 1
    assert cluster.seen()["kept"] == []


def test_beside_the_main_thread_signals_are_left_alone(cluster):
    before, found = signal.getsignal(signal.SIGTERM), {}
    thread = threading.Thread(target=lambda: found.update(search(cluster)))
    thread.start()
    thread.join(60)
    assert len(found["linear"]["trials"]) == 4
    assert signal.getsignal(signal.SIGTERM) is before
