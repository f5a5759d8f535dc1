"""The pipeline's branches: one family each, compared by the declared metric in its direction."""

import json
from dataclasses import replace

import pytest

from level2.base.errors import ProjectError
from level2.params.config import parse_params
from level2.training.steps import select, tune, tune_family

FAMILIES = ("linear", "hist_gradient_boosting")


def by(context, metric):
    tree = context.params.model_dump(mode="json", by_alias=True)
    tree["evaluate"]["metric"] = metric
    return replace(context, params=parse_params(tree))


def hand_on(context, *records):
    """Put the branches where `select` reads them."""
    folder = context.workspace.branches
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        old.unlink()
    for number, record in enumerate(records):
        (folder / f"{number:04d}.json").write_text(json.dumps(record))


def record(family, *values, metric="rmse", direction="minimize", best=None):
    """A branch whose best trial is the one numbered `best`, else that of its own direction."""
    trials = [{"number": n, "params": {}, "value": value} for n, value in enumerate(values)]
    pick = min if direction == "minimize" else max
    found = values.index(pick(values)) if best is None else best
    branch = {"family": family, "trials": trials, "best": trials[found]}
    return {"metric": metric, "direction": direction, "tuner": "optuna", "branch": branch}


def chosen(context):
    return json.loads(context.workspace.tuning.read_text())["chosen"]


@pytest.mark.parametrize("order", [FAMILIES, FAMILIES[::-1]])
def test_the_branches_together_are_what_tune_writes(prepared, order):
    """The loop searches all families in one process, the pipeline each in a task of its own."""
    tune.run(prepared)
    expected = json.loads(prepared.workspace.tuning.read_text())
    prepared.workspace.tuning.unlink()
    records = []
    for family in order:  # KFP promises no order
        assert tune_family.run(prepared, family).startswith(f"{family} · 1 trials · best rmse ")
        records.append(json.loads(prepared.workspace.branches.read_text()))
    prepared.workspace.branches.unlink()
    hand_on(prepared, *records)
    select.run(prepared)
    assert json.loads(prepared.workspace.tuning.read_text()) == expected


@pytest.mark.parametrize(
    ("metric", "direction", "better", "worse"),
    [("rmse", "minimize", 1.0, 2.0), ("r2", "maximize", 0.9, 0.8)],
)
def test_the_better_branch_by_the_declared_direction_goes_on(
    prepared, metric, direction, better, worse
):
    context, known = by(prepared, metric), {"metric": metric, "direction": direction}
    for winner, loser in (FAMILIES, FAMILIES[::-1]):
        hand_on(context, record(loser, worse, **known), record(winner, worse, better, **known))
        line = select.run(context)
        assert (chosen(context)["family"], chosen(context)["value"]) == (winner, better)
        assert f"by {winner}" in line


def test_an_inverted_metric_is_refused(prepared):
    """The worse trial as the best one, the direction turned over, another metric: no champion."""
    good = record("hist_gradient_boosting", 1.5)
    for bad, reason in (
        (record("linear", 1.0, 2.0, best=1), "names trial 1 as its best, but it is 0: rmse is to"),
        (record("linear", 1.0, direction="maximize"), "was searched to maximize rmse, the run is"),
        (record("linear", 1.0, metric="mae"), "was searched to minimize mae, the run is to minimi"),
    ):
        hand_on(prepared, good, bad)
        with pytest.raises(ProjectError, match=reason):
            select.run(prepared)
        assert not prepared.workspace.tuning.exists()


def test_every_declared_family_has_one_branch(prepared):
    one, other = record("linear", 1.0), record("hist_gradient_boosting", 2.0)
    for records in ((one,), (one, one), (one, other, other), (one, record("forest", 3.0))):
        hand_on(prepared, *records)
        with pytest.raises(
            ProjectError, match=r"tune\.families declares linear, hist_gradient_boo"
        ):
            select.run(prepared)
    with pytest.raises(ProjectError, match=r"forest is not in params\.yaml: tune\.families, which"):
        tune_family.run(prepared, "forest")


def test_a_branch_without_a_finite_trial_loses(prepared):
    none = record("linear", 1.0)
    none["branch"] |= {"trials": [{"number": 0, "params": {}, "value": None}], "best": None}
    hand_on(prepared, none, record("hist_gradient_boosting", 9.0))
    select.run(prepared)
    assert chosen(prepared)["family"] == "hist_gradient_boosting"
    hand_on(prepared, none, none | {"branch": none["branch"] | {"family": FAMILIES[1]}})
    with pytest.raises(ProjectError, match="no trial gave a finite rmse"):
        select.run(prepared)
