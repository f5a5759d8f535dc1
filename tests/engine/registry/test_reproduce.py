"""A version trained again: what counts as the same, and which versions can be named."""

import math
from types import SimpleNamespace

import pytest

from level2.base.errors import ProjectError
from level2.registry import champion, reproduce
from level2.registry.mlflow_sqlite import Version

METRICS = {"rmse": 400.0, "r2": 0.93}


def test_the_same_metrics_are_no_difference():
    rows, worst = reproduce.compare(METRICS, METRICS)
    assert rows == [["rmse", "400", "400", "0.0e+00"], ["r2", "0.93", "0.93", "0.0e+00"]]
    assert worst == 0 <= reproduce.TOLERANCE


@pytest.mark.parametrize(
    ("again", "worst"),
    [
        ({"rmse": 404.0, "r2": 0.93}, 0.01),
        ({"rmse": 400.0001, "r2": 0.93}, 2.5e-7),
        ({"rmse": math.nan, "r2": 0.93}, math.inf),
        ({"rmse": 400.0, "mae": 300.0}, math.inf),
    ],
)
def test_the_worst_metric_counts(again, worst):
    assert reproduce.compare(METRICS, again)[1] == pytest.approx(worst)


@pytest.mark.parametrize("tags", [{}, {"git.commit": "a" * 40, "git.dirty": "true"}])
def test_what_was_not_committed_cannot_be_trained_again(tmp_path, tags):
    version = Version("load", "2", "r", tags)
    with pytest.raises(ProjectError, match="load v2 was trained from uncommitted changes of code"):
        reproduce.trained_again(tmp_path, version)


def test_a_version_nobody_has_is_named(monkeypatch):
    one = Version("load", "1", "r", {})
    store = SimpleNamespace(
        champion=lambda _: None,
        version=lambda _, number: one if number == "1" else None,
        metrics=lambda run: METRICS if run == "r" else {},
    )
    monkeypatch.setattr(champion, "reader", lambda _: store)
    params = SimpleNamespace(data=SimpleNamespace(name="load"))
    context = SimpleNamespace(params=params, settings=SimpleNamespace(model_environment=""))
    assert champion.version_named(context, "1") == (one, METRICS)
    with pytest.raises(ProjectError, match="load has no version 7: `make ui` lists its versions"):
        champion.version_named(context, "7")
    with pytest.raises(ProjectError, match="load has no champion yet: `make run` promotes one"):
        champion.version_named(context, "champion")
