"""The Experiment: valid for Katib and Kubernetes, least privilege, and answers that are checked.

Katib's rules are told again in servers/katib_rules.py: its webhook does not run here.
"""

import copy
import json

import pytest
from kubeflow_katib_api import models

from katib_rules import violations
from level2.kubeflow.katib import experiment as made
from level2.model import metrics
from level2.model.search_plan import Plan
from level2.model.search_space import Range
from schemas import kubernetes_validate

SPACES = {
    "tpe": {
        "rate": Range(type="double", min=0.03, max=0.3, log=True),
        "share": Range(type="double", min=0.1, max=0.5, step=0.1),
        "depth": Range(type="int", min=10, max=50, step=20),
        "kind": Range(type="categorical", list=("l1", "l2", 0.5, True)),
    },
    "grid": {
        "share": Range(type="double", min=0.1, max=0.5, step=0.2),
        "depth": Range(type="int", min=1, max=2),
    },
    "sobol": {"share": Range(type="double", min=0, max=1)},
}
SPACES["random"] = SPACES["tpe"]
POD = made.TrialPod(
    image="registry/team/project@sha256:abc",
    command=["python", "-m", "project", "train", "--dataset", "s3://bucket/d/dataset.parquet"],
    environment={"AWS_ENDPOINT_URL": "http://minio:9000"},
    secret="trial-secret",  # noqa: S106  the name of one
    service_account="tuner",
    cpu="500m",
    memory="2Gi",
    parallel=3,
    minutes=30,
)


def plan(sampler="tpe", **changes):
    known = {
        "task": "regression",
        "metric": "rmse",
        "direction": "minimize",
        "sampler": sampler,
        "seed": 7,
        "max_failed": 3,
        "shares": {"linear": 6},
        "spaces": {"linear": SPACES[sampler]},
    }
    return Plan(**known | changes)


def manifest(sampler="tpe", pod=POD, **changes):
    return made.experiment(plan(sampler, **changes), "linear", "load-forecast", "run-1", pod)


@pytest.mark.parametrize("sampler", SPACES)
def test_katibs_rules_and_models_accept_the_experiment(sampler):
    found = manifest(sampler)
    assert list(violations(found)) == []
    model = models.V1beta1Experiment.from_dict(copy.deepcopy(found))
    assert model.to_dict()["spec"]["parameters"] == found["spec"]["parameters"]


@pytest.mark.parametrize("version", ["1.31", "1.34"])
def test_kubernetes_accepts_the_trials_job(version):
    job = manifest()["spec"]["trialTemplate"]["trialSpec"]
    kubernetes_validate.validate({**job, "metadata": {"name": "x"}}, version, strict=True)
    bare = manifest(pod=made.TrialPod(**{**POD.__dict__, "secret": None, "service_account": None}))
    job = bare["spec"]["trialTemplate"]["trialSpec"]
    kubernetes_validate.validate({**job, "metadata": {"name": "x"}}, version, strict=True)


BREAKS = {
    "objective": lambda spec: spec.pop("objective"),
    "type must be": lambda spec: spec["objective"].update(type="smaller"),
    "algorithmName": lambda spec: spec["algorithm"].update(algorithmName="guess"),
    "unknown setting": lambda spec: spec["algorithm"]["algorithmSettings"].append(
        {"name": "seed", "value": "1"}
    ),
    "parallelTrialCount": lambda spec: spec.update(parallelTrialCount=99),
    "maxFailedTrialCount": lambda spec: spec.update(maxFailedTrialCount=99),
    "maxTrialCount": lambda spec: spec.update(maxTrialCount=0),
    "must be text": lambda spec: spec["parameters"][0]["feasibleSpace"].update(min=0.1),
    "is not used": lambda spec: spec["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"][
        "containers"
    ][0].update(command=["python"]),
    "reference": lambda spec: spec["trialTemplate"]["trialParameters"][0].update(reference="x"),
    "must be omitted": lambda spec: spec["trialTemplate"]["trialSpec"].update(
        metadata={"name": "x"}
    ),
    "primaryContainerName": lambda spec: spec["trialTemplate"].pop("primaryContainerName"),
    "two groups": lambda spec: spec["metricsCollectorSpec"]["source"]["filter"].update(
        metricsFormat=["(a)"]
    ),
}


