"""Drift: new seasons and growth are no fault, other units and silent sensors are."""

import numpy as np
import pandas as pd
import pytest

from level2.baseline.distances import psi
from level2.baseline.drift import drift
from level2.data.profile import describe, expected, profile
from level2.params.config import parse_params

DAYS = pd.date_range("2016-01-01", "2021-12-31", tz="UTC").as_unit("us")


@pytest.fixture
def contract(tree):
    del tree["data"]["features"]["kind"]
    return parse_params(tree).data


@pytest.fixture(scope="module")
def years():
    """Six years of weather with a memory, two areas, a load that grows."""
    rng = np.random.default_rng(3)
    weather = np.zeros(len(DAYS))
    for day in range(1, len(DAYS)):
        weather[day] = 0.8 * weather[day - 1] + rng.normal(0, 2.2)
    warm = 9.5 - 9.5 * np.cos(2 * np.pi * (DAYS.dayofyear - 20) / 365.25) + weather
    frames = [
        pd.DataFrame(
            {
                "area": area,
                "event_timestamp": DAYS,
                "temperature": warm + rng.normal(0, 0.8, len(DAYS)),
                "holiday": (rng.random(len(DAYS)) < 0.03).astype(float),
                "load": 100 + np.arange(len(DAYS)) / 1000 - warm,
            }
        )
        for area in ("North", "South")
    ]
    return pd.concat(frames).sort_values(["event_timestamp", "area"], ignore_index=True)


def until(table, day):
    return table[table.event_timestamp <= pd.Timestamp(day, tz="UTC")].reset_index(drop=True)


def stopped(table, contract, reference):
    return [item for item in drift(table, contract, reference, 0.5, 0.1) if item.stops]


@pytest.mark.parametrize("days", [1, 7, 30, 90, 365])
@pytest.mark.parametrize("start", ["2018-12-31", "2019-06-30", "2020-09-30"])
def test_later_days_are_no_drift(years, contract, start, days):
    reference = profile(until(years, start), contract)
    later = until(years, pd.Timestamp(start) + pd.Timedelta(days=days))
    assert stopped(later, contract, reference) == []


@pytest.mark.parametrize("days", [30, 90, 365])
def test_another_unit_in_the_last_month_stops(years, contract, days):
    reference = profile(until(years, "2019-06-30"), contract)
    later = until(years, pd.Timestamp("2019-06-30") + pd.Timedelta(days=days))
    last = later.event_timestamp > later.event_timestamp.max() - pd.Timedelta(days=30)
    later.loc[last, "temperature"] = later.temperature[last] * 1.8 + 32
    (found,) = stopped(later, contract, reference)
    assert (found.rule, found.column) == ("distribution", "temperature")
    assert "than on the same days of earlier years: PSI" in found.detail
    assert "validate.drift.max_psi" in found.detail


def test_history_written_anew_stops(years, contract):
    table = until(years, "2019-12-31")
    reference = profile(table, contract)
    (found,) = stopped(table.assign(temperature=table.temperature + 12), contract, reference)
    assert "differently than in the last accepted data: PSI" in found.detail


def test_silent_sensor_stops(years, contract):
    reference = profile(until(years, "2019-12-31"), contract)
    later = until(years, "2020-02-15")
    new = later.event_timestamp > pd.Timestamp("2019-12-31", tz="UTC")
    later.loc[new & (later.index % 2 == 0), "temperature"] = np.nan
    (found,) = stopped(later, contract, reference)
    assert found.rule == "missing_increase"
    assert (
        "column `temperature` is missing in 50.0% of the new rows and was in 0.0%" in found.detail
    )


def test_target_and_short_history_only_warn(years, contract):
    reference = profile(until(years, "2019-12-31"), contract)
    later = until(years, "2020-02-15")
    later.loc[later.event_timestamp > pd.Timestamp("2019-12-31", tz="UTC"), "load"] *= 0.3
    found = drift(later, contract, reference, 0.5, 0.1)
    assert [(item.column, item.stops) for item in found] == [("load", False)]
    short = until(years, "2016-12-31")
    changed = until(years, "2017-02-15")
    changed.loc[len(short) :, "temperature"] += 40
    found = drift(changed, contract, profile(short, contract), 0.5, 0.1)
    assert "temperature" in {item.column for item in found}
    assert not any(item.stops for item in found)


def test_tables_without_time_are_compared_whole():
    from level2.data.contract import DataContract

    contract = DataContract.model_validate(
        {
            "name": "t",
            "source": "t.csv",
            "target": "y",
            "task": "regression",
            "features": {"x": {"type": "float"}, "c": {"type": "category"}},
        }
    )
    rng = np.random.default_rng(0)

    def table(shift, share):
        return pd.DataFrame(
            {
                "event_timestamp": pd.Timestamp("2000", tz="UTC"),
                "x": rng.normal(shift, 1, 400),
                "c": rng.choice(["a", "b"], 400, p=[share, 1 - share]),
                "y": rng.normal(size=400),
            }
        )

    reference = profile(table(0, 0.5), contract)
    assert stopped(table(0, 0.5), contract, reference) == []
    assert [item.column for item in stopped(table(2, 0.5), contract, reference)] == ["x"]
    assert [item.column for item in stopped(table(0, 0.02), contract, reference)] == ["c"]


def test_psi_is_zero_for_equals_and_symmetric():
    a, b = np.array([10.0, 20, 30]), np.array([30.0, 20, 10])
    assert psi(a, a) == 0
    assert psi(a, b) == pytest.approx(psi(b, a))
    assert psi(a, b) > 0.25


def test_description_counts_every_value():
    values = pd.Series([*np.arange(100.0), np.nan])
    found = describe(values)
    assert sum(found["counts"]) == 100
    assert found["missing"] == pytest.approx(1 / 101, abs=1e-6)
    assert expected(describe(pd.Series(["a", "b", "a", None]))).tolist() == [2, 1, 0]
