"""Tuning: the best trial in the metric's direction, and clear words for a wrong search space."""

import json
import math
import subprocess
import sys
from dataclasses import replace

import pandas as pd
import pytest

import level2
from level2.base.errors import ProjectError
from level2.model import metrics
from level2.params.config import parse_params
from level2.training import candidates
from level2.training.steps import tune

NAN = math.nan
PACKAGE = level2.__name__


def trials(*values):
    return [{"number": number, "params": {}, "value": value} for number, value in enumerate(values)]


@pytest.mark.parametrize(
    ("task", "metric", "values", "best"),
    [
        ("regression", "rmse", (3.0, 1.0, 2.0), 1),
        ("regression", "r2", (0.3, 0.1, 0.2), 0),
        ("regression", "r2", (-0.3, -0.1, -0.2), 1),
        ("binary", "roc_auc", (0.7, 0.6, 0.9), 2),
        ("binary", "log_loss", (0.7, 0.6, 0.9), 1),
        ("multiclass", "accuracy", (0.7, 0.6, 0.9), 2),
        ("regression", "rmse", (NAN, 3.0, NAN, 2.0), 3),
        ("regression", "r2", (NAN, 0.3, NAN, 0.2), 1),
        ("regression", "rmse", (None, 3.0, -math.inf), 1),
        ("regression", "r2", (None, 0.3, math.inf), 1),
        ("regression", "rmse", (1.0, 1.0), 0),
        ("regression", "r2", (0.5, 0.5), 0),
        ("regression", "rmse", (0.0, 1.0), 0),
    ],
)
def test_the_best_trial_is_picked_in_the_direction_of_the_metric(task, metric, values, best):
    assert candidates.pick(task, metric, trials(*values))["number"] == best


@pytest.mark.parametrize("values", [(), (NAN,), (None, NAN, math.inf)])
def test_no_trial_is_picked_where_none_is_finite(values):
    assert candidates.pick("regression", "rmse", trials(*values)) is None


def branches(metric, **values):
    return [
        {
            "family": family,
            "trials": trials(*items),
            "best": candidates.pick("regression", metric, trials(*items)),
        }
        for family, items in values.items()
    ]


@pytest.mark.parametrize(
    ("metric", "values", "family", "value"),
    [
        ("rmse", {"linear": (5.0, 3.0), "trees": (4.0, 2.0)}, "trees", 2),
        ("rmse", {"linear": (5.0, 1.0), "trees": (4.0, 2.0)}, "linear", 1),
        ("r2", {"linear": (0.5, 0.3), "trees": (0.4, 0.2)}, "linear", 0.5),
        ("rmse", {"linear": (NAN, NAN), "trees": (4.0,)}, "trees", 4),
        ("r2", {"linear": (0.1,), "trees": (None, NAN)}, "linear", 0.1),
        ("rmse", {"linear": (2.0,), "trees": (2.0,)}, "linear", 2),
    ],
)
def test_the_best_branch_is_chosen(metric, values, family, value):
    chosen = candidates.choose("regression", metric, branches(metric, **values))
    assert chosen == {"family": family, "params": {}, "value": value}


def test_nothing_is_chosen_where_no_trial_is_finite():
    with pytest.raises(ProjectError, match="no trial gave a finite rmse: look at the search space"):
        candidates.choose("regression", "rmse", branches("rmse", linear=(NAN,), trees=(None,)))


# the step on a small training set


def with_families(context, **families):
    tree = context.params.model_dump(mode="json", by_alias=True)
    tree["tune"] |= {"families": families}
    return replace(context, params=parse_params(tree))


def written(context):
    return json.loads(context.workspace.tuning.read_text())


def test_the_step_writes_every_trial_and_the_chosen_one(prepared):
    line, record = tune.run(prepared)
    result = written(prepared)
    assert record == result
    assert [branch["family"] for branch in result["branches"]] == [
        "linear",
        "hist_gradient_boosting",
    ]
    values = [trial["value"] for branch in result["branches"] for trial in branch["trials"]]
    assert len(values) == prepared.params.tune.trials
    assert result["metric"] == "rmse"
    assert result["chosen"]["value"] == min(values)
    assert line.startswith(
        f"2 trials · best rmse {min(values):,.4g} by {result['chosen']['family']}"
    )


def test_the_same_seed_finds_the_same(prepared):
    results = []
    for _ in range(2):
        tune.run(prepared)
        results.append(prepared.workspace.tuning.read_bytes())
    assert results[0] == results[1]


def test_the_rows_that_judge_are_not_looked_at(prepared):
    score = candidates.scorer(prepared)("linear", {"alpha": 1.0})
    dataset = pd.read_parquet(prepared.workspace.dataset)
    dataset.loc[dataset["split"] == "test", "load"] = 1e9
    dataset.to_parquet(prepared.workspace.dataset, index=False)
    assert candidates.scorer(prepared)("linear", {"alpha": 1.0}) == score
    dataset.loc[dataset["split"] == "validation", "load"] += 1_000
    dataset.to_parquet(prepared.workspace.dataset, index=False)
    assert candidates.scorer(prepared)("linear", {"alpha": 1.0}) > score + 100


