"""The data contract: what a row means, and which contracts cannot be."""

import pytest
from pydantic import ValidationError

from level2.data.contract import DataContract
from level2.data.feature import Feature

PLAIN = {
    "name": "plain",
    "source": "a.csv",
    "target": "y",
    "task": "regression",
    "features": {"x": {"type": "float"}},
}


def contract(**changes):
    return DataContract.model_validate({**PLAIN, **changes})


def problem(**changes):
    with pytest.raises(ValidationError) as caught:
        contract(**changes)
    return caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"features": {"y": {"type": "float"}}}, "`y` is the target and cannot be a feature too"),
        ({"entity": "x"}, "`x` is the entity and cannot be a feature too"),
        (
            {"event_timestamp": "day", "event_hour": "x"},
            "`x` is the event_hour and cannot be a feature too",
        ),
        ({"features": {"split": {"type": "int"}}}, "`split` is a reserved column name"),
        ({"target": "prediction"}, "`prediction` is a reserved column name"),
        ({"target": "Prediction"}, "`Prediction` is a reserved column name"),
        ({"entity": "truth"}, "entity `truth` is a reserved column name"),
        ({"entity": "Seasonal_Naive"}, "entity `Seasonal_Naive` is a reserved column name"),
        ({"target": "ROW_ID"}, "`ROW_ID` and `row_id` are one name in DuckDB"),
        (
            {"features": {"wind": {"type": "float"}, "Wind": {"type": "float"}}},
            "`Wind` and `wind` are one name in DuckDB",
        ),
        (
            {
                "task": "binary",
                "classes": ["no", "Yes"],
                "features": {"p_yes": {"type": "float"}},
            },
            "`p_yes` is the name of the probability of class `Yes`",
        ),
        ({"features": {"row_id": {"type": "int"}}}, "`row_id` is a reserved column name"),
        (
            {"features": {"wind speed": {"type": "float"}}},
            "`wind speed` is not a plain column name",
        ),
        ({"features": {"class": {"type": "float"}}}, "`class` is not a plain column name"),
        ({"features": {"a__b": {"type": "float"}}}, "`a__b` is not a plain column name"),
        ({"target": "2nd"}, "`2nd` is not a plain column name"),
        ({"classes": ("a", "b")}, "classes belong to task binary or multiclass, not regression"),
        ({"task": "binary"}, "task binary needs 2 different classes, got 0"),
        ({"task": "binary", "classes": ("a", "a")}, "needs 2 different classes, got 1"),
        ({"task": "binary", "classes": ("a", "b", "c")}, "needs 2 different classes, got 3"),
        (
            {"task": "multiclass", "classes": ("a", "b")},
            "task multiclass needs 3 or more different classes, got 2",
        ),
        ({"event_hour": "h"}, "independent_rows need event_timestamp"),
        ({"source": "gs://b/t.csv"}, "source: name a file of the project or s3://bucket/"),
        ({"source": "s3://bucket"}, "source: name a file of the project or s3://bucket/"),
        ({"source": "s3://key:secret@b/t.csv"}, "source: name a file of the project or s3://"),
        ({"frequency": "1D"}, "independent_rows need event_timestamp"),
        ({"entities": ("a",)}, "entities (allowed values) need entity (the column)"),
    ],
)
def test_a_contract_that_cannot_be_is_refused(changes, expected):
    assert expected in problem(**changes)


@pytest.mark.parametrize(
    ("feature", "expected"),
    [
        ({"type": "category", "min": 0}, "a category has no min or max"),
        ({"type": "category", "categories": ("a", "b", "a")}, "a category is listed twice"),
        (
            {"type": "category", "categories": tuple(map(str, range(10_000)))},
            "10,000 categories, at most 200 are allowed: group the rare ones",
        ),
        ({"type": "int", "categories": ("a",)}, "categories need type category, not int"),
        ({"type": "bool", "max": 1}, "a bool has no min or max"),
        ({"type": "float", "min": 2, "max": 1}, "min 2 is above max 1"),
    ],
)
def test_a_feature_that_cannot_be_is_refused(feature, expected):
    with pytest.raises(ValidationError) as caught:
        Feature.model_validate(feature)
    assert expected in caught.value.errors()[0]["msg"]


@pytest.mark.parametrize(
    ("changes", "entity"),
    [
        ({"entity": "area", "event_timestamp": "day"}, "area"),
        ({"event_timestamp": "day"}, "series"),
        ({}, "row_id"),
    ],
)
def test_a_table_without_entity_gets_one(changes, entity):
    made = contract(**changes)
    assert made.entity_column == entity
    assert made.key == [entity, "event_timestamp"]
    assert made.columns() == [entity, "event_timestamp", "x", "y"]


def test_only_categories_are_strings_to_the_model():
    kinds = {kind: Feature(type=kind).numeric for kind in ("float", "int", "bool", "category")}
    assert kinds == {"float": True, "int": True, "bool": True, "category": False}


def test_an_object_in_a_store_is_a_source():
    assert contract(source="s3://bucket/tables/a#1.parquet").remote
    assert not contract().remote
