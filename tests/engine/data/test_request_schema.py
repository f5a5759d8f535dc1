"""Requests that fit the contract pass the derived schema, others do not."""

import pytest
from jsonschema import Draft202012Validator, ValidationError

from level2.data.feature import Feature
from level2.data.request_schema import request_schema

FEATURES = {
    "temperature": Feature(type="float", min=-40, max=50, unit="°C", nullable=True),
    "hour": Feature(type="int", min=0, max=23),
    "holiday": Feature(type="bool"),
    "area": Feature(type="category", categories=("north", "south")),
}
GOOD = {"temperature": 3.5, "hour": 7, "holiday": False, "area": "north"}


def check(row):
    schema = request_schema(FEATURES)
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(row)


@pytest.mark.parametrize("change", [{}, {"temperature": None}, {"hour": 23}, {"area": "south"}])
def test_what_the_contract_allows_passes(change):
    check({**GOOD, **change})


def test_a_nullable_feature_may_be_left_out():
    check({name: value for name, value in GOOD.items() if name != "temperature"})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"temperature": 60}, "maximum of 50"),
        ({"hour": 7.5}, "integer"),
        ({"hour": -1}, "minimum of 0"),
        ({"hour": None}, "integer"),
        ({"holiday": "yes"}, "boolean"),
        ({"area": "west"}, "not one of"),
        ({"wind": 1}, "Additional properties"),
    ],
)
def test_what_it_does_not_allow_is_refused(change, words):
    with pytest.raises(ValidationError, match=words):
        check({**GOOD, **change})


def test_a_required_feature_may_not_be_left_out():
    with pytest.raises(ValidationError, match="'area' is a required property"):
        check({name: value for name, value in GOOD.items() if name != "area"})


def test_units_and_meaning_are_told():
    assert request_schema(FEATURES)["properties"]["temperature"]["description"] == "°C"
