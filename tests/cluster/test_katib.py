"""Experiments on the real Katib: controller, database, metrics collector, suggestion services."""

import copy
import time

import pytest
import yaml

from cluster import running
from cluster.node import images

pytestmark = running.MARKS
EXPERIMENT = yaml.safe_load(f"""
apiVersion: kubeflow.org/v1beta1
kind: Experiment
metadata: {{namespace: trials}}
spec:
  objective: {{type: minimize, objectiveMetricName: loss}}
  maxTrialCount: 3
  parallelTrialCount: 3
  maxFailedTrialCount: 1
  resumePolicy: Never
  parameters:
    - {{name: x, parameterType: double, feasibleSpace: {{min: "0.1", max: "0.9"}}}}
  trialTemplate:
    primaryContainerName: main
    trialParameters: [{{name: x, reference: x}}]
    trialSpec:
      apiVersion: batch/v1
      kind: Job
      spec:
        backoffLimit: 0
        template:
          spec:
            restartPolicy: Never
            containers:
              - name: main
                image: {images.SHELL}
                command: [sh, -c]
""")
# Katib wants to see the process live before it ends: the collector looks for it by its pid
PRINTS = "sleep 10; echo loss=${trialParameters.x}"
FAILS = "sleep 10; echo no loss for ${trialParameters.x}; exit 1"


@pytest.fixture(scope="module")
def space():
    """A namespace of these tests' own."""
    with running.namespace("trials") as name:
        yield name


@pytest.fixture
def experiment(space):
    """A function that runs an Experiment to its end and returns it as the API server has it."""

    def to_its_end(name: str, algorithm: str, script: str) -> dict:
        item = copy.deepcopy(EXPERIMENT)
        item["metadata"]["name"] = name
        item["spec"]["algorithm"] = {"algorithmName": algorithm}
        job = item["spec"]["trialTemplate"]["trialSpec"]["spec"]
        job["template"]["spec"]["containers"][0]["args"] = [script]
        running.kubectl("apply", "-f", "-", text=yaml.safe_dump(item))
        end = time.monotonic() + 240
        while time.monotonic() < end:
            item = running.get("experiments.kubeflow.org", "-n", space, name)
            if item.get("status", {}).get("completionTime"):
                return item
            time.sleep(1)
        raise AssertionError(f"not over after 240 s: {item.get('status')}")

    return to_its_end


def ended(item: dict) -> str:
    """How it ended: the condition that holds besides that it was created."""
    conditions = item["status"]["conditions"]
    [end] = {one["type"] for one in conditions if one["status"] == "True"} - {"Created"}
    return end


@pytest.mark.parametrize("algorithm", ["sobol", "multivariate-tpe"])
def test_an_experiment_succeeds_and_names_the_trial_that_was_best(space, experiment, algorithm):
    item = experiment(algorithm, algorithm, PRINTS)
    assert ended(item) == "Succeeded"
    assert item["status"]["trialsSucceeded"] == 3
    trials = {one["metadata"]["name"]: one for one in running.get("trials", "-n", space)["items"]}
    drawn = {
        name: float(one["spec"]["parameterAssignments"][0]["value"]) for name, one in trials.items()
    }
    assert len(set(drawn.values())) == 3
    best = item["status"]["currentOptimalTrial"]
    assert best["bestTrialName"] == min(drawn, key=drawn.__getitem__)
    [assigned] = best["parameterAssignments"]
    assert assigned["name"] == "x"
    assert float(assigned["value"]) == min(drawn.values())
    [metric] = best["observation"]["metrics"]
    assert float(metric["min"]) == pytest.approx(min(drawn.values()))


def test_an_experiment_whose_trials_fail_is_failed(experiment):
    item = experiment("fails", "sobol", FAILS)
    assert ended(item) == "Failed"
    assert item["status"]["trialsFailed"] >= 2
    assert "currentOptimalTrial" not in item["status"] or not item["status"][
        "currentOptimalTrial"
    ].get("bestTrialName")


@pytest.mark.usefixtures("space")
def test_an_experiment_that_katib_cannot_run_is_refused():
    item = copy.deepcopy(EXPERIMENT)
    item["metadata"]["name"] = "unknown"
    item["spec"]["algorithm"] = {"algorithmName": "no-such-algorithm"}
    said = running.kubectl("apply", "-f", "-", text=yaml.safe_dump(item), ok=False)
    assert "no-such-algorithm" in said
