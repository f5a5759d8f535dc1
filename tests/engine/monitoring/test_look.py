"""Clean windows are quiet, named shocks are not: seasons, entities, units, labels, few rows."""

import functools

import numpy as np
import pandas as pd
import pytest

from level2.data.contract import TIMESTAMP, DataContract
from level2.data.feature import Feature
from level2.params.monitor import Monitor
from level2.training import sample
from watched import CONTRACT, FEATURES, TOLD, alarms, drawn, last, looked, referred, sampled, until

SEEDS = range(5)
DAYS = pd.Timedelta(days=1)


@pytest.fixture(scope="module")
def worlds():
    """Return seed -> five years, and the reference of the first four."""

    @functools.cache
    def world(seed):
        table = sampled("2019-12-31", seed=seed)
        return table, referred(until(table, "2018-12-31"))

    return world


@pytest.mark.slow
def test_a_hundred_clean_windows_raise_fewer_than_five_alarms(worlds):
    loud = []
    for seed in SEEDS:
        table, reference = worlds(seed)
        for start in range(20):
            day = pd.Timestamp("2019-01-31", tz="UTC") + 17 * start * DAYS
            found = looked(reference, last(until(table, day.date()), 30))
            assert found.comparisons
            assert found.seasonal
            loud += [(seed, start, alarms(found))] * bool(alarms(found))
    assert len(loud) < 5, loud


@pytest.mark.parametrize("seed", [0, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("day", ["2019-02-28", "2019-05-15", "2019-08-20", "2019-11-10"])
@pytest.mark.parametrize("shock", sample.SHOCKS)
def test_every_named_shock_is_an_alarm(worlds, shock, day, seed):
    window = last(sampled(day, shock, seed), 30)
    found = alarms(looked(worlds(seed)[1], window))
    wanted = {
        "heat_wave": ("data", "drift", "temperature"),
        "lockdown": ("data", "drift", "load_lag_1"),
        "unit_change": ("quality", "unit", "temperature"),
    }
    assert wanted[shock] in found
    assert (shock == "unit_change") == any(signal == "quality" for signal, *_ in found)


def test_a_window_of_one_entity_is_compared_with_that_entity(worlds):
    table, reference = worlds(0)
    window = last(until(table, "2019-07-31"), 30)
    assert alarms(looked(reference, window[window.area == "TransnetBW"])) == []
    wrong = window[window.area == "TransnetBW"].assign(load_lag_1=lambda t: t.load_lag_1 * 1.3)
    assert ("data", "drift", "load_lag_1") in alarms(looked(reference, wrong))


def test_a_target_in_another_unit_is_named(worlds):
    table, reference = worlds(0)
    window = last(until(table, "2019-07-31"), 30)
    lags = [f"load_lag_{lag}" for lag in (1, 2, 7)]
    window[[*lags, "load"]] /= 1000
    found = looked(reference, window)
    units = {item.column for item in found.findings if item.kind == "unit"}
    assert units == {*lags, "load"}
    assert "divided by 1,000" in found.findings[0].detail


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (lambda t: t.assign(temperature=t.temperature.where(t.index % 2 == 0)), "missing", "50.0%"),
        (
            lambda t: t.assign(temperature=t.temperature.where(t.index % 9 > 0, 99)),
            "range",
            "-40 to",
        ),
        (
            lambda t: t.assign(area=t.area.where(t.index % 4 > 0, "Luxemburg")),
            "unknown",
            "25.0% of the rows are about a `area` the champion never saw, at most 1% is",
        ),
        (lambda t: t.assign(area=t.area.where(t.index % 4 > 0, "Luxemburg")), "unknown", "`area`"),
    ],
)
def test_odd_values_are_quality(worlds, spoil, kind, words):
    window = spoil(last(until(worlds(0)[0], "2019-07-31"), 30))
    found = [item for item in looked(worlds(0)[1], window).findings if item.signal == "quality"]
    assert [item.kind for item in found] == [kind]
    assert words in found[0].detail
    assert found[0].value > found[0].limit


