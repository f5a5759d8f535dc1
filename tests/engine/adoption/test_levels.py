"""Categories with many values: adopted, encoded without leakage, the same at every door."""

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from level2.adoption.infer import infer
from level2.base.errors import ProjectError
from level2.baseline import reference
from level2.data import pandera, profile
from level2.data.feature import MAX_LEVELS, Feature
from level2.data.request_rows import RowChecker
from level2.data.request_schema import request_schema
from level2.data.requests import Key, RequestError
from level2.data.schema import column_rules, table_checks
from level2.data.typed_rows import model_columns
from level2.model import encoders, estimators, frames, metrics, onnx, parity, skops
from level2.monitoring import quality
from level2.params.config import parse_params
from level2.params.monitor import Monitor
from level2.params.sections import Promote

TOWNS = np.array([f"Ort {number} ü" for number in range(600)], dtype=object)
FEATURES = {
    "size": Feature(type="float"),
    "town": Feature(type="category", encode="target", nullable=True),
    "kind": Feature(type="category"),
    "street": Feature(type="category", encode="target"),
}
# `polynomial` is refused for so many columns: model/test_search_space.py
EACH = pytest.mark.parametrize("family", sorted({*estimators.FAMILIES} - {"polynomial"}))
TASKS = pytest.mark.parametrize("task", ["regression", "binary", "multiclass"])


def rents(rows=4_000, seed=0, task="regression"):
    """Model frame and truth; the towns carry most of the signal, streets carry none."""
    effect = np.random.default_rng(9).normal(0, 100, len(TOWNS))
    rng = np.random.default_rng(seed)
    town = rng.integers(0, len(TOWNS), rows)
    table = pd.DataFrame(
        {
            "size": rng.integers(20, 120, rows).astype(float),
            "town": TOWNS[town],
            "kind": rng.choice(["a", "b"], rows),
            "street": TOWNS[rng.integers(0, len(TOWNS), rows)],
        }
    )
    table.loc[:30, "town"] = None
    rent = 2 * table["size"].to_numpy() + effect[town] + rng.normal(0, 8, rows)
    truth = {
        "regression": rent,
        "binary": (rent > 150).astype(int),
        "multiclass": np.digitize(rent, [50, 200]),
    }[task]
    return frames.model_frame(table, FEATURES), truth


def trained(family, task):
    frame, truth = rents(task=task)
    return encoders.fit(estimators.build(family, task, FEATURES, {}, 0), frame, truth), frame, truth


@EACH
@TASKS
def test_onnx_answers_what_scikit_learn_answers_and_skops_reads_it_back(family, task):
    model, *_ = trained(family, task)
    probe = parity.probe_rows(rents(seed=1, task=task)[0], FEATURES, 2_000, 0)
    assert {"never seen before", ""} <= set(probe["town"])
    own = estimators.predict(model, task, probe)
    found = parity.compare(own, onnx.predict(onnx.export(model, FEATURES), task, probe))
    assert found["relative_difference"] < Promote().onnx_tolerance / 10
    again = skops.loads(skops.dumps(model), estimators.FAMILIES[family].trusted)
    assert np.array_equal(own, estimators.predict(again, task, probe))


@TASKS
def test_encodings_are_numbers_that_float32_holds(task):
    """Else a tree could send an encoding one way and its float32, which ONNX has, the other."""
    [means] = encoders._encoders(trained("hist_gradient_boosting", task)[0])
    for values in [*means.encodings_, np.ravel(means.target_mean_)]:
        assert np.array_equal(values, np.asarray(values).astype(np.float32))


@EACH
def test_the_towns_signal_is_learnt(family):
    model, *_ = trained(family, "regression")
    unseen, truth = rents(seed=1)
    with_towns = metrics.compute(
        "regression", truth, estimators.predict(model, "regression", unseen)
    )
    assert with_towns["r2"] > 0.9
    blank = unseen.assign(town="never seen before")
    without = metrics.compute("regression", truth, estimators.predict(model, "regression", blank))
    assert without["r2"] < 0.6


