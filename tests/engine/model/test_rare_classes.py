"""Rare classes: weights, a threshold chosen on validation rows, a rule per class, every door."""

import copy

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from level2.adoption.infer import infer
from level2.base.errors import ProjectError
from level2.data import labels
from level2.data.feature import Feature
from level2.model import artifact, estimators, frames, gate, metrics, recall, skops, threshold
from level2.model.threshold import Cutoff
from level2.params.config import parse_params
from level2.params.sections import Evaluate, Promote
from level2.reports.training.verdict import judge

FEATURES = {name: Feature(type="float") for name in ("x", "z")}
CLASSES = ("no", "yes")
SMALL = {
    "hist_gradient_boosting": {"max_iter": 20, "max_leaf_nodes": 7},
    "linear": {},
    "extra_trees": {"min_samples_leaf": 20, "max_features": None},
    "polynomial": {"C": 1.0},
    "sgd": {"alpha": 1e-3},
}


def failures(rows=6_000, seed=0):
    """Model frame and truth: three rows in a hundred fail, and no model is sure of them."""
    rng = np.random.default_rng(seed)
    x, z, noise = rng.normal(0, 1, (3, rows))
    frame = frames.model_frame(pd.DataFrame({"x": x, "z": z}), FEATURES)
    return frame, (2 * x + z + noise > 4.6).astype(int)


def share_found(truth, codes, code=1):
    return float(np.mean(codes[truth == code] == code))


@pytest.fixture(scope="module")
def asked():
    """Truth and probabilities of validation rows and of rows never seen."""
    model = estimators.build("linear", "binary", FEATURES, {}, 0).fit(*failures())
    parts = [failures(2_000, seed=1), failures(60_000, seed=2)]
    return [(truth, estimators.predict(model, "binary", frame)) for frame, truth in parts]


def cut_by(asked, **knob):
    record = threshold.choose(Cutoff(**knob), CLASSES, *asked[0])
    return labels.read({"classes": list(CLASSES), "threshold": record})


def test_half_finds_few_and_a_wanted_recall_is_reached_on_rows_never_seen(asked):
    truth, found = asked[1]
    assert share_found(truth, labels.labels(found)) < 0.75
    parts = [(truth[rows], found[rows]) for rows in np.array_split(np.arange(len(truth)), 30)]
    knob = Cutoff(by="recall", recall=0.8)
    cuts = [labels.Cut(1, threshold.choose(knob, CLASSES, *part)["at"]) for part in parts]
    reached = np.array([share_found(truth, labels.labels(found, cut)) for cut in cuts])
    assert np.mean(reached >= 0.8) >= 0.8  # nine in ten are meant, of thirty samples
    assert reached.max() < 1  # and not by finding everything


def test_a_wanted_recall_is_no_luck_of_the_validation_rows():
    """In nine samples of ten the share of all positives above the threshold is the wanted one."""
    rng, reached = np.random.default_rng(0), []
    for _ in range(400):
        positives = rng.random(40)  # the share of positives above `at` is 1 - at
        found = np.column_stack([1 - positives, positives])
        told = threshold.choose(Cutoff(by="recall", recall=0.8), CLASSES, np.ones(40), found)
        reached.append(1 - told["at"])
    assert 0.86 <= np.mean(np.array(reached) >= 0.8) <= 0.99


def test_few_positives_take_the_lowest_score():
    found = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    told = threshold.choose(Cutoff(by="recall", recall=0.95), CLASSES, np.ones(3), found)
    assert told == {"class": "yes", "by": "recall", "at": 0.2}


@pytest.mark.parametrize(
    "knob",
    [{"by": "recall", "recall": 0.95}, {"by": "f1"}, {"by": "cost", "miss": 9, "false_alarm": 1}],
)
def test_without_positives_there_is_nothing_to_choose_by(knob):
    found = np.array([[0.8, 0.2], [0.6, 0.4], [0.1, 0.9]])
    none = threshold.choose(Cutoff(**knob), CLASSES, np.zeros(3), found)
    assert none == {"class": "yes", "by": knob["by"], "at": 0.5, "positives": 0}
    some = threshold.choose(Cutoff(**knob), CLASSES, np.array([0, 0, 1]), found)
    assert "positives" not in some


def cost(asked, cut, miss, false_alarm):
    truth, found = asked
    codes = labels.labels(found, cut)
    misses, alarms = np.sum((truth == 1) & (codes == 0)), np.sum((truth == 0) & (codes == 1))
    return miss * misses + false_alarm * alarms


def test_no_other_threshold_costs_less_on_the_validation_rows(asked):
    cut = cut_by(asked, by="cost", miss=20, false_alarm=1)
    mine = cost(asked[0], cut, 20, 1)
    others = [cost(asked[0], labels.Cut(1, at), 20, 1) for at in np.linspace(0.005, 0.995, 199)]
    assert mine <= min(others)
    assert cut.at < cut_by(asked, by="cost", miss=2, false_alarm=1).at


