"""The quality gate, each rule green and red: every doubt is a refusal."""

import copy
import math

import pytest

from level2.model import gate
from level2.params.sections import Promote

NOT_NUMBERS = [math.nan, math.inf, -math.inf, None, "12.5", True]
RULES = ["metrics complete", "threshold r2", "beats baseline", "beats champion", "worst slice"]


def evaluation(**changes):
    """A candidate that passes every rule, against a champion it beats."""
    tree = {
        "task": "regression",
        "metric": "rmse",
        "candidate": {"metrics": {"rmse": 80.0, "mae": 60.0, "r2": 0.95, "smape": 0.02}},
        "baselines": {"mean": {"rmse": 400.0}, "seasonal_naive": {"rmse": 120.0}},
        "champion": {"version": "3", "comparable": True, "reason": "", "metrics": {"rmse": 90.0}},
        "slices": [
            {"column": "area", "value": "North", "rows": 50, "metrics": {"rmse": 70.0}},
            {"column": "area", "value": "South", "rows": 50, "metrics": {"rmse": 100.0}},
        ],
        "parity": {"rows": 100, "max_difference": 1e-4, "relative_difference": 1e-6},
    }
    return copy.deepcopy({**tree, **changes})


def settings(**changes):
    return Promote.model_validate({"thresholds": {"r2": {"min": 0.9}}, **changes})


def failed(judged, **changes):
    """Names of the rules that refuse; the verdict must agree with them."""
    decision = gate.decide(judged, settings(**changes))
    names = [rule.name for rule in decision.rules if not rule.passed]
    assert decision.promote == (not names)
    assert decision.reasons == [rule.detail for rule in decision.rules if not rule.passed]
    return names


def classified(champion=0.80, candidate=0.85, slices=(0.84, 0.80)):
    """A candidate of a task whose deciding metric is maximized."""
    return evaluation(
        task="binary",
        metric="roc_auc",
        candidate={
            "metrics": {
                "log_loss": 0.4,
                "roc_auc": candidate,
                "average_precision": 0.7,
                "f1": 0.7,
                "accuracy": 0.8,
                "brier": 0.1,
            }
        },
        baselines={"prior": {"roc_auc": 0.5}},
        champion={
            "version": "3",
            "comparable": True,
            "reason": "",
            "metrics": {"roc_auc": champion},
        },
        slices=[
            {"column": "area", "value": str(rank), "metrics": {"roc_auc": value}}
            for rank, value in enumerate(slices)
        ],
    )


def test_a_candidate_that_passes_every_rule_is_promoted():
    decision = gate.decide(evaluation(), settings())
    assert decision.promote
    assert [rule.name for rule in decision.rules] == [*RULES, "ONNX parity"]
    assert decision.to_json()["verdict"] == "promote"
    assert decision.to_json()["reasons"] == []


def test_the_reasons_carry_the_numbers_that_were_compared():
    judged = evaluation()
    judged["candidate"]["metrics"]["rmse"] = 95.0
    record = gate.decide(judged, settings()).to_json()
    assert record["verdict"] == "hold"
    assert record["reasons"] == [
        "rmse 95.00 against champion v3's 90.00, +5.6%, wanted ≤ +0.0%",
    ]


def test_the_reasons_have_the_digits_of_the_report():
    judged = evaluation()
    judged["candidate"]["metrics"] |= {"r2": -0.000462, "smape": 0.018019}
    bounds = settings(thresholds={"r2": {"min": 0.9}, "smape": {"max": 0.01}})
    assert gate.decide(judged, bounds).reasons == [
        "r2 −0.0005, wanted ≥ 0.9",
        "smape 1.80\u00a0%, wanted ≤ 0.01",
    ]


# worse models


@pytest.mark.parametrize("rmse", [90.01, 100.0, 1e9])
def test_a_worse_model_is_refused(rmse):
    judged = evaluation(baselines={"mean": {"rmse": 1e12}}, slices=[])
    judged["candidate"]["metrics"]["rmse"] = rmse
    assert failed(judged) == ["beats champion"]


@pytest.mark.parametrize("auc", [0.79, 0.5])
def test_a_worse_model_of_a_maximized_metric_is_refused(auc):
    judged = classified(candidate=auc)
    judged["slices"], judged["baselines"] = [], {"prior": {"roc_auc": 0.3}}
    assert failed(judged, thresholds={}) == ["beats champion"]


def test_a_better_model_of_a_maximized_metric_is_promoted():
    assert failed(classified(), thresholds={}) == []


def test_an_inverted_metric_is_refused():
    """The direction is the task's own: an evaluation that claims another changes nothing."""
    worse = evaluation(slices=[], direction="maximize")
    worse["candidate"]["metrics"]["rmse"] = 110.0
    assert failed(worse) == ["beats champion"]
    lower = classified(candidate=0.70)
    lower |= {"slices": [], "direction": "minimize"}
    assert failed(lower, thresholds={}) == ["beats champion"]


