"""The canonical table: types, times, keys, and the line that is to blame."""

import numpy as np
import pandas as pd
import pytest

from level2.base.errors import ProjectError
from level2.data.canonical import canonical
from level2.data.contract import DataContract


def contract(**changes):
    fields = {
        "name": "t",
        "source": "data/raw/t.csv",
        "target": "y",
        "task": "regression",
        "features": {"x": {"type": "float", "nullable": True}},
        **changes,
    }
    return DataContract.model_validate(fields)


def raw(**columns):
    """Texts as `read_raw` gives them for a CSV."""
    frame = pd.DataFrame(columns, dtype=pd.StringDtype("pyarrow"))
    frame.index = pd.RangeIndex(2, len(frame) + 2, name="line")
    return frame


DAYS = ["2024-01-02", "2024-01-01", "2024-01-03"]


def test_rows_are_numbered_where_nothing_names_them():
    out = canonical(raw(x=["1", "", "2.5"], y=["3", "4", "5"]), contract())
    assert list(out.columns) == ["row_id", "event_timestamp", "x", "y"]
    assert out["row_id"].tolist() == [0, 1, 2]
    assert out["event_timestamp"].unique() == [pd.Timestamp("2000-01-01", tz="UTC")]
    assert out.dtypes.astype(str).tolist() == ["int64", "datetime64[us, UTC]", "float64", "float64"]
    np.testing.assert_array_equal(out["x"], [1, np.nan, 2.5])


def test_one_series_is_sorted_by_time():
    out = canonical(
        raw(d=DAYS, x=["1", "2", "3"], y=["1", "2", "3"]), contract(event_timestamp="d")
    )
    assert out["series"].tolist() == ["all"] * 3
    assert out["y"].tolist() == [2, 1, 3]
    assert out["event_timestamp"].is_monotonic_increasing


def test_types_of_features():
    features = {
        "i": {"type": "int", "nullable": True},
        "b": {"type": "bool", "nullable": True},
        "c": {"type": "category", "nullable": True},
    }
    table = raw(
        i=["1", "?", "3"],
        b=["TRUE", "no", "?"],
        c=[" red", "?", "blue"],
        y=["b", "a", "b"],
        e=["1", "2", "3"],
    )
    settings = contract(
        features=features,
        entity="e",
        missing_markers=["?"],
        task="binary",
        classes=["a", "b"],
    )
    out = canonical(table, settings)
    np.testing.assert_array_equal(out["i"], [1, np.nan, 3])
    np.testing.assert_array_equal(out["b"], [1, 0, np.nan])
    assert out["c"].tolist() == ["red", None, "blue"]
    assert out["y"].tolist() == [1, 0, 1]
    assert out["y"].dtype == np.int64
    assert out["e"].tolist() == ["1", "2", "3"]


def test_rename_and_hours():
    table = raw(day=["1/31/2024"] * 2, hr=["13", "2"], **{"X (m)": ["1", "2"]}, y=["1", "2"])
    settings = contract(
        event_timestamp="day", event_hour="hr", timestamp_format="%m/%d/%Y", rename={"X (m)": "x"}
    )
    out = canonical(table, settings)
    assert out["event_timestamp"].dt.hour.tolist() == [2, 13]
    assert out["x"].tolist() == [2, 1]


def test_zones_become_utc():
    times = ["2024-01-01 00:00+01:00", "2024-01-01T00:00:00Z", "2024-01-01 02:00:00-0500"]
    out = canonical(raw(t=times, x=["1"] * 3, y=["1", "2", "3"]), contract(event_timestamp="t"))
    assert out["event_timestamp"].dt.strftime("%d %H").tolist() == ["31 23", "01 00", "01 07"]


def test_rows_without_target_are_dropped_unless_many():
    table = raw(x=["1"] * 4, y=["1", "", "3", "4"])
    assert len(canonical(table, contract())) == 3
    with pytest.raises(ProjectError) as caught:
        canonical(table, contract(), max_missing=0.2)
    assert str(caught.value) == (
        "data/raw/t.csv: the target `y` is missing in 25.0% of 4 rows, at most 20% may be "
        "(validate.max_missing)"
    )


def test_a_table_without_a_target_has_nothing_to_learn_from_whatever_may_be_missing():
    with pytest.raises(ProjectError, match="`y` is missing in every row: there is nothing"):
        canonical(raw(x=["1"], y=[""]), contract(), max_missing=1.0)


def test_typed_and_text_columns_give_the_same_table():
    texts = raw(d=DAYS, x=["1", "", "0.1"], y=["1", "2", "3"])
    typed = texts.assign(x=[1.0, np.nan, 0.1], y=[1.0, 2.0, 3.0], d=pd.Categorical(DAYS))
    settings = contract(event_timestamp="d")
    pd.testing.assert_frame_equal(canonical(texts, settings), canonical(typed, settings))
    dates = texts.assign(d=pd.to_datetime(DAYS))
    pd.testing.assert_frame_equal(canonical(texts, settings), canonical(dates, settings))
    zoned = texts.assign(d=pd.to_datetime(DAYS).tz_localize("UTC"))
    pd.testing.assert_frame_equal(canonical(texts, settings), canonical(zoned, settings))