def test_no_other_threshold_has_a_larger_f1(asked):
    cut = cut_by(asked, by="f1")
    truth, found = asked[0]
    scores = [
        metrics.compute("binary", truth, found, labels.Cut(1, at))["f1"]
        for at in np.linspace(0.005, 0.995, 199)
    ]
    mine = metrics.compute("binary", truth, found, cut)
    assert mine["f1"] >= max(scores)
    at_half = metrics.compute("binary", truth, found)
    assert mine["f1"] > at_half["f1"]
    assert mine["accuracy"] != at_half["accuracy"]
    assert {name: mine[name] for name in ("log_loss", "roc_auc", "brier")} == {
        name: at_half[name] for name in ("log_loss", "roc_auc", "brier")
    }


def test_the_threshold_may_be_of_the_first_class():
    found = np.array([[0.3, 0.7], [0.1, 0.9]])
    knob = Cutoff(by="fixed", of="no", at=0.25)
    record = threshold.choose(knob, CLASSES, np.zeros(0), np.zeros((0, 2)))
    cut = labels.read({"classes": list(CLASSES), "threshold": record})
    assert labels.labels(found, cut).tolist() == [0, 1]
    assert cut.told(CLASSES) == {"no": 0.25}


def test_without_a_threshold_the_likeliest_class_is_answered():
    assert labels.read({"classes": ["a", "b", "c"]}) is None
    assert labels.labels(np.array([[0.3, 0.4, 0.3], [0.5, 0.1, 0.4]])).tolist() == [1, 0]


@pytest.mark.parametrize(
    ("knob", "words"),
    [
        ({"by": "recall"}, "by: recall goes with recall"),
        ({"by": "cost", "miss": 5}, "by: cost goes with false_alarm and miss"),
        ({"by": "f1", "at": 0.3}, "by: f1 goes with nothing else"),
        ({"by": "fixed", "recall": 0.3}, "by: fixed goes with at"),
    ],
)
def test_knobs_that_do_not_go_together_are_refused(knob, words):
    with pytest.raises(ValidationError, match=words):
        Evaluate.model_validate({"threshold": knob})


def binary_tree(tree, **sections):
    data = {**tree["data"], "task": "binary", "classes": ["no", "yes"]}
    del data["unit"]
    return {
        **tree,
        "data": data,
        "featurize": {},
        "evaluate": {},
        **sections,
    }


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"evaluate": {"threshold": {"by": "f1", "of": "maybe"}}}, "`maybe` is not one of no, yes"),
        ({"promote": {"min_recall": {"maybe": 0.5}}}, "`maybe` is not one of no, yes"),
    ],
)
def test_a_class_that_is_not_there_is_refused(tree, sections, words):
    with pytest.raises(ProjectError, match=words):
        parse_params(binary_tree(tree, **sections))
    parse_params(binary_tree(tree))


@pytest.mark.parametrize(
    ("sections", "words"),
    [
        ({"evaluate": {"threshold": {"by": "f1"}}}, "evaluate.threshold needs task binary"),
        ({"promote": {"min_recall": 0.5}}, "promote.min_recall needs classes"),
        ({"train": {"class_weight": "balanced"}}, "train.class_weight needs classes"),
    ],
)
def test_numbers_have_no_classes(tree, sections, words):
    with pytest.raises(ProjectError, match=words):
        parse_params({**tree, **sections})


@pytest.mark.parametrize("family", estimators.FAMILIES)
def test_weights_find_more_and_the_search_space_may_choose_them(family):
    frame, truth = failures()
    unseen, known = failures(seed=1)

    def answered(more, weight="none"):
        params = {**SMALL[family], **more}
        model = estimators.build(family, "binary", FEATURES, params, 0, weight).fit(frame, truth)
        return estimators.predict(model, "binary", unseen)

    plain, weighted = answered({}), answered({}, "balanced")
    assert share_found(known, labels.labels(plain)) < 0.8
    assert share_found(known, labels.labels(weighted)) > 0.85
    assert plain[:, 1].mean() == pytest.approx(known.mean(), abs=0.01)  # calibrated
    assert weighted[:, 1].mean() > 3 * known.mean()  # and no longer
    assert np.array_equal(answered({"class_weight": "balanced"}), weighted)
    assert np.array_equal(answered({"class_weight": "none"}, "balanced"), plain)


