"""Plots: the same bytes for the same input, valid markup, and no place for hostile names."""

import xml.etree.ElementTree as ET

import fabricated
import numpy as np
import pytest

from mlproject.adapters import matplotlib
from mlproject.config import parse_params
from mlproject.core.report import charts
from mlproject.core.report.class_charts import (
    class_charts,
    ranking,
    roc_points,
)
from mlproject.core.report.model_charts import (
    importance_chart,
    tuning_chart,
)
from mlproject.core.report.regression_charts import regression_charts
from mlproject.core.report.trials import Branch

HOSTILE = 'x</text></svg><script>alert(1)</script> $\\frac{ " --> %'


def drawn(tree, **options):
    """Every chart of the task, by name."""
    contract = parse_params(tree).data
    table = fabricated.predictions(tree, **options)
    kinds = regression_charts if contract.task == "regression" else class_charts
    return {chart.name: chart for chart in kinds(table, contract)}


@pytest.mark.parametrize(
    ("task", "names"),
    [
        ("regression", {"fit", "errors", "errors_over_time", "recent_0", "recent_1"}),
        ("binary", {"roc", "precision_recall", "calibration", "confusion"}),
        ("multiclass", {"confusion", "calibration"}),
    ],
)
def test_each_task_has_its_plots_and_they_draw_the_same_twice(tree, task, names):
    found = drawn(fabricated.contract(tree, task))
    assert set(found) == names
    for chart in found.values():
        text = matplotlib.draw(chart)
        assert text == matplotlib.draw(chart)
        assert ET.fromstring(text).tag == "svg"  # noqa: S314  our own drawing
        assert "://" not in text
        assert chart.title


def test_axes_carry_names_and_units(tree):
    fit = drawn(tree)["fit"]
    assert (fit.x_label, fit.y_label) == ("predicted load (MW)", "actual load (MW)")


def test_hostile_names_stay_text():
    two = np.array([1.0, 2.0])
    chart = charts.Chart(
        "hostile",
        HOSTILE,
        HOSTILE,
        HOSTILE,
        (charts.Bars((HOSTILE, "\u0645\u4e2d"), two, "candidate"),),
    )
    root = ET.fromstring(matplotlib.draw(chart))  # noqa: S314  our own drawing
    assert not [item for item in root.iter() if item.tag.endswith("script")]
    assert HOSTILE in [item.text for item in root.iter("text")]
    assert root.get("aria-label") == HOSTILE


def test_a_hostile_class_is_only_a_label(tree):
    tree = fabricated.contract(tree, "multiclass", classes=["<b>", HOSTILE, "c"])
    for chart in drawn(tree).values():
        ET.fromstring(matplotlib.draw(chart))  # noqa: S314  our own drawing


def test_clouds_beyond_three_thousand_points_become_densities():
    x = np.random.default_rng(0).normal(size=20_000)
    chart = charts.Chart("many", "t", "x", "y", (charts.Points(x, x**2, "candidate"),))
    assert len(matplotlib.draw(chart)) < 300_000


def test_ids_of_two_drawings_never_meet(tree):
    texts = [matplotlib.draw(chart) for chart in drawn(tree).values()]
    ids = [
        {item.get("id") for item in ET.fromstring(text).iter() if item.get("id")}  # noqa: S314
        for text in texts
    ]
    assert sum(map(len, ids)) == len(set().union(*ids))


def test_colours_follow_the_page(tree):
    text = matplotlib.draw(drawn(tree)["recent_0"])
    assert "var(--ink, #1f2328)" in text
    assert "var(--blue, #0072b2)" in text


@pytest.mark.parametrize("days", [2, 3, 9])
def test_few_rows_are_enough_for_what_they_can_show(tree, days):
    for chart in drawn(tree, days=days).values():
        matplotlib.draw(chart)


def test_many_classes_are_grouped(tree):
    tree = fabricated.contract(tree, "multiclass", classes=[f"class {n}" for n in range(30)])
    (mark,) = drawn(tree, days=300)["confusion"].marks
    assert len(mark.labels) == 11
    assert mark.labels[-1] == "other"
    assert mark.counts.sum() == 600


def test_roc_points_agree_with_scikit_learn():
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    truth = rng.integers(0, 2, 500)
    score = np.round(rng.normal(size=500) + truth, 1)  # with ties
    false_rate, true_rate = roc_points(truth, score)
    assert np.trapezoid(true_rate, false_rate) == pytest.approx(roc_auc_score(truth, score))
    hits, misses = ranking(truth, score)
    assert (hits[-1], misses[-1]) == (truth.sum(), (1 - truth).sum())


def test_the_titles_say_the_finding():
    importance = [{"feature": "wind", "loss": 1.25}, {"feature": "rain", "loss": None}]
    chart = importance_chart(importance, "regression", "rmse")
    assert chart.title == "wind matters most: shuffled, RMSE grows by 125\u00a0%"
    branches = [
        Branch("linear", ((0, 2.0), (1, 1.0)), 1.0, 0, True),
        Branch("tree", ((0, 3.0),), 3.0, 1, False),
        Branch("broken", (), None, 2, False),
    ]
    chart = tuning_chart(branches, "regression", "rmse", "MW")
    assert chart.title == "linear wins with 1.000\u00a0MW; tree reaches 3.000\u00a0MW"
    matplotlib.draw(chart)
    values = (420.0, 431.0, 425.0, 746.14)
    branch = Branch("linear", tuple(enumerate(values)), 420.0, 0, True)
    chart = tuning_chart([branch], "regression", "rmse", "MW")
    assert chart.limits[1] < 746
    assert chart.title.endswith("; outside the plot: linear 3 (746.1\u00a0MW)")
    assert importance_chart([], "regression", "rmse") is None
    assert tuning_chart([], "regression", "rmse", "MW") is None
