"""The team's own gate rules: applied where named, recorded like the gate's."""

import copy

import pytest

from level2.base.errors import ProjectError
from level2.model import gate
from level2.params.config import parse_params
from level2.params.sections import Promote
from mlproject.rules import no_slice_got_worse

SLICES = [
    {"column": "area", "value": "North", "rows": 40, "metrics": {"rmse": 10.0}},
    {"column": "area", "value": "South", "rows": 40, "metrics": {"rmse": 20.0}},
]
EVALUATION = {
    "task": "regression",
    "metric": "rmse",
    "direction": "minimize",
    "unit": "MW",
    "candidate": {
        "family": "linear",
        "digest": "new",
        "metrics": {"rmse": 15.0, "mae": 11.0, "r2": 0.9, "smape": 0.1},
    },
    "baselines": {"mean": {"rmse": 90.0, "mae": 80.0, "r2": 0.0, "smape": 0.5}},
    "slices": SLICES,
    "champion": {
        "version": "3",
        "comparable": True,
        "digest": "old",
        "metrics": {"rmse": 16.0, "mae": 12.0, "r2": 0.88, "smape": 0.1},
        "slices": copy.deepcopy(SLICES),
    },
    "parity": {"relative_difference": 1e-7, "rows": 80, "odd_rows": 20},
}


@pytest.fixture
def evaluation():
    return copy.deepcopy(EVALUATION)


def judged(evaluation, *rules):
    decision = gate.decide(evaluation, Promote(rules=rules, worst_slice_ratio=None))
    return {rule.name: rule for rule in decision.rules}, decision


def refused(action, *given):
    with pytest.raises(ProjectError) as caught:
        action(*given)
    text = str(caught.value)
    assert "\n" not in text
    return text


def test_a_slice_that_got_worse_is_named(evaluation):
    assert no_slice_got_worse(evaluation) == []
    evaluation["slices"][0]["metrics"]["rmse"] = 11.2
    evaluation["slices"][1]["metrics"]["rmse"] = 21.0
    assert no_slice_got_worse(evaluation) == ["rmse of area=North went from 10 to 11.2"]
    evaluation["direction"] = "maximize"
    assert no_slice_got_worse(evaluation) == []
    evaluation["champion"] |= {"comparable": False}
    del evaluation["champion"]["slices"]
    assert no_slice_got_worse(evaluation) == []
    evaluation["champion"] = None
    assert no_slice_got_worse(evaluation) == []


@pytest.mark.usefixtures("registered")
def test_a_rule_counts_where_params_name_it(evaluation):
    evaluation["slices"][0]["metrics"]["rmse"] = 14.0
    names, decision = judged(evaluation)
    assert decision.promote
    assert not any(name.startswith("own rule") for name in names)
    names, decision = judged(evaluation, "no_slice_got_worse")
    assert not decision.promote
    assert decision.reasons == ["rmse of area=North went from 10 to 14"]
    assert decision.to_json()["rules"][-1] == {
        "name": "own rule no_slice_got_worse",
        "passed": False,
        "detail": "rmse of area=North went from 10 to 14",
        "metric": None,
    }
    evaluation["slices"] = SLICES
    names, decision = judged(evaluation, "no_slice_got_worse")
    assert decision.promote
    assert names["own rule no_slice_got_worse"].detail == "no_slice_got_worse has no objection"


@pytest.mark.usefixtures("registered")
def test_a_rule_that_nobody_declared_is_refused(tree):
    tree["promote"] = {"rules": ["never_on_friday"]}
    assert refused(parse_params, tree) == (
        "params.yaml: promote.rules: `never_on_friday` is not declared in rules.py "
        "(no_slice_got_worse)"
    )


def test_a_rule_cannot_change_what_it_judges(own, evaluation):
    own(
        "rules",
        "def greedy(evaluation):\n"
        "    evaluation['candidate']['metrics'].clear()\n"
        "    return []\n"
        "RULES = {'greedy': greedy}\n",
    )
    assert judged(evaluation, "greedy")[1].promote
    assert evaluation == EVALUATION


FAULTS = {
    "return evaluation['nothing']": " line 2: KeyError: 'nothing' (rule r)",
    "return 'too slow'": ": rule r returned a str, it must return a list of sentences, "
    "an empty one to pass",
    "return None": ": rule r returned None, it must return a list of sentences, "
    "an empty one to pass",
    "return [False]": ": rule r returned a list, it must return a list of sentences, "
    "an empty one to pass",
}


@pytest.mark.parametrize(("body", "said"), FAULTS.items())
def test_a_faulty_rule_is_refused_and_nothing_is_decided(own, evaluation, body, said):
    own("rules", f"def r(evaluation):\n    {body}\nRULES = {{'r': r}}\n")
    assert refused(judged, evaluation, "r") == "src/own_team/rules.py" + said


def test_a_rule_that_is_no_function_is_refused(own):
    text = refused(own, "rules", "RULES = {'r': 'rmse < 3'}\n")
    assert text == "src/own_team/rules.py: RULES['r'] is a str, it must be a function"
