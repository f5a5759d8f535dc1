"""Experiments on the real Katib: controller, database, metrics collector, suggestion services.

The second half starts `tune` of a generated project and disturbs it.
"""

import copy
import json
import time

import pytest
import yaml

from cluster import running, tuning
from cluster.node import images
from cluster.running import TRIALS

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
    own = ("-l", f"katib.kubeflow.org/experiment={algorithm}")
    items = running.get("trials", "-n", space, *own)["items"]
    trials = {one["metadata"]["name"]: one for one in items}
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


OF_THE_PROJECT = pytest.mark.skipif(
    running.ON == "kind", reason="the project's image is the node's"
)


@pytest.fixture
def watched(tmp_path):
    """A function that runs something and returns the Experiments seen meanwhile, by uid."""

    def during(run) -> tuple[dict, dict[str, dict]]:
        with running.experiments(TRIALS, tmp_path / "experiments.json") as seen:
            record = run()
        return record, seen

    return during


def check_best(record: dict, seen: dict[str, dict], failed: int = 0) -> None:
    """What the task wrote is what Katib found: each family's best trial, the better one chosen."""
    trials = [trial for branch in record["branches"] for trial in branch["trials"]]
    values = [trial["value"] for trial in trials if trial["value"] is not None]
    assert (len(trials), len(values)) == (4, 4 - failed)
    assert record["chosen"]["value"] == min(values)
    best = [item["status"]["currentOptimalTrial"]["parameterAssignments"] for item in seen.values()]
    optimal = [{one["name"]: float(one["value"]) for one in assigned} for assigned in best]
    assert [ended(item) for item in seen.values()] == ["Succeeded"] * 2
    for branch in record["branches"]:
        assert {name: float(x) for name, x in branch["best"]["params"].items()} in optimal
    assert record["chosen"]["params"] in [one["best"]["params"] for one in record["branches"]]
    assert tuning.uids() == set()


@OF_THE_PROJECT
def test_a_run_submitted_again_takes_up_its_experiments_and_no_others(tuned, watched):
    first = tuned.begin("again")
    first.trial()
    first.kill()
    left = tuning.uids()
    assert len(left) == 2
    said = tuned.begin("again", "tune.max_failed_trials=1").end(ok=False)
    [line] = [line for line in said.splitlines() if " stopped: " in line]
    assert "already exists and is not of this run: delete it, or give this run another" in line
    assert tuning.uids() == left  # another's are left alone
    record, seen = watched(lambda: tuned.begin("again").record())
    assert set(seen) == left
    check_best(record, seen)


@OF_THE_PROJECT
def test_a_run_submitted_again_while_its_experiments_go_makes_new_ones(tuned, watched):
    first = tuned.begin("stopped")
    first.trial()
    before = tuning.uids()
    assert "told to stop (SIGTERM): the Experiments are removed" in first.stop()
    record, seen = watched(lambda: tuned.begin("stopped").record())
    assert len(before) == 2
    check_best(record, {uid: item for uid, item in seen.items() if uid not in before})


@OF_THE_PROJECT
def test_a_grid_with_a_log_scale_is_refused_before_anything_is_there(tuned, watched):
    said, seen = watched(lambda: tuned.begin("grid", "tune.sampler=grid").end(ok=False))
    [line] = [line for line in said.splitlines() if " stopped: " in line]
    assert "sampler grid would ignore log: list the values or use sampler tpe or random" in line
    assert seen == {}


@OF_THE_PROJECT
def test_the_best_trial_is_found_although_katibs_controller_is_killed(tuned, watched):
    def disturbed() -> dict:
        attempt = tuned.begin("restarted")
        attempt.trial()
        label = ["-n", "kubeflow", "-l", "katib.kubeflow.org/component=controller"]
        [old] = running.get("pods", *label)["items"]
        running.kubectl(
            "delete", "pod", "-n", "kubeflow", old["metadata"]["name"], "--grace-period=1"
        )
        record = attempt.record()
        names = {item["metadata"]["uid"] for item in running.get("pods", *label)["items"]}
        assert old["metadata"]["uid"] not in names
        return record

    check_best(*watched(disturbed))


@OF_THE_PROJECT
def test_the_best_trial_is_found_although_a_trials_pod_is_killed(tuned, watched):
    def disturbed() -> dict:
        attempt = tuned.begin("killed")
        pod = attempt.trial()
        running.kubectl("delete", "pod", "-n", TRIALS, pod, "--grace-period=0", "--force")
        return attempt.record()

    check_best(*watched(disturbed), failed=1)


@OF_THE_PROJECT
def test_a_trial_whose_pod_is_evicted_is_repeated(tuned, watched):
    def disturbed() -> dict:
        attempt = tuned.begin("evicted")
        pod = attempt.trial()
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": pod}}
        path = f"/api/v1/namespaces/{TRIALS}/pods/{pod}/eviction"
        running.kubectl("create", "--raw", path, "-f", "-", text=json.dumps(eviction))
        return attempt.record()

    check_best(*watched(disturbed))
