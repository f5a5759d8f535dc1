"""Derived features: lags by time, never by position, and never from the future."""

import time

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from level2.data.contract import DataContract
from level2.data.featurize import Featurize
from level2.features.lags import distance, lagged
from level2.features.transforms import CALENDAR, derive, model_features

ALL = Featurize(calendar=tuple(CALENDAR), lags=(1, 2, 7), entity_as_feature=True)


def contract(frequency="1D", entity="area"):
    return DataContract.model_validate(
        {
            "name": "plain",
            "source": "a.csv",
            "entity": entity,
            "entities": ["A", "B"] if entity else None,
            "event_timestamp": "day",
            "frequency": frequency,
            "target": "y",
            "unit": "MW",
            "task": "regression",
            "features": {"x": {"type": "float"}},
        }
    )


def rows(times, entity="A", column="area"):
    """A table whose target is 0, 1, 2, ... in the order of `times`."""
    stamps = pd.Series(pd.to_datetime(times, utc=True)).astype("datetime64[us, UTC]")
    values = np.arange(len(stamps), dtype=float)
    return pd.DataFrame({column: entity, "event_timestamp": stamps, "x": -values, "y": values})


def test_a_lag_is_the_value_of_the_period_before():
    table = rows(pd.date_range("2024-01-01", periods=5))
    assert lagged(table, contract(), 1).tolist()[1:] == [0, 1, 2, 3]
    assert np.isnan(lagged(table, contract(), 1)[0])
    assert lagged(table, contract(), 3).tolist()[3:] == [0, 1]


@pytest.mark.parametrize(
    ("lag", "frequency", "words"),
    [
        (1, "1D", "1 day"),
        (7, "D", "7 days"),
        (24, "1h", "24 hours"),
        (2, "15min", "30 minutes"),
        (12, "MS", "12 months"),
        (1, "2W-MON", "2 weeks"),
        (1, "WOM-2TUE", "1 period"),
        (3, None, "3 periods"),
    ],
)
def test_a_lag_says_how_long_ago_in_words(lag, frequency, words):
    assert distance(lag, frequency) == words


def test_the_meaning_of_a_lag_is_no_code():
    found = model_features(contract("1h"), Featurize(lags=(1, 24)))
    assert found["y_lag_1"].meaning == "y 1 hour earlier, in MW"
    assert found["y_lag_24"].meaning == "y 24 hours earlier, in MW"


def test_a_gap_gives_nan_and_not_another_day():
    table = rows(["2024-01-01", "2024-01-02", "2024-01-04", "2024-01-05"])
    found = lagged(table, contract(), 1)
    assert found.isna().tolist() == [True, False, True, False]
    assert found.dropna().tolist() == [0, 2]
    assert lagged(table, contract(), 2).dropna().to_dict() == {2: 1}


def test_each_row_keeps_its_own_lag_in_any_order_and_index():
    table = rows(pd.date_range("2024-01-01", periods=30))
    shuffled = table.sample(frac=1, random_state=0)
    shuffled.index = shuffled.index + 1_000
    found = lagged(shuffled, contract(), 7)
    assert found.index.equals(shuffled.index)
    expected = shuffled["y"] - 7
    pd.testing.assert_series_equal(found, expected.where(expected >= 0), check_names=False)


def test_entities_do_not_see_each_other():
    days = pd.date_range("2024-01-01", periods=4)
    north, south = rows(days, "A"), rows(days, "B").assign(y=[10.0, 11.0, 12.0, 13.0])
    table = pd.concat([north, south.iloc[1:]]).sort_values("event_timestamp", ignore_index=True)
    found = table.assign(lag=lagged(table, contract(), 1))
    assert found.loc[found.area == "A", "lag"].tolist()[1:] == [0, 1, 2]
    assert found.loc[found.area == "B", "lag"].tolist()[1:] == [11, 12]
    assert found.loc[found.area == "B", "lag"].isna().tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("frequency", "times"),
    [
        ("1h", pd.date_range("2024-03-30 20:00", periods=12, freq="h")),
        ("15min", pd.date_range("2024-01-01", periods=12, freq="15min")),
        ("7D", pd.date_range("2024-01-03", periods=12, freq="7D")),
        ("MS", pd.date_range("2024-01-01", periods=12, freq="MS")),
    ],
)
def test_a_period_is_that_of_the_contract(frequency, times):
    found = lagged(rows(times), contract(frequency), 2)
    assert found.isna().tolist() == [True] * 2 + [False] * 10
    assert found.dropna().tolist() == list(range(10))


def test_a_series_without_entity_has_lags_too():
    table = rows(pd.date_range("2024-01-01", periods=3), "all", "series")
    assert lagged(table, contract(entity=None), 1).tolist()[1:] == [0, 1]


def test_a_key_that_occurs_twice_is_not_joined():
    table = rows(["2024-01-01", "2024-01-01", "2024-01-02"])
    with pytest.raises(pd.errors.MergeError):
        lagged(table, contract(), 1)


def test_calendar_features_are_those_of_the_event_time():
    table = rows(["2024-12-30 23:00", "2024-12-31 00:00"])
    found = derive(table, contract("1h"), ALL)
    assert found["hour"].tolist() == [23, 0]
    assert found["weekday"].tolist() == [0, 1]
    assert found["day_of_year"].tolist() == [365, 366]
    assert found["month"].tolist() == [12, 12]


