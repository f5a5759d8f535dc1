"""The rules as written: four scenarios, four decisions; tried ones, pauses, and memory."""

import pytest
import yaml
from pydantic import ValidationError

from layout import PROJECT
from level2.adoption.sections import DECIDE, MONITOR
from level2.baseline.findings import SIGNALS
from level2.monitoring.decision import DAY, NUMBERS, Held, Past, decide
from level2.params.decide import Decide

TREE = yaml.safe_load((PROJECT / "params.yaml").read_text())
RULES = Decide.model_validate(TREE["decide"])
NOW = 1_800_000_000.0


def said(*loud, past=(), knobs=RULES, held=None):
    signals = {name: "alarm" if name in loud else "quiet" for name in SIGNALS}
    word = "alarm" if loud else "quiet"
    return decide({"signals": signals, "verdict": word}, past, knobs, NOW, held)


def ago(days, action, verdict="alarm"):
    return Past(NOW - days * DAY, action, verdict)


@pytest.mark.parametrize(
    ("loud", "past", "action", "number"),
    [
        ((), (), "keep", "0"),
        (("target",), (), "keep", "0"),
        (("data", "performance"), (), "retrain", "1"),
        (("data",), (), "retrain", "1"),
        (("prediction",), (), "retrain", "1"),
        (("staleness",), (), "retrain", "1"),
        (("performance",), [ago(2, "retrain")], "new_model", "2a"),
        (("quality", "data", "performance"), (), "change_processing", "2b"),
        (("performance",), [ago(4, "retrain"), ago(2, "new_model")], "change_inputs", "3"),
    ],
)
def test_the_written_rules(loud, past, action, number):
    found = said(*loud, past=past)
    assert (found.action, NUMBERS[found.action]) == (action, number)
    assert (found.rule is None) == (action == "keep")


def test_an_action_is_waited_for():
    found = said("performance", past=[ago(0.5, "retrain")])
    assert found.action == "keep"
    assert "rule 3 says new_model, but retrain was started 12.0 hours ago" in found.reason
    assert said("performance", past=[ago(1, "retrain")]).action == "new_model"


def test_data_that_a_held_candidate_was_trained_on_are_not_trained_on_again():
    held = Held(NOW - 0.1 * DAY, "2")
    found = said("data", held=held)
    assert (found.action, found.rule) == ("keep", 5)
    assert "rule 5 says retrain, but these data were tried already: v2, trained" in found.reason
    assert said("data").action == "retrain"
    long_ago = said("data", held=Held(NOW - 40 * DAY, "2"))
    assert "these data were tried already" in long_ago.reason, "they are the same data still"


def test_a_held_candidate_counts_as_a_retraining_that_was_tried():
    found = said("performance", held=Held(NOW - 0.1 * DAY, "2"))
    assert (found.action, found.tried) == ("keep", ("retrain",))
    said_so = "rule 3 says new_model, but these data were tried already: v2 was held 2.4 hours ago"
    assert found.reason.startswith(said_so)
    held = Held(NOW - 2 * DAY, "2")
    assert said("performance", held=held).action == "new_model"
    again = said("performance", past=[ago(2.1, "retrain")], held=held)
    assert again.tried == ("retrain",), "the decision that trained it is counted once"


def test_a_quiet_look_and_time_wipe_the_slate():
    tried = [ago(5, "retrain"), ago(3, "keep", "quiet")]
    assert said("performance", past=tried).action == "retrain"
    assert said("performance", past=[ago(31, "retrain")]).action == "retrain"
    waited = [ago(5, "retrain"), ago(3, "keep", "unknown")]
    assert said("performance", past=waited).action == "new_model"


def test_a_rule_that_cannot_be_is_refused():
    for rule in ({"when": [], "then": "keep"}, {"when": ["weather"], "then": "keep"}):
        with pytest.raises(ValidationError):
            Decide.model_validate({"rules": [rule]})


def test_adopted_tables_get_the_same_sections():
    assert TREE["decide"] == DECIDE
    assert TREE["monitor"] == MONITOR
