"""A Katib Experiment as a dict, from the search space; and the results of its trials, typed."""

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from ...model.metrics import better
from ...model.search_plan import Plan, random_starts
from ...model.search_space import Range, read_values, text_of
from .trial_job import CONTAINER, TrialPod, trial_job

# Katib's own `tpe` and `random` (hyperopt) draw multiples of a step, whatever min is, and may leave
# the range: `multivariate-tpe` (Optuna) counts steps from min, and `random` gets the values listed.
ALGORITHMS = {"tpe": "multivariate-tpe", "random": "random", "grid": "grid", "sobol": "sobol"}
METRIC_FORMAT = r"([\w|-]+)\s*=\s*([+-]?\d*(\.\d+)?([Ee][+-]?\d+)?)"  # Katib's default, spelled out
OWNER = "tuning-run"  # label: the run whose Experiment it is
DIGEST = "tuning-digest"  # annotation: of the spec as it was asked for
_CONDITION = 'status.conditions.#(type=="{}")#|#(status=="True")#'


def name_of(project: str, family: str, run: str) -> str:
    """The Experiment's name, at most 40 letters, because Katib appends its own words."""
    known = hashlib.sha256(f"{project}\n{family}\n{run}".encode()).hexdigest()[:10]
    words = re.sub(r"[^a-z0-9]+", "-", f"{project[:16]}-{family[:10]}".lower()).strip("-")
    return f"{words if words[0].isalpha() else f't-{words}'}-{known}"


def experiment(plan: Plan, family: str, project: str, run: str, pod: TrialPod) -> dict[str, Any]:
    """The manifest of one family's Experiment."""
    spec = _spec(plan, family, pod)
    digest = hashlib.sha256(json.dumps(spec, sort_keys=True).encode()).hexdigest()
    return {
        "apiVersion": "kubeflow.org/v1beta1",
        "kind": "Experiment",
        "metadata": {
            "name": name_of(project, family, run),
            "labels": {
                "app.kubernetes.io/part-of": project,
                OWNER: hashlib.sha256(run.encode()).hexdigest()[:20],
            },
            "annotations": {DIGEST: digest},
        },
        "spec": spec,
    }


def _spec(plan: Plan, family: str, pod: TrialPod) -> dict[str, Any]:
    space, trials = plan.spaces[family], plan.shares[family]
    settings = {} if plan.sampler == "sobol" else {"random_state": str(plan.seed)}
    if plan.sampler == "tpe":
        settings["n_startup_trials"] = str(random_starts(trials))
    return {
        "objective": {
            "type": plan.direction,
            "objectiveMetricName": plan.metric,
            "metricStrategies": [{"name": plan.metric, "value": "latest"}],
        },
        "algorithm": {
            "algorithmName": ALGORITHMS[plan.sampler],
            "algorithmSettings": [
                {"name": name, "value": value} for name, value in settings.items()
            ],
        },
        "maxTrialCount": trials,
        "parallelTrialCount": min(pod.parallel, trials),
        "maxFailedTrialCount": min(plan.max_failed, trials),
        "resumePolicy": "Never",
        "parameters": [_parameter(name, item, plan.sampler) for name, item in space.items()],
        "metricsCollectorSpec": {
            "collector": {"kind": "StdOut"},
            "source": {"filter": {"metricsFormat": [METRIC_FORMAT]}},
        },
        "trialTemplate": {
            "primaryContainerName": CONTAINER,
            "successCondition": _CONDITION.format("Complete"),
            "failureCondition": _CONDITION.format("Failed"),
            "trialParameters": [{"name": name, "reference": name} for name in space],
            "trialSpec": trial_job(family, space, pod),
        },
    }


def _parameter(name: str, item: Range, sampler: str) -> dict[str, Any]:
    values = item.values()
    if item.list is not None or (sampler == "random" and item.step is not None):
        kind = "categorical" if item.list is not None else "discrete"
        texts = [text_of(value) for value in values or ()]
        return {"name": name, "parameterType": kind, "feasibleSpace": {"list": texts}}
    space = {"min": _number(item, item.min), "max": _number(item, item.max)}
    if item.step is not None:
        space["step"] = _number(item, item.step)
    if item.log:
        space["distribution"] = "logUniform"
    return {"name": name, "parameterType": item.type, "feasibleSpace": space}


def _number(item: Range, value: float | None) -> str:
    """A bound in Katib's form: text, whole for an int."""
    return text_of(int(value or 0) if item.type == "int" else value or 0.0)


def outcome(plan: Plan, family: str, found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Katib's trials as {number, params, value}. Raises ValueError for inconsistent results.

    `found` holds `trials` and `optimal`, each trial as {params: texts, value: number or None}.
    """
    space = plan.spaces[family]
    trials = [
        {"number": number, "params": read_values(space, item["params"]), "value": item["value"]}
        for number, item in enumerate(found["trials"])
    ]
    values = [item["value"] for item in trials if item["value"] is not None]
    if not values:
        return trials
    if found["optimal"] is None:
        raise ValueError("it names no best trial")
    best = {**found["optimal"], "params": read_values(space, found["optimal"]["params"])}
    if not any(_same(best, item) for item in trials):
        raise ValueError(f"its best trial {best['params']} is not one of its trials")
    for value in values:
        if better(plan.task, plan.metric, value, best["value"]):
            raise ValueError(
                f"its best trial has {plan.metric} {best['value']:g} while another has {value:g}: "
                f"{plan.metric} is to be {plan.direction}d"
            )
    return trials


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    return (
        one["params"] == other["params"]
        and other["value"] is not None
        and math.isclose(one["value"], other["value"], rel_tol=1e-9)
    )
