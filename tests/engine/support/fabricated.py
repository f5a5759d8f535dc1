"""What `evaluate` leaves behind, made up: an evaluation and predictions for each task."""

import copy
import json

import numpy as np
import pandas as pd

from level2.model import gate, metrics
from level2.model.slices import evaluate_slices
from level2.params.config import parse_params

LABELS = {"binary": ("no", "yes"), "multiclass": ("red", "green", "blue")}


def contract(tree, task, classes=None):
    """The small project's params, for another task."""
    tree = copy.deepcopy(tree)
    if task != "regression":
        tree["data"] |= {"task": task, "unit": "", "classes": list(classes or LABELS[task])}
        tree["featurize"]["lags"] = []
        tree["evaluate"]["seasonal_naive_lag"] = None
    return tree


def predictions(tree, days=60, noise=1.0):
    """Test rows with truth and predictions, of two areas."""
    data, rng = tree["data"], np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=days, freq="D", tz="UTC").as_unit("us")
    table = pd.DataFrame(
        {"area": np.repeat(data["entities"], days), "event_timestamp": [*times, *times]}
    )
    if data["task"] == "regression":
        truth = 1000 + 100 * np.sin(np.arange(2 * days) / 4) + rng.normal(0, 20, 2 * days)
        guess = truth + rng.normal(0, 20 * noise, 2 * days)
        naive = pd.Series(truth).shift(7).to_numpy()
        return table.assign(truth=truth, prediction=guess, mean=truth.mean(), seasonal_naive=naive)
    classes = data["classes"]
    truth = rng.integers(0, len(classes), 2 * days)
    score = np.eye(len(classes))[truth] * 2 / noise + rng.normal(0, 1, (2 * days, len(classes)))
    chance = np.exp(score) / np.exp(score).sum(axis=1, keepdims=True)
    return table.assign(
        truth=truth, **{f"p_{name}": chance[:, code] for code, name in enumerate(classes)}
    )


def evaluation(tree, table, champion=None, slices=("area",)):
    """Judge the predictions as training/steps/evaluate.py does."""
    task, truth = tree["data"]["task"], table["truth"].to_numpy()
    if task == "regression":
        guess = table["prediction"].to_numpy()
        baselines = {name: table[name].to_numpy() for name in ("mean", "seasonal_naive")}
    else:
        guess = table[[f"p_{name}" for name in tree["data"]["classes"]]].to_numpy()
        shares = np.bincount(truth, minlength=guess.shape[1]) / len(truth)
        baselines = {"prior": np.tile(shares, (len(truth), 1))}
    known = {
        name: np.isfinite(values).reshape(len(truth), -1).all(1)
        for name, values in baselines.items()
    }
    metric = tree["evaluate"].get("metric") or metrics.primary_metric(task)
    found = {
        "task": task,
        "metric": metric,
        "direction": metrics.DIRECTIONS[task][metric],
        "unit": tree["data"]["unit"],
        "rows": {"train": 200, "validation": 60, "test": len(truth)},
        "candidate": {
            "family": "linear",
            "params": {"alpha": 0.123456, "mode": "a|b"},
            "digest": "c" * 64,
            "metrics": metrics.compute(task, truth, guess),
        },
        "baselines": {
            name: metrics.compute(task, truth[known[name]], values[known[name]])
            for name, values in baselines.items()
        },
        "slices": evaluate_slices(table, slices, task, truth, guess, 5),
        "parity": {
            "rows": 120,
            "odd_rows": 9,
            "max_difference": 0.002,
            "relative_difference": 1.5e-06,
        },
        "importance": [
            {"feature": "temperature", "loss": 1.25},
            {"feature": "holiday", "loss": 0.1},
        ],
        "champion": champion,
    }
    return json.loads(json.dumps(found))


def champion(found, factor, version="7", **other):
    """A champion whose metric that decides is `factor` times the candidate's."""
    values = {name: value * factor for name, value in found["candidate"]["metrics"].items()}
    slices = [
        {**item, "metrics": {name: value * factor for name, value in item["metrics"].items()}}
        for item in found["slices"]
    ]
    base = {"version": version, "digest": "d" * 64, "comparable": True, "reason": ""}
    return {**base, "metrics": values, "slices": slices, **other}


def decision(found, tree, **other):
    """What `promote` writes."""
    judged = gate.decide(found, parse_params(tree).promote).to_json()
    return {"digest": found["candidate"]["digest"], **judged, "version": "8", **other}


def tuning(found):
    """Two families, one of them with a failed trial."""
    first = [{"number": n, "params": {}, "value": 30.0 - n} for n in range(6)]
    second = [{"number": n, "params": {}, "value": None if n == 1 else 40.0} for n in range(3)]
    branches = [
        {"family": "linear", "trials": first, "best": first[-1]},
        {"family": "hist_gradient_boosting", "trials": second, "best": second[0]},
    ]
    chosen = {"family": "linear", "params": {}, "value": 25.0}
    return {"metric": found["metric"], "branches": branches, "chosen": chosen}