def test_a_maximized_metric_is_maximized(prepared):
    tree = prepared.params.model_dump(mode="json", by_alias=True)
    tree["evaluate"]["metric"], tree["tune"]["trials"] = "r2", 6
    context = replace(prepared, params=parse_params(tree))
    tune.run(context)
    result = written(context)
    values = [trial["value"] for branch in result["branches"] for trial in branch["trials"]]
    assert result["chosen"]["value"] == max(values)
    assert result["chosen"]["value"] > 0.9


def test_progress_counts_every_trial(prepared):
    seen = []

    class Progress:
        def update(self, done, total, note=""):
            seen.append((done, total, note))

    tune.run(replace(prepared, progress=Progress()))
    assert [item[:2] for item in seen] == [(1, 2), (2, 2)]
    assert seen[-1][2] == f"best rmse {written(prepared)['chosen']['value']:,.4g}"


def test_a_trial_that_is_no_number_is_passed_over(prepared, monkeypatch):
    values = iter([NAN, 7.0])
    monkeypatch.setattr(candidates, "scorer", lambda _: lambda *_: next(values))
    tune.run(prepared)
    result = written(prepared)
    assert result["chosen"] == {
        "family": "hist_gradient_boosting",
        "params": result["branches"][1]["trials"][0]["params"],
        "value": 7.0,
    }
    assert result["branches"][0]["best"] is None


@pytest.mark.parametrize("value", [NAN, math.inf])
def test_more_failed_trials_than_allowed_stop_the_step(prepared, monkeypatch, value):
    monkeypatch.setattr(candidates, "scorer", lambda _: lambda *_: value)
    tree = prepared.params.model_dump(mode="json", by_alias=True)
    tree["tune"] |= {"trials": 20, "max_failed_trials": 2}
    with pytest.raises(ProjectError) as caught:
        tune.run(replace(prepared, params=parse_params(tree)))
    assert str(caught.value) == (
        "3 trials of linear gave no finite rmse, tune.max_failed_trials allows 2: "
        "look at its search space in params.yaml"
    )
    assert not prepared.workspace.tuning.exists()


@pytest.mark.slow
def test_the_local_tuner_imports_nothing_of_a_cluster(prepared):
    """Only TUNER=katib pays for Kubernetes' libraries."""
    code = (
        "import sys\nfrom pathlib import Path\n"
        "from level2.params import config; from level2 import project, workspace\n"
        "from level2.training.steps import tune\n"
        "root = Path(sys.argv[1])\n"
        "params = config.load_params(root / 'params.yaml')\n"
        "tune.run(project.Context(params, workspace.Workspace.at(root)))\n"
        "print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(prepared.workspace.root)],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = {name.split(".")[0] for name in done.stdout.split()}
    assert "optuna" in loaded
    assert loaded & {"kubeflow", "kubernetes", "boto3", "grpc"} == set()


def test_gradient_descent_with_steps_too_long_is_a_failed_trial(prepared):
    long = {"eta0": {"type": "double", "min": 1e299, "max": 1e300}}
    context = with_families(prepared, sgd=long)
    with pytest.raises(ProjectError, match="no trial gave a finite rmse: look at the search space"):
        tune.run(context)


def test_a_family_nobody_registered_is_refused_before_any_trial(prepared, monkeypatch):
    monkeypatch.setattr(candidates, "scorer", lambda _: pytest.fail("a trial was prepared"))
    context = with_families(prepared, linear={}, forest={})
    with pytest.raises(ProjectError) as caught:
        tune.run(context)
    assert str(caught.value) == (
        "params.yaml: tune.families.forest is not known, use hist_gradient_boosting, linear, "
        "extra_trees, polynomial, sgd or add it to ESTIMATORS in estimators.py"
    )


@pytest.mark.parametrize(
    ("families", "expected"),
    [
        (
            {"linear": {"alpah": {"type": "double", "min": 1, "max": 2}}},
            r"tune\.families\.linear does not take {'alpah': 1\..*unexpected keyword",
        ),
        (
            {"hist_gradient_boosting": {"learning_rate": {"type": "double", "min": -2, "max": -1}}},
            r"tune\.families\.hist_gradient_boosting does not take {'learning_rate': -1\.",
        ),
    ],
)
def test_a_parameter_that_the_estimator_does_not_take_is_one_sentence(prepared, families, expected):
    with pytest.raises(ProjectError, match=expected):
        tune.run(with_families(prepared, **families))
    assert not prepared.workspace.tuning.exists()


def test_a_missing_training_set_names_the_step_that_makes_it(context):
    with pytest.raises(
        ProjectError, match=r"data/dataset\.parquet is missing: `build_dataset` mak"
    ):
        tune.run(context)


def test_every_direction_is_one_that_the_tuner_knows():
    for names in metrics.DIRECTIONS.values():
        assert set(names.values()) <= {"minimize", "maximize"}