def test_an_equal_model_passes_without_margin_and_fails_with_one():
    judged = evaluation()
    judged["champion"]["metrics"]["rmse"] = 80.0
    assert failed(judged) == []
    assert failed(judged, margin=0.01) == ["beats champion"]


@pytest.mark.parametrize(("margin", "verdict"), [(0.10, []), (0.12, ["beats champion"])])
def test_the_margin_over_the_champion_is_relative(margin, verdict):
    assert failed(evaluation(), margin=margin) == verdict


def test_the_same_model_is_equal_to_itself_whatever_the_margin():
    judged = evaluation()
    judged["candidate"]["digest"] = judged["champion"]["digest"] = "c" * 64
    judged["champion"]["metrics"]["rmse"] = 79.9
    assert failed(judged, margin=0.1) == []
    judged["champion"]["digest"] = "d" * 64
    assert failed(judged) == ["beats champion"]


# numbers that are none


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
@pytest.mark.parametrize("name", ["rmse", "mae", "r2", "smape"])
def test_a_candidates_metric_that_is_no_number_is_refused(name, value):
    judged = evaluation(champion=None)
    judged["candidate"]["metrics"][name] = value
    found = failed(judged)
    assert "metrics complete" in found
    assert ("threshold r2" in found) == (name == "r2")
    assert ("beats baseline" in found) == (name == "rmse")


@pytest.mark.parametrize("name", ["rmse", "mae", "r2", "smape"])
def test_a_candidates_missing_metric_is_refused(name):
    judged = evaluation()
    del judged["candidate"]["metrics"][name]
    assert "metrics complete" in failed(judged)


def test_no_metrics_at_all_are_refused():
    judged = evaluation(candidate={"metrics": {}})
    assert {"metrics complete", "threshold r2", "beats baseline"} < set(failed(judged))


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_a_baseline_that_is_no_number_is_refused(value):
    assert failed(evaluation(baselines={"mean": {"rmse": value}})) == ["beats baseline"]
    judged = evaluation()
    judged["baselines"]["seasonal_naive"] = {"rmse": value}
    assert failed(judged) == ["beats baseline"]


@pytest.mark.parametrize("baselines", [{}, {"mean": {}}])
def test_a_missing_baseline_is_refused(baselines):
    assert failed(evaluation(baselines=baselines)) == ["beats baseline"]


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_a_champion_that_is_no_number_is_refused(value):
    judged = evaluation()
    judged["champion"]["metrics"] = {"rmse": value}
    assert failed(judged) == ["beats champion"]


def test_a_champion_without_the_metric_is_refused():
    judged = evaluation()
    judged["champion"]["metrics"] = {}
    assert failed(judged) == ["beats champion"]


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
@pytest.mark.parametrize("position", [0, 1])
def test_a_slice_that_is_no_number_is_refused(value, position):
    judged = evaluation()
    judged["slices"][position]["metrics"]["rmse"] = value
    assert failed(judged) == ["worst slice"]


@pytest.mark.parametrize("value", NOT_NUMBERS, ids=repr)
def test_a_parity_that_is_no_number_is_refused(value):
    judged = evaluation(parity={"rows": 100, "relative_difference": value})
    assert failed(judged) == ["ONNX parity"]


def test_a_missing_parity_is_refused():
    assert failed(evaluation(parity={"rows": 100})) == ["ONNX parity"]


# the other rules


@pytest.mark.parametrize(
    ("bound", "verdict"),
    [
        ({"min": 0.95}, []),
        ({"min": 0.951}, ["threshold r2"]),
        ({"max": 0.95}, []),
        ({"max": 0.94}, ["threshold r2"]),
        ({"min": 0.9, "max": 0.99}, []),
        ({"min": 0.9, "max": 0.94}, ["threshold r2"]),
    ],
)
def test_a_threshold_holds_on_both_sides(bound, verdict):
    assert failed(evaluation(), thresholds={"r2": bound}) == verdict


def test_every_threshold_is_judged():
    bounds = {"mae": {"max": 10}, "smape": {"max": 0.01}, "r2": {"min": 0.9}}
    assert failed(evaluation(), thresholds=bounds) == ["threshold mae", "threshold smape"]


def test_the_hardest_baseline_counts():
    judged = evaluation()
    assert failed(judged, baseline_margin=0.33) == []
    assert failed(judged, baseline_margin=0.34) == ["beats baseline"]
    judged["baselines"]["seasonal_naive"]["rmse"] = 79.0
    assert failed(judged, baseline_margin=0) == ["beats baseline"]


