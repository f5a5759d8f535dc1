"""The team's own metrics: choosable by name, shown where others are, refused in one sentence."""

import json
import sqlite3

import numpy as np
import pandas as pd
import pytest
import yaml

from level2.base.errors import ProjectError
from level2.model import metrics
from level2.params.config import load_params, parse_params
from level2.project import Context
from level2.training.steps import evaluate, report, train, tune
from level2.workspace import Workspace
from mlproject.metrics import within_tenth

TRUTH, PREDICTION = np.array([100.0, 200.0, 50.0, 10.0]), np.array([109.0, 230.0, 50.0, 9.5])


def refused(action, *given):
    with pytest.raises(ProjectError) as caught:
        action(*given)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_the_share_within_a_tenth():
    assert within_tenth(TRUTH, PREDICTION) == 0.75


@pytest.mark.usefixtures("registered")
def test_an_own_metric_is_left_alone_until_it_is_named(tree):
    assert "within_tenth" in metrics.choosable("regression")
    assert "within_tenth" not in metrics.choosable("binary")
    parse_params(tree)
    assert "within_tenth" not in metrics.compute("regression", TRUTH, PREDICTION)
    tree["evaluate"]["metrics"] = ["within_tenth"]
    assert parse_params(tree).metric == "rmse"
    found = metrics.compute("regression", TRUTH, PREDICTION)
    assert found["within_tenth"] == 0.75
    assert metrics.DIRECTIONS["regression"]["within_tenth"] == "maximize"
    assert not metrics.complete("regression", found | {"within_tenth": float("nan")})
    del tree["evaluate"]["metrics"]
    parse_params(tree)
    assert "within_tenth" not in metrics.DIRECTIONS["regression"]


@pytest.mark.usefixtures("registered")
@pytest.mark.parametrize("key", ["metric", "metrics", "thresholds"])
def test_a_metric_that_nobody_declared_is_refused(tree, key):
    if key == "thresholds":
        tree["promote"] = {"thresholds": {"within_half": {"min": 0.5}}}
    else:
        tree["evaluate"][key] = "within_half" if key == "metric" else ["within_half"]
    place = "promote.thresholds" if key == "thresholds" else f"evaluate.{key}"
    assert refused(parse_params, tree) == (
        f"params.yaml: {place}: `within_half` is not a metric of task regression, "
        "use one of rmse, mae, r2, smape, within_tenth"
    )


@pytest.mark.usefixtures("registered")
def test_a_bound_on_a_metric_that_is_not_computed_is_refused(tree):
    tree["promote"] = {"thresholds": {"within_tenth": {"min": 0.5}}}
    assert refused(parse_params, tree) == (
        "params.yaml: promote.thresholds: `within_tenth` must be named under evaluate.metrics too"
    )
    tree["evaluate"]["metrics"] = ["within_tenth"]
    assert parse_params(tree).computed == ("rmse", "within_tenth")


@pytest.mark.usefixtures("registered")
def test_it_decides_and_is_shown_in_evaluation_report_and_mlflow(prepared, tree, table):
    tree["evaluate"] |= {"metric": "within_tenth", "origins": 1}
    tree["promote"] = {"thresholds": {"within_tenth": {"min": 0.2}}}
    path = prepared.workspace.root / "params.yaml"
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    context = Context(load_params(path), Workspace.at(path.parent))
    workspace = context.workspace
    table.to_parquet(workspace.ingested, index=False)
    source = workspace.source(context.params)
    source.parent.mkdir(parents=True)
    table.to_csv(source, index=False)
    assert "best within_tenth" in tune.run(context)[0]
    tuning = json.loads(workspace.tuning.read_text())
    assert tuning["chosen"]["value"] == max(
        trial["value"] for branch in tuning["branches"] for trial in branch["trials"]
    )
    train.run(context)
    assert evaluate.run(context)[0].startswith("within_tenth ")
    with sqlite3.connect(workspace.root / "mlflow.db") as store:
        logged = dict(store.execute("select key, value from metrics"))
    evaluation = json.loads(workspace.evaluation.read_text())
    assert evaluation["direction"] == "maximize"
    reached = evaluation["candidate"]["metrics"]["within_tenth"]
    rows = pd.read_parquet(workspace.predictions)
    assert reached == within_tenth(rows["truth"], rows["prediction"]) > 0.5
    assert logged["within_tenth"] == reached
    assert evaluation["baselines"]["mean"]["within_tenth"] < reached
    assert all("within_tenth" in item["metrics"] for item in evaluation["slices"])
    report.run(context)
    shown = workspace.report_summary.read_text()
    assert "within tenth" in shown
    assert "≥ 0.2" in shown


NAN = "def m(truth, prediction):\n    return float('nan')\n"
RAISES = "def m(truth, prediction):\n    return 1 / 0\n"
WRITES = "def m(truth, prediction):\n    truth[0] = 7\n    return 1\n"
TEXT = "def m(truth, prediction):\n    return 'good'\n"
ENTRY = "METRICS = {'m': {'function': m, 'better': 'lower', 'tasks': ['regression']}}\n"
FAULTS = {
    NAN: ": metric m returned nan for 4 rows, it must return a finite number for any rows",
    RAISES: " line 2: ZeroDivisionError: division by zero (metric m)",
    WRITES: " line 2: ValueError: assignment destination is read-only (metric m)",
    TEXT: ": metric m returned a str, it must return a number",
}


@pytest.mark.parametrize(("text", "said"), FAULTS.items())
def test_what_is_no_number_is_refused(own, text, said):
    own("metrics", text + ENTRY)
    metrics.use("regression", ["m"])
    truth = TRUTH.copy()
    found = refused(metrics.compute, "regression", truth, PREDICTION)
    assert found == "src/own_team/metrics.py" + said
    assert truth[0] == 100


def test_classes_come_with_the_answered_ones(own):
    own(
        "metrics",
        "def wrong(truth, probabilities, answered):\n"
        "    assert probabilities.shape == (len(truth), 2)\n"
        "    return (truth != answered).mean()\n"
        "METRICS = {'wrong': {'function': wrong, 'better': 'lower', 'tasks': ['binary']}}\n",
    )
    metrics.use("binary", ["wrong"])
    likely = np.array([[0.9, 0.1], [0.4, 0.6], [0.7, 0.3], [0.2, 0.8]])
    found = metrics.compute("binary", np.array([0, 1, 1, 1]), likely)
    assert found["wrong"] == 0.25 == 1 - found["accuracy"]


SHAPES = {
    "{'m': m}": "METRICS['m'] must be a dict of better, function, tasks",
    "{'m': {'function': m, 'better': 'up', 'tasks': ['binary']}}": "METRICS['m'] has better='up', "
    "use 'higher' or 'lower'",
    "{'m': {'function': m, 'better': 'lower', 'tasks': ['ranking']}}": "METRICS['m'] has "
    "tasks=['ranking'], use a list of regression, binary, multiclass",
    "{'m': {'function': 1, 'better': 'lower', 'tasks': ['binary']}}": "METRICS['m']['function'] "
    "is an int, it must be a function",
    "{'rmse': {'function': m, 'better': 'lower', 'tasks': ['binary']}}": "METRICS has `rmse`, "
    "which is built in: choose another name",
}


@pytest.mark.parametrize(("entries", "said"), SHAPES.items())
def test_a_wrong_declaration_is_refused(own, entries, said):
    assert (
        refused(own, "metrics", f"{NAN}METRICS = {entries}\n") == f"src/own_team/metrics.py: {said}"
    )
    assert metrics.choosable("binary") == tuple(metrics.BUILT_IN["binary"])