def evaluation(found=12, rows=36):
    """A binary candidate that passes every other rule."""
    scores = {"log_loss": 0.05, "roc_auc": 0.97, "average_precision": 0.7, "f1": 0.5}
    return {
        "task": "binary",
        "metric": "log_loss",
        "candidate": {
            "metrics": {**scores, "accuracy": 0.98, "brier": 0.02},
            "digest": "d",
            "recall": [
                {"class": "no", "rows": 1_164, "found": 1_160},
                {"class": "yes", "rows": rows, "found": found},
            ],
        },
        "baselines": {"prior": {"log_loss": 0.13}},
        "champion": None,
        "slices": [],
        "parity": {"rows": 10, "max_difference": 0.0, "relative_difference": 0.0},
    }


def held(judged, least):
    decision = gate.decide(judged, Promote(min_recall=least))
    return [rule.name for rule in decision.rules if not rule.passed], decision


def test_a_model_that_finds_a_third_of_a_class_is_held():
    names, decision = held(evaluation(found=12), {"yes": 0.5})
    assert names == ["recall of yes"]
    [reason] = decision.reasons
    assert reason.startswith("class yes is found in 12 of 36 rows (33%), wanted ≥ 50%")
    assert "evaluate.threshold" in reason
    assert held(evaluation(found=18), {"yes": 0.5})[0] == []
    assert held(evaluation(found=12), 0.3)[0] == []
    assert held(evaluation(found=12), 0.5)[0] == ["recall of yes"]


@pytest.mark.parametrize("least", [None, {"no": 0.5}, {"yes": 0.5}, 0.1])
def test_a_class_that_is_never_found_is_named_and_holds(least):
    names, decision = held(evaluation(found=0), least)
    assert len(names) == 1
    assert "class yes is never found" in decision.reasons[0]


def test_what_few_rows_cannot_tell_is_not_held_against_a_model():
    assert held(evaluation(found=0, rows=recall.FEW - 1), None)[0] == []
    assert held(evaluation(found=0), {"yes": 0.0})[0] == []  # asked for
    assert held(evaluation(found=0, rows=0), {"yes": 0.5})[0] == ["recall of yes"]


def test_evaluations_without_classes_have_no_such_rule():
    old = evaluation()
    del old["candidate"]["recall"]
    assert held(old, None)[0] == []


def test_the_banner_turns_and_names_the_class(tree):
    params = parse_params(binary_tree(tree, promote={"min_recall": {"yes": 0.5}}))
    green = judge(evaluation(found=30), None, params)
    assert green.good
    red = judge(evaluation(found=0), None, params)
    assert not red.good
    assert "class yes is never found" in red.why
    [line] = [rule for rule in red.rules if rule.name == "recall of yes"]
    assert line.bound.startswith("≥ 50")


def adopted(share, values=("no", "yes")):
    rng = np.random.default_rng(0)
    rare = rng.random(3_000) < share
    table = pd.DataFrame(
        {"x": rng.normal(size=3_000), "failed": np.where(rare, values[1], values[0])}
    )
    tree, decisions = infer(table, "failed")
    return tree, [f"{item.decision}: {item.reason}" for item in decisions]


@pytest.mark.parametrize("values", [("no", "yes"), ("yes", "no"), ("0", "1")])
def test_adopt_asks_for_half_of_a_rare_class(values):
    tree, said = adopted(0.03, values)
    assert tree["promote"]["min_recall"] == {values[1]: 0.5}
    [line] = [text for text in said if text.startswith("rare class")]
    assert f"`{values[1]}` " in line
    assert "promote.min_recall" in line
    parse_params(copy.deepcopy(tree))


def test_adopt_asks_nothing_where_no_class_is_rare():
    tree, said = adopted(0.3)
    assert "min_recall" not in tree["promote"]
    assert not any(text.startswith("rare class") for text in said)


def test_many_even_classes_are_not_rare():
    table = pd.DataFrame({"x": np.random.default_rng(0).normal(size=3_000)})
    table["kind"] = [f"k{number % 20}" for number in range(3_000)]
    assert "min_recall" not in infer(table, "kind")[0]["promote"]


def test_artifact_of_an_older_model_answers_the_likeliest():
    record = artifact.ModelArtifact({}, {"classes": ["no", "yes"]}).record
    assert labels.read(record) is None


@pytest.mark.parametrize("code", [0, 1])
def test_scikit_learn_itself_answers_by_the_threshold(code):
    """As MLflow's server asks it; no type but scikit-learn's own is in the file."""
    frame, truth = failures()
    model = estimators.build("linear", "binary", FEATURES, {}, 0).fit(frame, truth)
    cut = labels.Cut(code, 0.2)
    trusted = (*estimators.FAMILIES["linear"].trusted, *estimators.ANSWERING)
    again = skops.loads(skops.dumps(estimators.answering(model, cut, frame)), trusted)
    found = estimators.predict(model, "binary", frame)
    assert np.array_equal(estimators.predict(again, "binary", frame), found)
    assert np.array_equal(again.predict(frame), labels.labels(found, cut))
    assert not np.array_equal(again.predict(frame), labels.labels(found))
    assert estimators.answering(model, None, frame) is model