def test_a_baseline_of_fewer_rows_meets_the_candidate_on_these_rows():
    judged = evaluation()
    judged["baselines"]["last_value"] = {"rmse": 60.0}
    assert failed(judged) == ["beats baseline"]
    judged["partial"] = {"last_value": {"rows": 40, "candidate": {"rmse": 50.0}}}
    assert failed(judged) == []
    judged["partial"]["last_value"]["candidate"]["rmse"] = 58.0
    assert failed(judged) == ["beats baseline"]
    assert gate.decide(judged, settings()).reasons == [
        "rmse -3.3% against last_value, wanted ≤ -5.0% (on the 40 rows that last_value knows)"
    ]


def test_an_empty_registry_takes_the_first_model_that_passes_the_rest():
    judged = evaluation(champion=None)
    assert failed(judged) == []
    judged["candidate"]["metrics"]["r2"] = 0.1
    assert failed(judged) == ["threshold r2"]


def test_an_incomparable_champion_stays_unless_its_replacement_is_allowed():
    champion = {"version": "3", "comparable": False, "reason": "it needs wind", "metrics": {}}
    judged = evaluation(champion=champion)
    assert failed(judged) == ["beats champion"]
    assert (
        "champion v3 cannot be compared: it needs wind (promote.replace_inco"
        in (gate.decide(judged, settings()).reasons[0])
    )
    assert failed(judged, replace_incomparable_champion=True) == []


def test_replacing_incomparable_champions_does_not_help_against_a_comparable_one():
    judged = evaluation()
    judged["champion"]["metrics"]["rmse"] = 50.0
    assert failed(judged, replace_incomparable_champion=True) == ["beats champion"]


@pytest.mark.parametrize(("ratio", "verdict"), [(1.25, []), (1.24, ["worst slice"])])
def test_the_worst_slice_is_held_against_the_whole(ratio, verdict):
    assert failed(evaluation(), worst_slice_ratio=ratio) == verdict


@pytest.mark.parametrize(
    ("worst", "verdict"),
    [
        (0.80, []),
        (0.60, []),
        (0.50, ["worst slice"]),
        (0.0, ["worst slice"]),
        (-0.3, ["worst slice"]),
    ],
)
def test_the_worst_slice_of_a_maximized_metric_is_the_lowest(worst, verdict):
    judged = classified(slices=(0.84, worst))
    assert failed(judged, thresholds={}, worst_slice_ratio=1.5) == verdict


def test_a_slice_is_not_blamed_for_being_better_than_a_bad_whole():
    judged = evaluation(metric="r2", champion=None, baselines={"mean": {"r2": -9.0}})
    judged["candidate"]["metrics"]["r2"] = -1.0
    judged["slices"] = [{"column": "area", "value": "a", "metrics": {"r2": -0.5}}]
    assert failed(judged, thresholds={}) == []
    judged["slices"][0]["metrics"]["r2"] = -1.5
    assert failed(judged, thresholds={}) == ["worst slice"]


def test_a_perfect_whole_does_not_divide_by_zero():
    judged = evaluation()
    judged["candidate"]["metrics"]["rmse"] = 0.0
    assert failed(judged) == ["worst slice"]
    for item in judged["slices"]:
        item["metrics"]["rmse"] = 0.0
    assert failed(judged) == []


@pytest.mark.parametrize(("ratio", "passed"), [(1.25, True), (1.24, False)])
def test_the_slice_rule_says_how_many_slices_it_judged(ratio, passed):
    judged = evaluation(small_slices=[{"column": "area", "value": n, "rows": 3} for n in "abc"])
    rule = gate.decide(judged, settings(worst_slice_ratio=ratio)).rules[-2]
    assert (rule.name, rule.passed) == ("worst slice", passed)
    assert rule.detail.endswith(f" ≤ {ratio:g} x (2 of 5 judged, the others have too few rows)")
    assert "judged" not in gate.decide(evaluation(), settings()).rules[-2].detail


def test_the_slice_rule_can_be_switched_off():
    judged = evaluation()
    judged["slices"][0]["metrics"]["rmse"] = 1e9
    assert failed(judged) == ["worst slice"]
    assert failed(judged, worst_slice_ratio=None) == []


@pytest.mark.parametrize(("tolerance", "verdict"), [(1e-6, []), (9e-7, ["ONNX parity"])])
def test_an_export_that_differs_is_refused(tolerance, verdict):
    assert failed(evaluation(), onnx_tolerance=tolerance) == verdict


def test_no_rule_is_lost_when_several_fail():
    judged = evaluation(
        candidate={"metrics": {"rmse": 500.0, "mae": math.nan, "r2": -1.0, "smape": 0.3}},
        parity={"rows": 100, "relative_difference": 0.5},
    )
    judged["slices"][1]["metrics"]["rmse"] = 9_000.0
    assert failed(judged) == [*RULES, "ONNX parity"]
    assert len(gate.decide(judged, settings()).reasons) == 6
