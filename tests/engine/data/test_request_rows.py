"""Rows become the model's columns, or a sentence that names row and field."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from level2.data.feature import Feature
from level2.data.request_rows import RowChecker, arrays
from level2.data.requests import Key, RequestError

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


ANY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 30),
    st.floats(),
    st.sampled_from([0.1, 0.2, 0.3, 7.5, 10**400, "x", "", "a" * 201, [], {}]),
)
ROWS = st.fixed_dictionaries(
    {"hour": st.integers(0, 23) | ANY, "open": st.booleans() | ANY},
    optional={"share": st.floats(0.1, 0.3) | ANY, "kind": st.just("x") | ANY, "site": ANY},
)


@given(ROWS)
def test_the_short_way_through_a_row_says_what_the_long_one_says(row):
    checker = RowChecker(FEATURES, KEY)
    short = checker._plain(row)
    checker._plain = lambda _: None
    try:
        long = {name: value for name, (value,) in checker.columns([row]).items()}
    except RequestError:
        assert short is None
    else:
        assert short in (None, long)
        assert short == long or None in map(row.get, FEATURES), "only a gap takes the long way"
