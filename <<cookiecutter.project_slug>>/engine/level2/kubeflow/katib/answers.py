"""A cluster's responses about Experiments and trials, as plain values and sentences."""

import json
from collections.abc import Iterator
from typing import Any

SUCCEEDED, FAILED = "Succeeded", "Failed"
_NO_VALUE = "MetricsUnavailable"
PASSING = (None, 429, 500, 502, 503, 504)  # no answer, or one that may be another in a moment


def status_of(error: BaseException) -> int | None:
    """The HTTP status behind an error; KatibClient keeps it in the context of its own error."""
    for inner in _chain(error):
        status = getattr(inner, "status", None)
        if isinstance(status, int) and status:
            return status
    return None


def fault(doing: str, server: str, namespace: str, error: BaseException) -> str:
    """A sentence for a request that failed."""
    where, status = f"the cluster at {server}", status_of(error)
    if status == 401:
        return f"{where} does not know these credentials (401): renew the kubeconfig"
    if status == 403:
        return f"{where} does not let you {doing} in namespace {namespace} (403): {_said(error)}"
    if status == 404:
        return (
            f"{where} has no Katib or no longer this Experiment (404 to {doing} in namespace "
            f"{namespace}): install Katib or correct KATIB_NAMESPACE"
        )
    if status is not None:
        return f"{where} could not {doing} ({status}): {_said(error)}"
    return f"{where} gives no answer (to {doing}): check the network and KUBECONFIG"


def failure(family: str, name: str, said: Any, trials: list[Any]) -> str:
    """A sentence for an Experiment that failed, with the first trial that did."""
    reason = _words(said)
    faults = [
        (trial.metadata.name, _words(found))
        for trial in trials
        if (found := condition(trial.status, FAILED) or condition(trial.status, _NO_VALUE))
    ]
    if not faults:
        return f"Katib Experiment {name} ({family}) failed: {reason}"
    trial, why = faults[0]
    return (
        f"Katib Experiment {name} ({family}) failed, {len(faults)} of {len(trials)} trials did: "
        f"{reason}; trial {trial}: {why} (the log of its pod says more; "
        "tune.max_failed_trials is how many may)"
    )


def condition(status: Any, kind: str) -> Any:
    """The condition of that type if it is true, else None."""
    for item in getattr(status, "conditions", None) or ():
        if item.type == kind and item.status == "True":
            return item
    return None


def progress(states: list[Any]) -> tuple[int, str]:
    """How many trials have ended, and a line about all of them."""

    def total(name: str) -> int:
        return sum(getattr(status, name, None) or 0 for status in states)

    good = total("trials_succeeded")
    bad = total("trials_failed") + total("trial_metrics_unavailable") + total("trials_killed")
    return good + bad, f"{good} trials done, {total('trials_running')} running, {bad} failed"


def results(status: Any, trials: list[Any], metric: str) -> dict[str, Any]:
    """Trials in the order of creation, and the best one according to Katib, as texts."""
    trials = sorted(trials, key=lambda item: (str(item.metadata.creation_timestamp), _name(item)))
    best = getattr(status, "current_optimal_trial", None)
    value = _value(best.observation, metric) if best else None
    known = _trial(best.parameter_assignments, value) if best and value is not None else None
    return {
        "trials": [
            _trial(item.spec.parameter_assignments, _score(item, metric)) for item in trials
        ],
        "optimal": known,
    }


def _trial(assignments: Any, value: float | None) -> dict[str, Any]:
    return {"params": {item.name: str(item.value) for item in assignments or ()}, "value": value}


def _score(trial: Any, metric: str) -> float | None:
    """The metric of a successful trial."""
    if condition(trial.status, SUCCEEDED):
        return _value(getattr(trial.status, "observation", None), metric)
    return None


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _said(error: BaseException) -> str:
    """The API server's message, on one line."""
    bodies = [body for inner in _chain(error) if (body := getattr(inner, "body", None))]
    for body in bodies:
        try:
            return str(json.loads(body)["message"])[:300]
        except (ValueError, KeyError, TypeError):
            return " ".join(str(body).split())[:120]
    return "it does not say why"


def _words(found: Any) -> str:
    return str(found.message or found.reason).strip().rstrip(".")


def _name(trial: Any) -> str:
    return str(trial.metadata.name)


def _value(observation: Any, metric: str) -> float | None:
    """The metric's last value; Katib writes a word if there is none."""
    for item in getattr(observation, "metrics", None) or ():
        if item.name == metric:
            try:
                return float(item.latest)
            except (TypeError, ValueError):
                return None
    return None