@pytest.mark.parametrize("expected", BREAKS)
def test_the_rules_see_a_planted_fault(expected):
    found = manifest()
    BREAKS[expected](found["spec"])
    assert any(expected in text for text in violations(found))


def test_a_planted_fault_in_the_job_is_seen():
    job = manifest()["spec"]["trialTemplate"]["trialSpec"]
    job["spec"]["template"]["spec"]["containers"][0]["comand"] = ["python"]
    with pytest.raises(kubernetes_validate.ValidationError):
        kubernetes_validate.validate({**job, "metadata": {"name": "x"}}, "1.31", strict=True)


def test_the_trial_pod_may_do_as_little_as_possible():
    job = manifest()["spec"]["trialTemplate"]["trialSpec"]
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert job["spec"]["backoffLimit"] == 0
    assert job["spec"]["activeDeadlineSeconds"] == 1800
    assert job["spec"]["template"]["metadata"]["labels"] == {"sidecar.istio.io/inject": "false"}
    assert pod["automountServiceAccountToken"] is False
    assert pod["serviceAccountName"] == "tuner"
    assert pod["restartPolicy"] == "Never"
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"] == {"cpu": "500m", "memory": "2Gi"}
    assert container["envFrom"] == [{"secretRef": {"name": "trial-secret"}}]
    assert container["env"] == [{"name": "AWS_ENDPOINT_URL", "value": "http://minio:9000"}]


def test_a_trial_is_repeated_only_if_its_node_gave_its_pod_up():
    job = manifest()["spec"]["trialTemplate"]["trialSpec"]["spec"]
    [rule] = job["podFailurePolicy"]["rules"]
    assert rule["action"] == "Ignore"
    assert rule["onPodConditions"] == [{"type": "DisruptionTarget", "status": "True"}]
    assert job["template"]["spec"]["terminationGracePeriodSeconds"] < 30


def test_the_command_is_explicit_and_hands_over_every_parameter():
    spec = manifest()["spec"]
    (container,) = spec["trialTemplate"]["trialSpec"]["spec"]["template"]["spec"]["containers"]
    assert container["command"][: len(POD.command)] == POD.command
    rest = container["command"][len(POD.command) :]
    assert rest[:2] == ["--trial", "linear"]
    assert rest[2:] == [
        word
        for name in SPACES["tpe"]
        for word in ("--set-param", f"{name}=${{trialParameters.{name}}}")
    ]


@pytest.mark.parametrize(
    ("sampler", "algorithm", "settings"),
    [
        ("tpe", "multivariate-tpe", {"random_state": "7", "n_startup_trials": "3"}),
        ("random", "random", {"random_state": "7"}),
        ("grid", "grid", {"random_state": "7"}),
        ("sobol", "sobol", {}),
    ],
)
def test_each_sampler_is_an_algorithm_of_katib(sampler, algorithm, settings):
    found = manifest(sampler)["spec"]["algorithm"]
    assert found["algorithmName"] == algorithm
    assert {item["name"]: item["value"] for item in found["algorithmSettings"]} == settings


def test_ranges_become_feasible_spaces_in_texts():
    found = {item["name"]: item for item in manifest()["spec"]["parameters"]}
    assert found["rate"]["feasibleSpace"] == {
        "min": "0.03",
        "max": "0.3",
        "distribution": "logUniform",
    }
    assert found["share"]["feasibleSpace"] == {"min": "0.1", "max": "0.5", "step": "0.1"}
    assert found["depth"]["feasibleSpace"] == {"min": "10", "max": "50", "step": "20"}
    assert found["kind"]["parameterType"] == "categorical"
    assert found["kind"]["feasibleSpace"] == {"list": ["l1", "l2", "0.5", "True"]}


def test_random_gets_the_values_of_a_step_listed():
    """Katib's `random` would draw multiples of the step, whatever min is."""
    found = {item["name"]: item for item in manifest("random")["spec"]["parameters"]}
    assert found["depth"]["parameterType"] == "discrete"
    assert found["depth"]["feasibleSpace"] == {"list": ["10", "30", "50"]}
    assert found["share"]["feasibleSpace"] == {"list": ["0.1", "0.2", "0.3", "0.4", "0.5"]}