def test_no_row_is_encoded_by_its_own_target():
    """A column with no signal, three rows a value: its encodings must not follow the target."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"street": rng.permutation(np.repeat(TOWNS, 3))})
    truth = rng.normal(0, 1, len(frame))
    features = {"street": Feature(type="category", encode="target")}
    inputs = estimators.inputs("hist_gradient_boosting", features, "regression", 0)
    crossed = inputs.fit_transform(frame, truth)[:, 0]
    assert abs(np.corrcoef(crossed, truth)[0, 1]) < 0.1
    leaking = inputs.transform(frame)[:, 0]  # what a plain fit and transform would have given
    assert np.corrcoef(leaking, truth)[0, 1] > 0.3


def test_a_value_never_seen_is_the_mean_of_all_rows():
    model, _, truth = trained("hist_gradient_boosting", "regression")
    encoder = next(encoders._encoders(model))
    assert encoder.target_mean_ == pytest.approx(truth.mean(), rel=1e-6)
    other = encoder.transform(pd.DataFrame({"town": ["nowhere"], "street": ["nowhere"]}))
    assert other == pytest.approx(np.full((1, 2), encoder.target_mean_))


def adopted(towns, **more):
    rows = len(towns)
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"town": towns, "size": rng.normal(50, 9, rows), **more})
    table["rent"] = rng.normal(500, 40, rows)
    tree, decisions = infer(table, "rent")
    return tree, {item.column: f"{item.decision}: {item.reason}" for item in decisions}


def test_a_text_that_repeats_is_adopted_without_a_list():
    tree, said = adopted(np.resize(TOWNS, 6_000), note=[f"note {n}" for n in range(6_000)])
    assert tree["data"]["features"]["town"] == {"type": "category", "encode": "target"}
    assert "note" not in tree["data"]["features"]
    assert said["town"].startswith("category feature: 600 values, encoded by the target")
    assert tree["evaluate"]["slices"] == []
    parse_params(tree)


@pytest.mark.parametrize(
    "towns",
    [
        np.resize(TOWNS, 1_700),  # under three rows a value
        [f"t{n if n < 900 else 900 + n % 20}" for n in range(4_000)],  # many come once
        np.resize([f"{name} {'x' * 200}" for name in TOWNS], 6_000),  # longer than a request takes
        np.resize([f"{name}\x07" for name in TOWNS], 6_000),
    ],
)
def test_a_text_that_is_no_category_is_left_out(towns):
    tree, said = adopted(list(towns))
    assert "town" not in tree["data"]["features"]
    assert said["town"].startswith("excluded: ")


def test_numbers_in_local_dress_are_no_categories():
    towns = np.resize([f"{n // 1000},{n % 1000:03}.5" for n in range(1_000, 1_600)], 6_000)
    assert adopted(towns)[0]["data"]["features"]["town"]["type"] == "float"


def test_the_knobs_fit_together():
    with pytest.raises(ValidationError, match="encode and unseen need type category"):
        Feature(type="float", encode="target")
    many = tuple(f"c{number}" for number in range(201))
    with pytest.raises(
        ValidationError, match="group the rare ones or leave the column out, or set encode: target"
    ):
        Feature(type="category", categories=many)
    assert Feature(type="category", categories=many, encode="target").allowed == many
    assert Feature(type="category", categories=("a",), unseen="other").allowed is None
    assert Feature(type="category", categories=("a",)).allowed == ("a",)


def contract_of(tree, town):
    tree["data"]["features"] = {"temperature": {"type": "float"}, "town": town}
    return parse_params(tree | {"evaluate": {}}).data


def test_validation_takes_many_values_and_no_list(tree):
    contract = contract_of(tree, {"type": "category", "encode": "target"})
    table = pd.DataFrame(
        {"temperature": 1.0, "town": np.resize(TOWNS, 1_200), "load": range(1_200)}
    )
    broken = [check for check in table_checks(table, contract, 10, 0.5) if not check.ok]
    assert broken == []
    one_hot = contract_of(tree, {"type": "category"})
    broken = [check for check in table_checks(table, one_hot, 10, 0.5) if not check.ok]
    assert [check.name for check in broken] == ["max_categories"]
    assert "set encode: target" in broken[0].detail


@pytest.mark.parametrize(("unseen", "failures"), [(None, 1), ("refuse", 1), ("other", 0)])
def test_a_listed_category_refuses_what_is_not_listed_unless_told(tree, unseen, failures):
    town = {"type": "category", "categories": ["a", "b"]} | ({"unseen": unseen} if unseen else {})
    rules = [rule for rule in column_rules(contract_of(tree, town)) if rule.column == "town"]
    table = pd.DataFrame({"town": np.array(["a", "b", "c"], dtype=object)})
    assert len(pandera.failures(table, rules, ["town"])) == failures


def test_the_model_keeps_the_values_it_learnt():
    frame, _ = rents()
    found = encoders.learned(FEATURES, frame)
    assert found["town"].categories == tuple(sorted(set(frame["town"]) - {""}))
    assert found["town"].unseen == "other"
    assert found["kind"] == FEATURES["kind"]
    wanted = {"kind": Feature(type="category", unseen="refuse")}
    assert encoders.learned(wanted, frame)["kind"].allowed == ("a", "b")
    assert Feature.model_validate(found["town"].model_dump(mode="json")) == found["town"]


def doors(unseen):
    features = {"town": Feature(type="category", encode="target", unseen=unseen)}
    return encoders.learned(features, pd.DataFrame({"town": TOWNS}))


def test_http_and_batch_take_a_value_never_seen_as_other():
    features = doors(None)
    checker = RowChecker(features, Key("row_id"))
    assert checker.columns([{"town": "Nowhere"}]) == {"town": ["Nowhere"]}
    table = pd.DataFrame({"town": ["Nowhere", TOWNS[0]]})
    assert list(model_columns(table, features, "f.csv", ())["town"]) == ["Nowhere", TOWNS[0]]


def test_http_and_batch_refuse_a_value_never_seen_where_the_knob_says_so():
    features = doors("refuse")
    with pytest.raises(
        RequestError, match=r"rows\[0\].town is .Nowhere.: known values are .*570 more"
    ):
        RowChecker(features, Key("row_id")).columns([{"town": "Nowhere"}])
    assert RowChecker(features, Key("row_id")).columns([{"town": TOWNS[0]}])
    table = pd.DataFrame({"town": [TOWNS[0], "Nowhere"]})
    with pytest.raises(ProjectError, match=r"row 1: column `town` holds `Nowhere`.*570 more"):
        model_columns(table, features, "f.csv", ())


@pytest.mark.parametrize(
    ("unseen", "words"), [(None, "count as unseen"), ("refuse", "are refused")]
)
def test_the_schema_says_how_many_are_known_and_lists_few(unseen, words):
    found = request_schema(doors(unseen))["properties"]["town"]
    assert found["description"] == f"600 values known, others {words}"
    assert len(found["examples"]) == 5
    assert "enum" not in found


def test_profile_and_reference_name_the_most_frequent_values_and_count_the_rest():
    values = pd.Series([*np.resize(TOWNS, 1_200), *[TOWNS[7]] * 40], dtype=object)
    told = profile.describe(values)
    assert len(told["counts"]) == profile.TOP_VALUES
    assert told["counts"][TOWNS[7]] == 42
    assert sum(told["counts"].values()) + told["others"] == len(values)
    assert np.array_equal(profile.counts(values, told), profile.expected(told))
    grid = reference.Grid(0.0, 0, 1, ())
    zeros = np.zeros(len(values), dtype=np.intp)
    column = reference.describe(values, zeros, zeros, grid)
    assert column.bins == profile.TOP_VALUES + 1
    assert column.counts.sum() == len(values)


def monitored(values):
    seen = pd.Series(np.resize(TOWNS, 1_200), dtype=object)
    zeros = np.zeros(len(seen), dtype=np.intp)
    column = reference.describe(seen, zeros, zeros, reference.Grid(0.0, 0, 1, ()))
    table = pd.DataFrame({"town": values})
    return list(quality.unknown(table, doors(None), {"town": column}, Monitor()))


def test_the_monitor_counts_what_the_champion_never_saw():
    assert monitored(np.resize(TOWNS, 500)) == []
    [found] = monitored([*np.resize(TOWNS, 90), *["Nowhere"] * 10])
    assert (found.kind, found.column, found.value) == ("unknown", "town", 0.1)
    assert "like `Nowhere`" in found.detail


def test_more_values_than_can_be_looked_up_are_refused(tree):
    contract = contract_of(tree, {"type": "category", "encode": "target"})
    names = [f"t{number}" for number in range(MAX_LEVELS + 1)]
    table = pd.DataFrame({"temperature": 1.0, "town": names, "load": range(len(names))})
    [broken] = [check for check in table_checks(table, contract, 10, 0.5) if not check.ok]
    assert "20,001 categories, at most 20,000 are allowed: group the rare ones" in broken.detail
