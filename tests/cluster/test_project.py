"""`make pipeline TUNER=katib` of a project: its image, account and role on the real Katib.

KFP's local runner runs the tasks on this machine; Katib's trials are Jobs of the project's image.
Only for the node of its own: on kind the whole pipeline runs on KFP (test_cluster.py).
"""

import subprocess

import pytest

from cluster import running
from cluster.node import place
from cluster.running import TASKS, TRIALS
from projects import champion, registry

pytestmark = [
    *running.MARKS,
    pytest.mark.skipif(running.ON == "kind", reason="on kind the pipeline runs on KFP"),
]


def may(verb: str, what: str, space: str) -> bool:
    """Whether the account of the tasks has a right."""
    account = f"system:serviceaccount:{TASKS}:pipeline"
    words = ["auth", "can-i", verb, what, "--as", account, "-n", space]
    done = subprocess.run(
        running.command("kubectl", *words),
        env=place.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip() == "yes"


def test_the_champion_has_the_parameters_of_katibs_best_trial(project, pipeline, tmp_path):
    assert may("create", "experiments.kubeflow.org", TRIALS)
    assert not may("create", "experiments.kubeflow.org", TASKS)
    assert not may("get", "secrets", TRIALS)
    with running.experiments(TRIALS, tmp_path / "experiments.json") as seen:
        said = pipeline()
    print(said)
    best, succeeded = [], 0
    for item in seen.values():
        conditions = {one["type"]: one["status"] for one in item["status"]["conditions"]}
        assert conditions["Succeeded"] == "True"
        succeeded += item["status"]["trialsSucceeded"]
        optimal = item["status"]["currentOptimalTrial"]["parameterAssignments"]
        best.append({one["name"]: float(one["value"]) for one in optimal})
    assert (len(best), succeeded) == (2, 4)
    assert champion(project) == [("load-forecast", 1)]
    [(run,)] = registry(project, "select run_id from model_versions")
    question = f"select key, value from params where run_uuid='{run}'"
    trained = dict(registry(project, question))
    prefix = "candidate."
    chosen = {
        key.removeprefix(prefix): float(value)
        for key, value in trained.items()
        if key.startswith(prefix)
    }
    assert chosen in best
    assert running.get("experiments.kubeflow.org", "-n", TRIALS)["items"] == []


def test_trials_that_fail_are_named_and_nothing_is_left(pipeline):
    """Trials with too little memory are killed by the kernel."""
    said = pipeline("SET=tune.cluster.memory=32Mi tune.max_failed_trials=0", ok=False)
    print(said)
    assert " stopped: " in said
    assert running.get("experiments.kubeflow.org", "-n", TRIALS)["items"] == []
    # a container that does not heed SIGTERM lives half a minute longer
    running.kubectl("wait", "--for=delete", "pods", "--all", "-n", TRIALS, "--timeout=90s")
    assert running.get("pods", "-n", TRIALS)["items"] == []
