"""The contract as rules: pandera finds what breaks them, tables are judged as a whole."""

import re

import numpy as np
import pandas as pd
import pytest

from level2.data import pandera
from level2.data.schema import column_rules, table_checks, warnings


def broken(table, contract):
    return pandera.failures(table, column_rules(contract), contract.key)


def failing(table, contract, min_rows=20, max_missing=0.5):
    checks = table_checks(table, contract, min_rows, max_missing)
    return {check.name: check.detail for check in checks if not check.ok}


@pytest.fixture
def ready(table):
    """The small table as `ingest` writes it."""
    return table.assign(holiday=table.holiday.astype(float))


def test_good_table_breaks_nothing(ready, params):
    assert broken(ready, params.data) == []
    assert failing(ready, params.data) == {}
    assert warnings(ready, params.data) == []


@pytest.mark.parametrize(
    ("column", "value", "rule"),
    [
        ("temperature", 99.0, "range"),
        ("temperature", -41.0, "range"),
        ("holiday", np.nan, "not_null"),
        ("holiday", 2.0, "allowed"),
        ("kind", "z", "allowed"),
        ("area", "East", "allowed"),
        ("load", np.inf, "finite"),
        ("load", np.nan, "not_null"),
    ],
)
def test_each_rule_is_named_with_row_and_value(ready, params, column, value, rule):
    ready.loc[[7, 9], column] = value
    found = [item for item in broken(ready, params.data) if item.rule == rule]
    assert [(item.column, item.rows, item.position) for item in found] == [(column, 2, 7)]
    assert found[0].value == value or pd.isna(value)


def test_whole_numbers(ready, tree):
    from level2.params.config import parse_params

    tree["data"]["features"]["temperature"] = {"type": "int", "nullable": True}
    found = broken(ready, parse_params(tree).data)
    assert found[0].rule == "whole"


def test_key_twice_is_one_finding(ready, params):
    ready.loc[1, "event_timestamp"] = ready.loc[0, "event_timestamp"]
    (found,) = broken(ready, params.data)
    assert (found.rule, found.rows, found.position) == ("unique_key", 2, 0)


def test_wrong_type(ready, params):
    found = broken(ready.assign(temperature=ready.temperature.astype(str)), params.data)
    assert ("type", "temperature") in {(item.rule, item.column) for item in found}


def test_expectations_are_readable(params):
    rules = {rule.column: rule for rule in column_rules(params.data)}
    assert rules["temperature"].expectation("range") == "data.features.temperature allows -40 to 50"
    assert rules["kind"].expectation("allowed") == "data.features.kind allows x, y"
    assert rules["holiday"].expectation("allowed") == "data.features.holiday allows 0, 1"
    assert rules["holiday"].expectation("not_null") == "data.features.holiday is not nullable"


def test_tables_as_a_whole(ready, params):
    contract = params.data
    assert (
        "at least 500 are needed (validate.min_rows)" in failing(ready, contract, 500)["min_rows"]
    )
    empty = ready.assign(temperature=np.nan)
    assert failing(empty, contract)["empty_column"] == (
        "column `temperature` has no value in any of 160 rows"
    )
    gaps = ready.assign(temperature=ready.temperature.where(ready.index > 100))
    assert (
        "column `temperature` is missing in 63.1% of 160 rows"
        in failing(gaps, contract)["max_missing"]
    )
    half = ready.assign(temperature=ready.temperature.where(ready.index >= 80))
    said = failing(half, contract, max_missing=0.4998)
    share, most = re.search(
        r"in ([\d.]+)% of .* at most ([\d.]+)% may", said["max_missing"]
    ).groups()
    assert float(share) > float(most), "what is too much looks so"
    assert "nothing to learn" in failing(ready.assign(load=1.0), contract)["constant_target"]
    assert warnings(gaps, contract) == ["temperature 63.1 % missing"]
    assert warnings(ready.assign(holiday=0.0), contract) == ["holiday has one value only"]


def test_ten_thousand_categories(tree, ready):
    from level2.params.config import parse_params

    tree["data"]["features"]["kind"] = {"type": "category"}
    many = ready.assign(kind=[f"k{i}" for i in range(len(ready))])
    many = pd.concat([many] * 100, ignore_index=True)
    many["kind"] = [f"k{i % 10_000}" for i in range(len(many))]
    detail = failing(many, parse_params(tree).data)["max_categories"]
    assert detail.startswith("column `kind` has 10,000 categories, at most 200 are allowed")


@pytest.fixture
def classes(tree):
    from level2.params.config import parse_params

    tree["data"] |= {"task": "binary", "classes": ["no", "yes"]}
    tree["featurize"]["lags"], tree["evaluate"]["seasonal_naive_lag"] = [], None
    return parse_params(tree).data


def test_classes(ready, classes):
    both = ready.assign(load=(ready.index % 2).astype(np.int64))
    assert failing(both, classes) == {}
    one = both.assign(load=np.int64(1))
    assert failing(one, classes)["one_class"] == (
        "the target `load` is `yes` in all 160 rows: nothing to learn"
    )
    few = both.assign(load=(ready.index < 3).astype(np.int64))
    assert failing(few, classes)["class_rows"].startswith(
        "class `yes` of the target `load` has 3 rows"
    )
    one = both.assign(load=(ready.index < 1).astype(np.int64))
    assert failing(one, classes)["class_rows"].startswith(
        "class `yes` of the target `load` has 1 row, at least "
    )
