"""The end of the past that a bundle carries answers as the whole of it does, or says it cannot."""

import numpy as np
import pandas as pd
import pytest

from level2.data.contract import TIMESTAMP, DataContract
from level2.data.featurize import Featurize
from level2.features.recent_past import recent, whole
from level2.model.scoring import inputs

RNG = np.random.default_rng(3)
LAGS = Featurize(lags=(1, 2, 7))
CALENDARS = {
    "days": ("1D", None, "2023-01-01"),
    "days of Berlin, over the clock change": ("1D", "Europe/Berlin", "2023-02-20"),
    "hours of Berlin, over the clock change": ("1h", "Europe/Berlin", "2023-03-25"),
    "half hours": ("30min", None, "2023-01-01"),
    "months": ("MS", None, "2015-01-01"),
    "weeks": ("W-SUN", None, "2023-01-01"),
    "working days": ("B", None, "2023-01-02"),
}


def made(kind, gap=False):
    """Contract and past of three shops: one that closed early, one that opened late."""
    frequency, zone, start = CALENDARS[kind]
    contract = DataContract.model_validate(
        {
            "name": "shops",
            "source": "shops.csv",
            "entity": "shop",
            "event_timestamp": "when",
            "frequency": frequency,
            "timezone": zone,
            "target": "sold",
            "task": "regression",
        }
    )
    times = pd.date_range(start, periods=50, freq=frequency, tz=zone or "UTC").tz_convert("UTC")
    spans = {"old": times[:30], "whole": times, "new": times[46:]}
    rows = [(shop, time) for shop, span in spans.items() for time in span]
    past = pd.DataFrame(rows, columns=["shop", TIMESTAMP])
    past[TIMESTAMP] = past[TIMESTAMP].astype("datetime64[us, UTC]")
    past["sold"] = RNG.normal(size=len(past))
    return contract, past[RNG.random(len(past)) > 0.2] if gap else past, times


def asked(contract, times):
    """A raw row of each shop for every period, and for some that nobody has seen yet."""
    zone = contract.timezone or "UTC"
    more = pd.date_range(times[-1].tz_convert(zone), periods=12, freq=contract.frequency)[1:]
    every = [*times, *more.tz_convert("UTC")]
    rows = [(shop, time.isoformat()) for shop in ("old", "whole", "new") for time in every]
    return pd.DataFrame(rows, columns=["shop", "when"])


@pytest.mark.parametrize("gap", [False, True], ids=["whole", "with gaps"])
@pytest.mark.parametrize("kind", CALENDARS)
def test_the_end_answers_as_the_whole_does_or_says_that_it_cannot(kind, gap):
    contract, past, times = made(kind, gap)
    raw = asked(contract, times)
    right = inputs(raw, contract, LAGS, past)
    rows, cut = recent(past, contract, LAGS.lags)
    found = inputs(raw, contract, LAGS, rows, None, cut)
    assert len(rows) < len(past) / 2
    assert rows.groupby("shop").size().max() <= 1 + max(LAGS.lags)
    ends = past.groupby("shop")[TIMESTAMP].max()
    newest = (found.keys[TIMESTAMP] >= found.keys["shop"].map(ends)).to_numpy()
    for name, early in found.before.items():
        same = np.isclose(found.columns[name], right.columns[name], rtol=0, atol=0, equal_nan=True)
        assert (same | early).all(), "no value is missing in silence"
        assert not early[newest].any(), "the newest rows are answered"
        assert early.any(), "what was left out is asked for here"
        assert not right.before[name].any()
        np.testing.assert_array_equal(found.beyond[name], right.beyond[name])
    assert "new" not in cut.index, "nothing of a short series is left out"


def test_without_the_newest_time_left_out_values_would_be_missing_in_silence():
    contract, past, times = made("days")
    rows, _ = recent(past, contract, LAGS.lags)
    found = inputs(asked(contract, times), contract, LAGS, rows)
    right = inputs(asked(contract, times), contract, LAGS, past)
    lost = np.isnan(found.columns["sold_lag_7"]) & ~np.isnan(right.columns["sold_lag_7"])
    assert lost.any()
    assert not any(early.any() for early in found.before.values())


def test_what_a_given_row_needs_is_kept_too():
    contract, past, times = made("days")
    row = pd.DataFrame({"shop": ["whole"], "when": [times[20].isoformat()]})
    rows, cut = recent(past, contract, LAGS.lags, [("whole", times[20]), ("stranger", times[3])])
    found = inputs(row, contract, LAGS, rows, None, cut)
    right = inputs(row, contract, LAGS, past)
    for name in found.before:
        assert not found.before[name].any()
        np.testing.assert_array_equal(found.columns[name], right.columns[name])
    assert (rows["shop"] == "old").sum() == 8, "the others are cut as before"
    before = row.assign(when=times[19].isoformat())
    assert inputs(before, contract, LAGS, rows, None, cut).before["sold_lag_7"].all()


def test_a_lag_that_the_row_gives_is_not_asked_for():
    contract, past, times = made("days")
    rows, cut = recent(past, contract, LAGS.lags)
    raw = pd.DataFrame({"shop": ["whole"], "when": [times[5].isoformat()]})
    given = {"sold_lag_7": {0: 4.0}}
    found = inputs(raw, contract, LAGS, rows, given, cut)
    assert found.columns["sold_lag_7"].tolist() == [4]
    assert [name for name, early in found.before.items() if early[0]] == [
        "sold_lag_1",
        "sold_lag_2",
    ]


def test_the_whole_leaves_nothing_out():
    contract, past, times = made("days")
    rows, cut = whole(past, contract)
    assert rows is past
    found = inputs(asked(contract, times), contract, LAGS, rows, None, cut)
    assert not any(early.any() for early in found.before.values())
