"""How numbers are written: what is understood, what is in doubt, what is not a number."""

import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from level2.data.column_numbers import numbers
from level2.data.columns import Column
from level2.data.number_format import NumberFormat, parser, readings, written

UNDERSTOOD = [
    (["$12.50", "$3"], [12.5, 3]),
    (["-$12.50", "($3.00)", "$-4.00", "$5.00-"], [-12.5, -3, -4, -5]),
    (["12,50 €", "3,5 €", "1.234,00 €"], [12.5, 3.5, 1234]),
    (["€ 1.234,00", "€ 7,10"], [1234, 7.1]),
    (["45%", "3 %"], [45, 3]),
    (["1,234", "1,234,567"], [1234, 1234567]),
    (["1,234.5", "12"], [1234.5, 12]),
    (["1.234.567", "1.234"], [1234567, 1234]),
    (["1 234", "12 345 678"], [1234, 12345678]),
    (["1\u202f234,5", "12,25"], [1234.5, 12.25]),
    (["1'234.50", "3"], [1234.5, 3]),
    (["1\u2019234", "3"], [1234, 3]),
    (["\u22123,5", "2,1"], [-3.5, 2.1]),
    (["(123)", "45"], [-123, 45]),
    (["12-", "3"], [-12, 3]),
    (["0,5", "1,234"], [0.5, 1.234]),
    (["1,5e-05", "2,0"], [1.5e-05, 2]),
    (["CHF 1'234.50", "CHF 3.00"], [1234.5, 3]),
    (["1,2345", "1,234"], [1.2345, 1.234]),
]


@pytest.mark.parametrize(("texts", "values"), UNDERSTOOD, ids=lambda item: str(item[0]))
def test_what_every_text_agrees_on_is_read(texts, values):
    found = readings(texts)
    assert len(found) == 1, found
    assert [parser(found[0])(text) for text in texts] == values


@pytest.mark.parametrize("texts", [["1,234", "56,789"], ["1,234 €"], ["$1.234", "$2.345"]])
def test_two_readings_are_both_offered(texts):
    found = readings(texts)
    assert {form.decimal for form in found} == {".", ","}
    assert {round(parser(form)(texts[0]), 3) for form in found} == {1.234, 1234}


@pytest.mark.parametrize(
    "texts",
    [
        ["$5", "6"],
        ["$5", "€6"],
        ["1,234", "12,34,567"],
        ["1,234", "abc"],
        ["007", "1"],
        ["030 123 456"],
        ["12 km", "3 km"],
        ["(12", "3"],
        ["-12-", "3"],
        ["2023-01-01"],
        ["1.2.2023"],
        ["12:30"],
        ["", "1,5"],
        ["%"],
        [],
    ],
)
def test_other_texts_are_no_numbers(texts):
    assert readings(texts) == []


def test_another_unit_or_mark_is_no_number_later():
    read = parser(NumberFormat(decimal=",", thousands=".", symbol="€"))
    assert read("1.234,5 €") == 1234.5
    assert read("1234,5€") == 1234.5, "thousands need not be marked once the format is known"
    for text in ("1,234.5 €", "12,5 $", "12,5", "1.23 €", "€", ""):
        assert math.isnan(read(text)), text


@given(
    st.floats(-1e15, 1e15, allow_nan=False),
    st.sampled_from([NumberFormat(decimal=","), NumberFormat(symbol="$"), NumberFormat()]),
)
def test_what_is_written_is_read_again_to_the_last_bit(value, form):
    assert parser(form)(written(value, form)) == value


@pytest.mark.parametrize(
    "knobs", [{"decimal": ",", "thousands": ","}, {"symbol": " $"}, {"symbol": "5"}]
)
def test_a_format_that_cannot_be_is_refused(knobs):
    with pytest.raises(ValueError, match=r"are both|the sign beside"):
        NumberFormat(**knobs)


def test_a_number_that_is_no_text_is_taken_as_it_is():
    form = NumberFormat(decimal=",", thousands=".")
    values = pd.Series([1.234, 12, "1.234", "1,5", None], dtype=object)
    found = numbers(Column(values, "x", "rows", (), form))
    assert found[:4].tolist() == [1.234, 12, 1234, 1.5]
    assert math.isnan(found[4])