BROKEN = {
    "text among numbers": (
        {"x": ["1", "many", "3"]},
        {},
        "data/raw/t.csv line 3: column `x` holds `many`, not a number",
    ),
    "infinite": (
        {"x": ["1", "2", "-inf"]},
        {},
        "data/raw/t.csv line 4: column `x` holds `-inf`, an infinite value",
    ),
    "infinite target": (
        {"y": ["1", "inf", "3"]},
        {},
        "line 3: column `y` holds `inf`, an infinite",
    ),
    "fraction": (
        {"x": ["1", "2.5", "3"]},
        {"features": {"x": {"type": "int"}}},
        "line 3: column `x` holds `2.5`, not a whole number: declare type float",
    ),
    "no truth value": (
        {"x": ["1", "maybe", "0"]},
        {"features": {"x": {"type": "bool"}}},
        "line 3: column `x` holds `maybe`, neither true/false, yes/no nor 1/0",
    ),
    "unknown class": (
        {"y": ["a", "b", "c"]},
        {"task": "binary", "classes": ["a", "b"]},
        "line 4: column `y` holds `c`, none of the classes a, b (data.classes)",
    ),
    "no date": (
        {"d": ["2024-01-01", "2024-02-31", "2024-01-03"]},
        {"event_timestamp": "d"},
        "line 3: column `d` holds `2024-02-31`, not a date like 2024-12-31",
    ),
    "other date format": (
        {"d": ["1/2/2024", "13/1/2024", "1/3/2024"]},
        {"event_timestamp": "d", "timestamp_format": "%m/%d/%Y"},
        "line 3: column `d` holds `13/1/2024`, not a date like %m/%d/%Y (data.timestamp_format)",
    ),
    "empty date": (
        {"d": ["2024-01-01", "", "2024-01-03"]},
        {"event_timestamp": "d"},
        "line 3: column `d` is empty, but every row needs its event time",
    ),
    "zones mixed": (
        {"d": ["2024-01-01 10:00", "2024-01-02 10:00", "2024-01-03 10:00+01:00"]},
        {"event_timestamp": "d"},
        "line 4: column `d` holds `2024-01-03 10:00+01:00`, with a time zone where the rows before",
    ),
    "hour": (
        {"d": DAYS, "h": ["0", "24", "1"]},
        {"event_timestamp": "d", "event_hour": "h"},
        "line 3: column `h` holds `24`, not an hour from 0 to 23",
    ),
    "no entity": (
        {"e": ["a", "", "c"]},
        {"entity": "e"},
        "line 3: column `e` is empty, but every row needs its entity",
    ),
    "time twice": (
        {"d": ["2024-01-01", "2024-01-02", "2024-01-01"]},
        {"event_timestamp": "d"},
        "data/raw/t.csv lines 2 and 4 both have d 2024-01-01: keep one",
    ),
    "key twice": (
        {"d": ["2024-01-01", "2024-01-02", "2024-01-02"], "e": ["a", "b", "b"]},
        {"event_timestamp": "d", "entity": "e"},
        "data/raw/t.csv lines 3 and 4 both have e `b` and d 2024-01-02: keep one",
    ),
    "entity twice": (
        {"e": ["a", "b", "a"]},
        {"entity": "e"},
        "data/raw/t.csv lines 2 and 4 both have e `a`: keep one",
    ),
    "no column": (
        {},
        {"features": {"z": {"type": "float"}}},
        "data/raw/t.csv has no column `z` (data.features.z in params.yaml): it has `x`, `y`",
    ),
    "no renamed column": ({}, {"rename": {"q": "x"}}, "has no column `q` (data.rename"),
    "renamed onto another": (
        {"q": ["1", "2", "3"]},
        {"rename": {"q": "x"}},
        "data.rename gives two columns the name `x`",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_bad_value_is_blamed_by_line(case):
    columns, changes, sentence = BROKEN[case]
    table = raw(**{"x": ["1", "2", "3"], "y": ["1", "2", "3"], **columns})
    with pytest.raises(ProjectError) as caught:
        canonical(table, contract(**changes))
    assert sentence in str(caught.value)


def test_rows_of_a_parquet_file_are_called_rows():
    table = pd.DataFrame(
        {"x": [1.0, np.inf], "y": [1.0, 2.0]}, index=pd.RangeIndex(1, 3, name="row")
    )
    with pytest.raises(ProjectError, match=r"t.csv row 2: column `x` holds `inf`"):
        canonical(table, contract())


def test_numbers_are_read_to_the_last_bit():
    values = np.random.default_rng(0).normal(size=500) * 10.0 ** np.linspace(-250, 37, 500)
    for odd in ([], ["?"]):  # with and without the slow path
        texts = [repr(float(value)) for value in values] + [*odd, " ?"]
        out = canonical(raw(x=texts, y=["1"] * len(texts)), contract(missing_markers=["?"]))
        np.testing.assert_array_equal(out["x"].to_numpy()[:500], values)