def test_errors_count_where_labels_are_and_only_there(worlds):
    table, reference = worlds(0)
    window = last(until(table, "2019-07-31"), 30)
    worse = window.assign(prediction=window.prediction * 1.25)
    found = looked(reference, worse)
    assert ("performance", "loss", "truth") in alarms(found)
    assert found.judged.rows == 120
    assert found.judged.value > 900
    unlabelled = looked(reference, worse.assign(truth=np.nan))
    assert unlabelled.judged is None
    assert "performance" not in unlabelled.looked_at


@pytest.mark.parametrize(("least", "loud"), [(None, False), (0.7, False), (0.9, True)])
def test_intervals_that_hold_too_few_labels_are_an_alarm_where_one_is_asked_for(
    worlds, least, loud
):
    table, _ = worlds(0)
    interval = {"coverage": 0.95, "half_width": 1_000.0, "rows": 100}
    reference = referred(until(table, "2018-12-31"), told={**TOLD, "interval": interval})
    window = last(until(table, "2019-07-31"), 30)
    apart = np.where(np.arange(120) < 24, 1_000.5, 999.5)  # four fifths are inside
    window = window.assign(prediction=window.truth + apart)
    found = looked(reference, window, Monitor(coverage=least, max_loss=99))
    assert (found.judged.coverage, found.judged.covered) == (0.95, 0.8)
    assert (("performance", "coverage", "truth") in alarms(found)) is loud
    if loud:
        [item] = [item for item in found.findings if item.kind == "coverage"]
        assert item.detail.startswith("80% of 120 labels are inside the 95% interval of their")
        assert "at least 90% are wanted (monitor.coverage)" in item.detail


def test_a_row_without_entity_is_no_stranger(worlds):
    window = last(until(worlds(0)[0], "2019-07-31"), 30)
    window["area"] = window.area.where(window.index % 3 > 0, None)
    found = looked(worlds(0)[1], window)
    assert alarms(found) == []
    assert {item.rows for item in found.comparisons} == {80}


def test_few_rows_say_nothing(worlds):
    found = looked(worlds(0)[1], worlds(0)[0].tail(20))
    assert (found.findings, found.comparisons, found.looked_at) == ([], [], set())


def test_half_a_year_of_reference_only_warns_of_another_season():
    table = sampled("2016-01-31")
    half = table[table[TIMESTAMP] > pd.Timestamp("2015-04-01", tz="UTC")].reset_index(drop=True)
    reference = referred(until(half, "2015-09-30"))
    found = looked(reference, last(table, 30))
    assert not found.seasonal
    assert "temperature" in {item.column for item in found.findings}
    assert all(not item.alarm for item in found.findings if item.kind == "drift")


WIDE = {f"x{n}": Feature(type="float") for n in range(20)} | {"c": Feature(type="category")}
TIMELESS = DataContract.model_validate(
    {
        "name": "t",
        "source": "t.csv",
        "target": "y",
        "task": "regression",
        "features": {name: item.model_dump() for name, item in WIDE.items()},
    }
)


def timeless(reference, window):
    return alarms(looked(reference, window, features=WIDE, contract=TIMELESS))


@pytest.mark.slow
def test_rows_without_time_are_quiet_a_hundred_times_and_a_shift_is_not():
    rng = np.random.default_rng(7)
    reference = referred(drawn(rng, 5_000), TIMELESS, features=WIDE)
    loud = [timeless(reference, drawn(rng, int(rng.integers(50, 3_000)))) for _ in range(100)]
    assert sum(map(bool, loud)) < 5, [item for item in loud if item]
    assert ("data", "drift", "x0") in timeless(reference, drawn(rng, 500, shift=1.0))
    strange = drawn(rng, 500)
    strange["c"] = strange.c.where(strange.index % 9 > 0, "z")
    assert ("quality", "unknown", "c") in timeless(reference, strange)


def test_limits_can_be_moved(worlds):
    window = last(sampled("2019-02-28", "lockdown", 0), 30)
    wide = Monitor(margin=10, max_loss=1000)
    assert alarms(looked(worlds(0)[1], window, wide)) == []


def test_the_contract_of_the_test_is_the_samples(worlds):
    table = worlds(0)[0]
    assert {CONTRACT.target, *FEATURES, TIMESTAMP} <= set(table.columns)
