"""Rows become the model's columns, or a sentence that names row and field."""

import math

import numpy as np
import pytest

from mlproject.core.contract import Feature
from mlproject.core.requests import (
    Key,
    RequestError,
    RowChecker,
    arrays,
    parse,
    shown,
)

FEATURES = {
    "share": Feature(type="float", min=0.1, max=0.3, unit="kWh", nullable=True),
    "hour": Feature(type="int", min=0, max=23),
    "open": Feature(type="bool"),
    "kind": Feature(type="category", nullable=True),
}
KEY = Key("site", ("north", "south"), "at")
GOOD = {"share": 0.2, "hour": 7.0, "open": True, "kind": "x"}


def columns(row):
    return RowChecker(FEATURES, KEY).columns([row])


def refusal(row):
    with pytest.raises(RequestError) as caught:
        columns(row)
    return caught.value


def test_good_rows_become_float32_and_texts():
    found = arrays(columns(GOOD), FEATURES)
    assert {name: column.dtype.kind for name, column in found.items()} == {
        "share": "f",
        "hour": "f",
        "open": "f",
        "kind": "O",
    }
    assert [found[name][0] for name in ("hour", "open", "kind")] == [7.0, 1.0, "x"]


def test_the_one_series_of_a_table_is_filled_in_where_a_row_does_not_name_it():
    key = Key("series", ("all",), "day", "all")
    for row in ({}, {"series": None}, {"series": "all"}):
        assert key.read(row, "rows[0]") == ("all", None)
    with pytest.raises(RequestError, match=r'rows\[0\].series is "berlin": known are all'):
        key.read({"series": "berlin"}, "rows[0]")
    assert (key.columns, key.said) == (("series", "day"), ("day",))
    assert KEY.read({}, "rows[0]") == (None, None), "a real entity is nobody's to guess"
    assert KEY.said == KEY.columns


def test_what_is_missing_and_may_be_is_nan_or_empty():
    found = columns({"hour": 1, "open": False, "share": None})
    assert math.isnan(found["share"][0])
    assert found["kind"] == [""]


@pytest.mark.parametrize("limit", ["min", "max"])
def test_a_limit_read_back_as_float32_is_within_it(limit):
    stored = float(np.float32(getattr(FEATURES["share"], limit)))
    assert stored != getattr(FEATURES["share"], limit)
    assert columns({**GOOD, "share": stored})["share"] == [stored]


def test_beyond_a_limit_is_refused_with_its_unit():
    found = refusal({**GOOD, "share": 0.31})
    assert (found.field, found.kind, found.status) == ("share", "out_of_range", 422)
    assert str(found).startswith("rows[0].share is 0.31, above 0.3 kWh")


def test_an_empty_text_is_no_category():
    assert "give 1 to 200 printable characters" in str(refusal({**GOOD, "kind": ""}))


def test_a_required_field_is_needed_and_null_is_not_it():
    assert "rows[0].hour is missing" in str(refusal({"open": True}))
    assert "rows[0].open is null" in str(refusal({**GOOD, "open": None}))


def test_keys_are_read_beside_the_features():
    entity, time = KEY.read({"site": "north", "at": "2024-05-01T02:00:00+02:00"}, "rows[0]")
    assert (entity, time.isoformat()) == ("north", "2024-05-01T00:00:00+00:00")
    assert KEY.read({}, "rows[0]") == (None, None)
    with pytest.raises(RequestError, match="known are north, south"):
        KEY.read({"site": "west"}, "rows[0]")
    with pytest.raises(RequestError, match="give a time like"):
        KEY.read({"at": 5}, "rows[0]")


def test_deep_and_broken_json_is_refused():
    with pytest.raises(RequestError, match="nested too deeply"):
        parse(b"[" * 100_000)
    with pytest.raises(RequestError, match="not JSON"):
        parse(b"{")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("\ud800", '"\\ud800"'),
        ("x" * 90, '"' + "x" * 59 + "..."),
        (10**400, "too large"),
        (None, "null"),
        ([], "a list"),
        (math.nan, "NaN"),
    ],
)
def test_values_are_shown_short_and_printable(value, text):
    assert shown(value) == text
    assert shown(value).isascii()
