"""The report step: what it reads, what it writes, and that equal inputs give equal bytes."""

import csv
import dataclasses
import json
import math

import pytest

import fabricated
from level2.base.errors import ProjectError
from level2.params.config import parse_params
from level2.training.steps import report

FILES = ("report.md", "report.html", "plots/predictions.csv", "plots/tuning.csv")


@pytest.fixture
def evaluated(context, tree):
    """Return a function that leaves in the project what `evaluate` leaves, and the context."""

    def leave(task="regression", champion=None, **files):
        changed = fabricated.contract(tree, task)
        table = fabricated.predictions(changed)
        found = fabricated.evaluation(changed, table)
        if champion:
            found["champion"] = fabricated.champion(found, champion)
        workspace = context.workspace
        raw = workspace.root / changed["data"]["source"]
        for folder in (raw.parent, workspace.evaluation.parent):
            folder.mkdir(parents=True, exist_ok=True)
        raw.write_text("date,load\n")
        table.to_parquet(workspace.predictions)
        files["evaluation"] = found
        for name, content in files.items():
            made = content(found, changed) if callable(content) else content
            getattr(workspace, name).write_text(json.dumps(made))
        return dataclasses.replace(context, params=parse_params(changed))

    return leave


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
@pytest.mark.parametrize("champion", [None, 0.8])
def test_it_works_with_the_evaluation_alone(evaluated, task, champion):
    context = evaluated(task, champion)
    assert report.run(context) == "reports/report.html"
    text = (context.workspace.reports / "report.md").read_text()
    assert text.splitlines()[0].startswith(("### 🟢 Gate: would", "### 🔴 Gate: would"))
    page = (context.workspace.reports / "report.html").read_text()
    assert page.count("<svg") >= 2
    few = "Calibration is not assessed: it needs at least 150 test rows"
    assert (few in page) == (task != "regression")
    assert "Off by" not in page


def test_equal_inputs_give_equal_bytes(evaluated):
    context = evaluated(tuning=lambda found, _: fabricated.tuning(found))
    seen = []
    for _ in range(2):
        report.run(context)
        seen.append([(context.workspace.reports / name).read_bytes() for name in FILES])
    assert seen[0] == seen[1]


def test_it_tells_what_the_other_steps_left(evaluated):
    context = evaluated(
        tuning=lambda found, _: fabricated.tuning(found),
        decision=lambda found, tree: fabricated.decision(found, tree, previous=None),
        validation={"checks": [], "warnings": ["temperature 3.1 % missing"]},
        tracked={"run_id": "4f" * 16, "digest": "c" * 64},
    )
    report.run(context)
    for name in ("report.md", "report.html"):
        text = (context.workspace.reports / name).read_text()
        assert "v8 becomes the first champion" in text
        assert "temperature 3.1 % missing" in text
        assert "4f" * 16 in text
        assert "25.00\u00a0MW" in text


def test_the_run_of_another_candidate_is_not_named(evaluated):
    context = evaluated(tracked={"run_id": "4f" * 16, "digest": "e" * 64})
    report.run(context)
    assert "4f" * 16 not in (context.workspace.reports / "report.md").read_text()


@pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])
def test_dvc_plots_have_the_same_numeric_columns_for_every_task(evaluated, task):
    context = evaluated(task, tuning=lambda found, _: fabricated.tuning(found))
    report.run(context)
    tables = {
        path.name: list(csv.reader(path.read_text().splitlines()))
        for path in (context.workspace.reports / "plots").iterdir()
    }
    assert {name: table[0] for name, table in tables.items()} == {
        "predictions.csv": ["truth", "prediction"],
        "tuning.csv": ["number", "family", "value"],
        "importance.csv": ["feature", "loss"],
    }
    for row in tables["predictions.csv"][1:]:
        assert all(math.isfinite(float(value)) for value in row)
    assert len(tables["tuning.csv"]) == 1 + 8  # the failed trial has no value


def test_before_evaluate_it_says_which_step_is_missing(context):
    with pytest.raises(ProjectError, match="evaluate"):
        report.run(context)
