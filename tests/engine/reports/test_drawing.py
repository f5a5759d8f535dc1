"""Plots: the same bytes for the same input, valid markup, and no place for hostile names."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest

import fabricated
from level2.params.config import parse_params
from level2.reports import drawing
from level2.reports.training import calibration, charts
from level2.reports.training.class_charts import class_charts, ranking, roc_points
from level2.reports.training.model_charts import importance_chart, tuning_chart
from level2.reports.training.regression_charts import regression_charts
from level2.reports.training.trials import Branch

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
    found = drawn(fabricated.contract(tree, task), days=150)
    assert set(found) == names
    for chart in found.values():
        text = drawing.draw(chart)
        assert text == drawing.draw(chart)
        assert ET.fromstring(text).tag == "svg"  # noqa: S314  our own drawing
        assert "://" not in text
        assert chart.title
        assert "\n" not in chart.title
        assert len(chart.title) <= charts.MOST_TITLE


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
    root = ET.fromstring(drawing.draw(chart))  # noqa: S314  our own drawing
    assert not [item for item in root.iter() if item.tag.endswith("script")]
    assert HOSTILE in [item.text for item in root.iter("text")]
    assert root.get("aria-label").startswith("x</text></svg><script>")


def test_a_hostile_class_is_only_a_label(tree):
    tree = fabricated.contract(tree, "multiclass", classes=["<b>", HOSTILE, "c"])
    for chart in drawn(tree).values():
        ET.fromstring(drawing.draw(chart))  # noqa: S314  our own drawing


def test_clouds_beyond_three_thousand_points_become_densities():
    x = np.random.default_rng(0).normal(size=20_000)
    chart = charts.Chart("many", "t", "x", "y", (charts.Points(x, x**2, "candidate"),))
    assert len(drawing.draw(chart)) < 300_000


def test_ids_of_two_drawings_never_meet(tree):
    texts = [drawing.draw(chart) for chart in drawn(tree).values()]
    ids = [
        {item.get("id") for item in ET.fromstring(text).iter() if item.get("id")}  # noqa: S314
        for text in texts
    ]
    assert sum(map(len, ids)) == len(set().union(*ids))


def test_colours_follow_the_page(tree):
    text = drawing.draw(drawn(tree)["recent_0"])
    assert "var(--ink, #1f2328)" in text
    assert "var(--blue, #0072b2)" in text


@pytest.mark.parametrize("days", [2, 3, 9])
def test_few_rows_are_enough_for_what_they_can_show(tree, days):
    for chart in drawn(tree, days=days).values():
        drawing.draw(chart)


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
    assert chart.title == "wind matters most"
    assert chart.note == "With wind shuffled, RMSE grows by 125\u00a0%."
    branches = [
        Branch("linear", ((0, 2.0), (1, 1.0)), 1.0, 0, True),
        Branch("tree", ((0, 3.0),), 3.0, 1, False),
        Branch("broken", (), None, 2, False),
    ]
    chart = tuning_chart(branches, "regression", "rmse", "MW")
    assert chart.title == "linear wins"
    assert chart.note == "linear reaches 1.000\u00a0MW; tree reaches 3.000\u00a0MW."
    drawing.draw(chart)
    values = (420.0, 431.0, 425.0, 746.14)
    branch = Branch("linear", tuple(enumerate(values)), 420.0, 0, True)
    chart = tuning_chart([branch], "regression", "rmse", "MW")
    assert chart.limits[1] < 746
    assert chart.note.endswith("; outside the plot: linear 3 (746.1\u00a0MW).")
    assert importance_chart([], "regression", "rmse") is None
    assert tuning_chart([], "regression", "rmse", "MW") is None


def test_a_title_is_one_short_line_whatever_names_are_in_it():
    long = "a name that goes on\nand on, line after line"
    importance = [{"feature": long, "loss": 1.25}]
    branch = Branch(long, ((0, 2.0), (1, 1.0)), 1.0, 0, True)
    for chart in (
        importance_chart(importance, "regression", "rmse"),
        tuning_chart([branch], "regression", "rmse", "passengers"),
        charts.Chart("x", long, "", "", ()),
    ):
        assert "\n" not in chart.title
        assert len(chart.title) <= charts.MOST_TITLE


@pytest.mark.parametrize(("days", "judged"), [(40, False), (200, True)])
def test_few_rows_are_not_enough_for_a_finding(tree, days, judged):
    found = drawn(tree, days=days)
    assert found["fit"].title.startswith("Peaks") == judged
    assert found["errors_over_time"].title.startswith("Errors are") == judged
    assert ("too few" in found["fit"].note) == (not judged)


TRUTH = np.arange(1_000) % 2
BOTH = ("no", "yes")


def chances(positive):
    return np.column_stack([1 - positive, positive])


@pytest.mark.parametrize(
    ("truth", "said"),
    [
        (TRUTH[:149], "at least 150 test rows, 30 of each class; there are 149."),
        (np.arange(1_000) < 12, "there are 1,000, 12 of them yes."),
        (np.arange(1_000) >= 29, "there are 1,000, 29 of them no."),
        (np.zeros(400), "there are 400, 0 of them yes."),
    ],
)
def test_calibration_is_not_judged_from_a_handful_of_rows(truth, said):
    truth = truth.astype(int)
    positive = np.linspace(0.1, 0.9, len(truth))
    assert calibration.calibration_chart(truth, chances(positive), BOTH) is None
    assert calibration.too_few(truth, BOTH).endswith(said)


@pytest.mark.parametrize(("rows", "count"), [(150, 3), (349, 6), (1_000, 10)])
def test_a_group_of_the_calibration_has_rows_enough(rows, count):
    truth, positive = TRUTH[:rows], np.linspace(0.1, 0.9, rows)
    assert calibration.too_few(truth, BOTH) == ""
    _, _, sizes = calibration.calibration_points(truth, chances(positive))
    assert len(sizes) == count
    assert sizes.sum() == rows
    assert sizes.min() >= calibration.LEAST_GROUP_ROWS
    chart = calibration.calibration_chart(truth, chances(positive), BOTH)
    assert f"in {count} groups; chance alone would make" in chart.note


def test_equal_predictions_are_one_group_so_that_their_order_makes_no_gap():
    truth = np.sort(TRUTH)  # all negatives first
    mean, seen, sizes = calibration.calibration_points(truth, chances(np.full(1_000, 0.5)))
    assert (mean.tolist(), seen.tolist(), sizes.tolist()) == ([0.5], [0.5], [1_000])


def test_the_gap_that_chance_makes_is_about_what_a_calibrated_model_shows():
    rng = np.random.default_rng(0)
    gaps, expected = [], []
    for _ in range(40):
        positive = rng.uniform(0.05, 0.95, 500)
        truth = (rng.random(500) < positive).astype(int)
        chart = calibration.calibration_chart(truth, chances(positive), BOTH)
        gaps.append(float(chart.title.split()[2]))
        expected.append(float(chart.note.split("make ")[1].split()[0]))
    assert np.mean(gaps) == pytest.approx(np.mean(expected), rel=0.15)
