"""Slices: every part of the test rows that is large enough is judged alone."""

import numpy as np
import pandas as pd
import pytest

from level2.model import metrics
from level2.model.slices import evaluate_slices, small_slices


def judged(columns, least=1, **table):
    table = pd.DataFrame(table)
    truth = np.arange(len(table), dtype=float)
    return evaluate_slices(table, columns, "regression", truth, truth + 1, least), truth


def test_each_value_is_judged_on_its_own_rows():
    table = pd.DataFrame({"area": list("abab"), "open": [True, True, False, False]})
    truth, prediction = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1.0, 4.0, 3.0, 8.0])
    found = evaluate_slices(table, ["area", "open"], "regression", truth, prediction, 1)
    assert [(item["column"], item["value"], item["rows"]) for item in found] == [
        ("area", "a", 2),
        ("area", "b", 2),
        ("open", "0", 2),
        ("open", "1", 2),
    ]
    assert [item["metrics"]["mae"] for item in found] == [0, 3, 2, 1]
    both = np.array([True, False, True, False])
    assert found[0]["metrics"] == metrics.compute("regression", truth[both], prediction[both])


def test_the_worst_part_is_not_hidden_by_the_whole():
    table = pd.DataFrame({"area": ["a"] * 90 + ["b"] * 10})
    truth = np.linspace(0, 1, 100)
    prediction = np.where(table["area"] == "b", truth + 10, truth)
    found = evaluate_slices(table, ["area"], "regression", truth, prediction, 10)
    assert [round(item["metrics"]["rmse"], 6) for item in found] == [0, 10]


def test_small_parts_are_left_out():
    found, _ = judged(["area"], least=3, area=list("aaabbbbcc"))
    assert [item["value"] for item in found] == ["a", "b"]


def test_a_column_with_many_numbers_is_cut_into_quarters():
    found, _ = judged(["size"], size=np.arange(100.0))
    assert [item["rows"] for item in found] == [25] * 4
    assert len({item["value"] for item in found}) == 4


def test_missing_values_form_no_slice():
    found, _ = judged(["size", "kind"], size=[1.0, np.nan, 1.0, 2.0], kind=["x", None, "x", "y"])
    assert [(item["value"], item["rows"]) for item in found] == [
        ("1", 2),
        ("2", 1),
        ("x", 2),
        ("y", 1),
    ]


@pytest.mark.parametrize(("dtype", "values"), [("category", ["x", "y"]), ("str", ["x", "y"])])
def test_text_columns_of_any_type_are_sliced(dtype, values):
    found, _ = judged(["kind"], kind=pd.Series(["x", "y", "x"], dtype=dtype))
    assert [item["value"] for item in found] == values
    assert [item["rows"] for item in found] == [2, 1]


def test_class_probabilities_are_sliced_by_row():
    table = pd.DataFrame({"area": list("aabb")})
    truth = np.array([0, 1, 0, 1])
    prediction = np.array([[0.9, 0.1], [0.1, 0.9], [0.1, 0.9], [0.9, 0.1]])
    found = evaluate_slices(table, ["area"], "binary", truth, prediction, 1)
    assert [item["metrics"]["accuracy"] for item in found] == [1, 0]


def test_no_columns_give_no_slices():
    assert judged([], area=list("ab"))[0] == []


def test_parts_left_out_are_told_with_their_rows():
    table = pd.DataFrame({"area": list("aaabbc")})
    kept, _ = judged(["area"], least=3, **table.to_dict("list"))
    assert [item["value"] for item in kept] == ["a"]
    assert small_slices(table, ["area"], 3) == [
        {"column": "area", "value": "b", "rows": 2},
        {"column": "area", "value": "c", "rows": 1},
    ]
    assert small_slices(table, ["area"], 1) == []