@pytest.mark.parametrize("task", metrics.DIRECTIONS)
def test_the_objective_has_the_metrics_own_direction(task):
    for metric, direction in metrics.DIRECTIONS[task].items():
        found = manifest(task=task, metric=metric, direction=direction)["spec"]["objective"]
        assert found["type"] == direction
        assert found["objectiveMetricName"] == metric
        assert found["metricStrategies"] == [{"name": metric, "value": "latest"}]


def test_counts_never_contradict_one_another():
    found = manifest(shares={"linear": 2}, max_failed=9)["spec"]
    counts = ("maxTrialCount", "parallelTrialCount", "maxFailedTrialCount")
    assert [found[key] for key in counts] == [2, 2, 2]


@pytest.mark.parametrize(
    "project", ["load-forecast", "a", "9lives", "a-very-long-name-" * 4, "x-" * 20 + "x"]
)
def test_names_are_short_valid_and_of_one_run_and_family(project):
    names = {
        made.name_of(project, family, run)
        for family in ("hist_gradient_boosting", "hist_gradient_forest")
        for run in ("1", "2")
    }
    assert len(names) == 4
    for name in names:
        found = manifest()
        found["metadata"]["name"] = name
        assert list(violations(found)) == []
    assert made.name_of(project, "linear", "1") == made.name_of(project, "linear", "1")


def test_owner_and_digest_tell_runs_and_specs_apart():
    one, again = manifest()["metadata"], manifest()["metadata"]
    assert one == again
    other = made.experiment(plan(), "linear", "load-forecast", "run-2", POD)["metadata"]
    assert other["labels"][made.OWNER] != one["labels"][made.OWNER]
    assert manifest(seed=8)["metadata"]["annotations"] != one["annotations"]


# what came of the trials


def trial(value, **params):
    return {"params": {name: str(item) for name, item in params.items()}, "value": value}


SMALL = {"x": Range(type="double", min=0, max=10), "n": Range(type="int", min=1, max=9)}


def outcome(trials, optimal, direction="minimize"):
    metric = "rmse" if direction == "minimize" else "r2"
    wanted = plan(metric=metric, direction=direction, spaces={"linear": SMALL})
    return made.outcome(wanted, "linear", {"trials": trials, "optimal": optimal})


def test_trials_come_back_numbered_and_typed():
    trials = [trial(2.0, x=1.5, n=3), trial(None, x=2, n=4), trial(1.0, x="3e0", n=5)]
    found = outcome(trials, trials[2])
    assert found == [
        {"number": 0, "params": {"x": 1.5, "n": 3}, "value": 2.0},
        {"number": 1, "params": {"x": 2.0, "n": 4}, "value": None},
        {"number": 2, "params": {"x": 3.0, "n": 5}, "value": 1.0},
    ]
    assert type(found[0]["params"]["n"]) is int


def test_no_trial_with_a_value_needs_no_best_one():
    assert outcome([trial(None, x=1, n=1)], None)[0]["value"] is None


@pytest.mark.parametrize(("direction", "wrong"), [("minimize", 1), ("maximize", 0)])
def test_a_best_trial_by_the_inverted_direction_is_refused(direction, wrong):
    trials = [trial(0.2, x=1, n=1), trial(0.9, x=2, n=2)]
    assert outcome(trials, trials[1 - wrong], direction)
    with pytest.raises(ValueError, match=f"is to be {direction}d"):
        outcome(trials, trials[wrong], direction)


@pytest.mark.parametrize(
    ("optimal", "expected"),
    [
        (trial(1.0, x=11, n=1), "x: 11 is not between 0 and 10"),
        (trial(1.0, x=1), "n is missing"),
        (trial(1.0, x=1, n=1, z=1), "z is not in the search space"),
        (trial(1.0, x=5, n=1), "is not one of its trials"),
        (trial(0.5, x=1, n=1), "is not one of its trials"),
        (None, "it names no best trial"),
    ],
)
def test_a_best_trial_that_cannot_be_right_is_refused(optimal, expected):
    with pytest.raises(ValueError, match=r"^(x|n|z|it)") as caught:
        outcome([trial(1.0, x=1, n=1)], optimal)
    assert expected in str(caught.value)


def test_the_experiment_is_plain_json():
    assert json.loads(json.dumps(manifest())) == manifest()