def test_derived_values_lie_in_the_declared_ranges():
    found = derive(
        rows(pd.date_range("2023-01-01", "2024-12-31 23:00", freq="5h")), contract(), ALL
    )
    for name, (feature, _) in CALENDAR.items():
        assert found[name].min() == feature.min
        assert found[name].max() in (feature.max, feature.max - 1)


def test_derive_writes_the_declared_features_in_order_and_nothing_else():
    found = derive(rows(pd.date_range("2024-01-01", periods=3)), contract(), ALL)
    features = model_features(contract(), ALL)
    assert list(found) == ["area", "event_timestamp", *features]
    assert list(features) == ["x", *CALENDAR, "y_lag_1", "y_lag_2", "y_lag_7", "area_key"]
    assert features["y_lag_7"].nullable
    assert features["y_lag_7"].unit == "MW"
    assert features["area_key"].categories == ("A", "B")
    assert found["area_key"].tolist() == ["A"] * 3


def test_nothing_is_derived_where_nothing_is_asked():
    found = derive(rows(pd.date_range("2024-01-01", periods=3)), contract(), Featurize())
    assert list(found) == ["area", "event_timestamp", "x"]


@given(
    present=st.lists(st.booleans(), min_size=40, max_size=40),
    cut=st.integers(0, 20),
    values=st.lists(st.floats(-1e6, 1e6), min_size=40, max_size=40),
    drop=st.booleans(),
)
def test_a_future_row_is_not_used(present, cut, values, drop):
    """Whatever happens to rows from a day on, no feature of an earlier row changes."""
    days = pd.date_range("2024-01-01", periods=20)
    table = pd.concat([rows(days, "A"), rows(days, "B")], ignore_index=True)[present]
    late = table["event_timestamp"] >= days[0].tz_localize("UTC") + pd.Timedelta(days=cut)
    changed = table.assign(y=table["y"].where(~late, values[: len(table)]))
    if drop:
        changed = changed[~late]
    before = derive(table, contract(), ALL)[~late]
    after = derive(changed, contract(), ALL).loc[before.index]
    pd.testing.assert_frame_equal(before, after)


def test_no_feature_repeats_the_answer_of_its_own_row():
    table = rows(pd.date_range("2024-01-01", periods=30))
    changed = table.assign(y=table["y"].where(table.index != 20, -1e9))
    before, after = (derive(item, contract(), ALL) for item in (table, changed))
    pd.testing.assert_frame_equal(before.iloc[:21], after.iloc[:21])
    assert after.loc[21, "y_lag_1"] == -1e9


def berlin_days(first, count):
    """Local midnights of Berlin, a day apart on its clock, as instants."""
    return pd.date_range(first, periods=count, tz="Europe/Berlin").tz_convert("UTC")


@pytest.fixture(params=["UTC", "Asia/Tokyo", "America/New_York"])
def machine_zone(request, monkeypatch):
    """The zone that the machine, or its container, stands in."""
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("machine_zone")
@pytest.mark.parametrize("first", ["2024-03-25", "2024-10-21", "2024-02-26"])
def test_calendar_and_lags_follow_the_clock_of_the_data_on_every_machine(first):
    zoned = contract().model_copy(update={"timezone": "Europe/Berlin"})
    table = rows(berlin_days(first, 14))
    made = derive(table, zoned, ALL)
    clock = pd.date_range(first, periods=14)
    assert made["weekday"].tolist() == clock.weekday.tolist()
    assert made["month"].tolist() == clock.month.tolist()
    assert made["day"].tolist() == clock.day.tolist()
    assert made["day_of_year"].tolist() == clock.dayofyear.tolist()
    assert set(made["hour"]) == {0}
    assert made["y_lag_1"].tolist()[1:] == table["y"].tolist()[:-1], "none lost where clocks change"
    assert made["y_lag_7"].tolist()[7:] == table["y"].tolist()[:-7]


def test_hours_are_counted_exactly_where_the_clock_jumps():
    hours = pd.date_range("2024-10-26 20:00", periods=12, freq="h", tz="UTC")
    zoned = contract("1h").model_copy(update={"timezone": "Europe/Berlin"})
    made = derive(rows(hours), zoned, ALL)
    assert made["y_lag_1"].tolist()[1:] == list(range(11))
    assert made["hour"].tolist() == [22, 23, 0, 1, 2, 2, 3, 4, 5, 6, 7, 8]


def test_months_of_a_zone_begin_on_its_own_first():
    starts = pd.date_range("2024-01-01", periods=6, freq="MS", tz="Europe/Berlin").tz_convert("UTC")
    zoned = contract("MS").model_copy(update={"timezone": "Europe/Berlin"})
    made = derive(rows(starts), zoned, ALL)
    assert made["month"].tolist() == [1, 2, 3, 4, 5, 6]
    assert made["y_lag_1"].tolist()[1:] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("frequency", ["QS", "YS", "ME", "7D", "B"])
def test_a_lag_of_every_period_is_the_row_before(frequency):
    times = pd.date_range("2019-01-01", periods=12, freq=frequency)
    assert lagged(rows(times), contract(frequency), 1).tolist()[1:] == list(range(11))
