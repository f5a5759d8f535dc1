"""A request taken apart: its JSON, its keys, its values as they were written."""

import math

import pytest

from level2.data.requests import Key, RequestError, parse, shown

KEY = Key("site", ("north", "south"), "at")


def test_the_one_series_of_a_table_is_filled_in_where_a_row_does_not_name_it():
    key = Key("series", ("all",), "day", "all")
    for row in ({}, {"series": None}, {"series": "all"}):
        assert key.read(row, "rows[0]") == ("all", None)
    with pytest.raises(RequestError, match=r'rows\[0\].series is "berlin": known values are all'):
        key.read({"series": "berlin"}, "rows[0]")
    assert (key.columns, key.said) == (("series", "day"), ("day",))
    assert KEY.read({}, "rows[0]") == (None, None), "a real entity is nobody's to guess"
    assert KEY.said == KEY.columns


def test_keys_are_read_beside_the_features():
    entity, time = KEY.read({"site": "north", "at": "2024-05-01T02:00:00+02:00"}, "rows[0]")
    assert (entity, time.isoformat()) == ("north", "2024-05-01T00:00:00+00:00")
    assert KEY.read({}, "rows[0]") == (None, None)
    with pytest.raises(RequestError, match="known values are north, south"):
        KEY.read({"site": "west"}, "rows[0]")
    with pytest.raises(RequestError, match="give a time like"):
        KEY.read({"at": 5}, "rows[0]")


def test_deep_and_broken_json_is_refused():
    with pytest.raises(RequestError, match="nested too deeply"):
        parse(b"[" * 100_000)
    with pytest.raises(RequestError, match="not JSON"):
        parse(b"{")
    with pytest.raises(RequestError, match="not UTF-8"):
        parse(b'{"site": "\xff"}')


def test_json_with_a_byte_order_mark_is_json():
    assert parse(b'\xef\xbb\xbf{"rows": [1.5]}') == {"rows": [1.5]}


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
