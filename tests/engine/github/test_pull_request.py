"""A pull request's verdict and comment."""

import pytest

from level2.github.pull_request import PullRequest, judge, render
from level2.params.sections import Promote

SETTINGS = Promote(thresholds={"r2": {"min": 0.9}})


def change(base=400.0, mine=380.0, baselines=(900.0, 900.0), **more):
    metrics = {"rmse": mine, "mae": 1.0, "r2": 0.95, "smape": 0.1}
    evaluation = {
        "task": "regression",
        "metric": "rmse",
        "unit": "MW",
        "candidate": {"metrics": metrics},
        "champion": None,
        "baselines": {"mean": {**metrics, "rmse": baselines[1]}},
        "slices": [],
        "parity": {"relative_difference": 0.0, "rows": 10},
    }
    diff = {
        "candidate.rmse": {"old": base, "new": mine},
        "baselines.mean.rmse": {"old": baselines[0], "new": baselines[1]},
    }
    if base is None:
        diff = {name: {**item, "old": None} for name, item in diff.items()}
    return PullRequest(
        **{"evaluation": evaluation, "metrics": diff, "params": {}, "data": False, **more}
    )


@pytest.mark.parametrize(
    ("found", "passes", "says"),
    [
        (change(), True, "RMSE 380.0 against 400.0 on the base branch, −5.0"),
        (change(mine=400.0), True, "+0.0"),
        (change(mine=400.0 * (1 + 1e-12)), True, "+0.0"),
        (change(mine=400.1), False, "RMSE 400.1 against 400.0 on the base branch"),
        (change(mine=float("nan")), False, "rmse is missing or not a number"),
        (change(base=None), True, "committed no metrics"),
        (change(mine=500.0, baselines=(900.0, 950.0)), True, "test rows differ"),
        (change(base=None, mine=899.0), False, "rmse -0.1% against mean"),
    ],
)
def test_a_worse_model_is_held_and_why_is_said(found, passes, says):
    decision = judge(found, SETTINGS)
    assert decision.promote is passes
    text = render(found, decision, "the candidate's own report")
    assert text.startswith("### 🟢" if passes else "### 🔴")
    assert says in text.replace("\u200b", "")
    assert text.endswith("the candidate's own report\n")


def test_a_baseline_that_the_base_branch_has_not_says_nothing_of_the_rows():
    found = change(mine=500.0)
    found.metrics["baselines.last_value.rmse"] = {"old": None, "new": 700.0}
    assert found.comparable
    assert not judge(found, SETTINGS).promote, "a new baseline hid a worse model"


def test_scores_that_grow_are_compared_the_other_way():
    found = change()
    found.evaluation.update(task="binary", metric="roc_auc")
    for mine, passes in ((0.91, True), (0.89, False)):
        metrics = dict.fromkeys(
            ["log_loss", "roc_auc", "average_precision", "f1", "accuracy", "brier"], 0.5
        )
        found.evaluation["candidate"]["metrics"] = {**metrics, "roc_auc": mine}
        found.evaluation["baselines"] = {"mean": {"roc_auc": 0.5}}
        diff = {"candidate.roc_auc": {"old": 0.9, "new": mine}}
        rules = judge(PullRequest(found.evaluation, diff, {}, False), Promote()).rules
        assert rules[-1].passed is passes


def test_the_comment_shows_both_values_of_every_metric_and_parameter():
    params = {"tune.trials": {"old": 20, "new": 5}, "x|y": {"old": None, "new": "@me <img>"}}
    found = change(params=params)
    text = render(found, judge(found, SETTINGS), "")
    assert "| RMSE ↓ | 400.0\u00a0MW | 380.0\u00a0MW | −5.0\u00a0% |" in text
    assert "<summary>2 parameters changed</summary>" in text
    assert "| `tune.trials` | `20` | `5` |" in text
    assert "`x¦y`" in text
