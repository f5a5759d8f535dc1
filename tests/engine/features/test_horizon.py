"""`data.horizon`: rows hold what was known that many periods earlier; the rest is refused."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from test_further_sources import ASKED, ROWS, START, WEATHER, project, stamp, write

from level2.base.errors import ProjectError
from level2.data.contract import DataContract
from level2.params.config import parse_params
from level2.training.steps import ingest

WARMTH = {"warmth": {"type": "float", "nullable": True, "source": "weather"}}
KIND = {"kind": {"type": "category", "categories": ["x"], "known_in_advance": True}}


def brute(asked, rows, ttl, horizon, early):
    """The oracle: the newest row that was known `horizon` hours before the hour asked for.

    A row is (area, event hour, hour it became known, value). One known in advance may be of any
    hour until the one asked for; another is of an hour `horizon` before it at the latest.
    """
    found = []
    for area, hour in asked:
        until = hour if early else hour - horizon
        seen = [
            row
            for row in rows
            if row[0] == area
            and row[1] <= until
            and row[2] <= hour - horizon
            and row[1] + ttl >= until
        ]
        found.append(max(seen, key=lambda row: (row[1], row[2]))[3] if seen else None)
    return found


@pytest.mark.parametrize("early", [False, True], ids=["measured", "known in advance"])
@settings(max_examples=10)
@given(made=ROWS, asked=ASKED, horizon=st.integers(1, 5))
def test_a_column_of_a_source_is_the_newest_known_that_far_ahead_by_brute_force(
    tmp_path_factory, early, made, asked, horizon
):
    folder = tmp_path_factory.mktemp("horizon")
    rows = [  # a forecast is published before its hour, a measurement after it
        (area, at, at - late if early else at + late, float(place))
        for place, (area, at, late) in enumerate(made)
    ]
    sources = {"weather": WEATHER | {"known_in_advance": early}}
    context = project(
        folder, sources, WARMTH | KIND, entities=None, frequency="1h", horizon=horizon
    )
    said = [(area, stamp(at), stamp(known), value) for area, at, known, value in rows]
    write(folder, "weather", ["area", "at", "known", "warmth"], said)
    labels = [(area, stamp(hour), "x", 1.0) for area, hour in asked]
    raw = write(folder, "small", ["area", "date", "kind", "load"], labels)
    table, _ = ingest.read(context, raw)
    hours = ((table["event_timestamp"] - START) / pd.Timedelta(hours=1)).astype(int)
    wanted = brute(zip(table["area"], hours, strict=True), rows, 3, horizon, early)
    assert [None if pd.isna(value) else value for value in table["warmth"]] == wanted


def test_periods_are_those_of_the_calendar(tmp_path):
    """Two months before the first of May is the first of March, whatever the months' lengths."""
    source = WEATHER | {"created_timestamp": None, "ttl": None}
    context = project(
        tmp_path, {"weather": source}, WARMTH | KIND, entities=None, frequency="MS", horizon=2
    )
    rows = [("North", f"2024-{month:02d}-01", month) for month in range(1, 6)]
    write(tmp_path, "weather", ["area", "at", "warmth"], rows)
    labels = [("North", f"2024-{month:02d}-01", "x", 1.0) for month in range(1, 6)]
    raw = write(tmp_path, "small", ["area", "date", "kind", "load"], labels)
    table, _ = ingest.read(context, raw)
    assert table["warmth"].fillna(0).tolist() == [0, 0, 1, 2, 3]


REFUSED = {
    "a column measured with the target": (
        {"horizon": 7}, {"temperature": {"type": "float"}},
        "`temperature` is measured with the target, so nobody knows it 7 periods ahead",
    ),
    "rows without periods": (
        {"horizon": 7, "frequency": None}, {}, "horizon counts periods: it needs frequency",
    ),
    "classes": (
        {"horizon": 7, "task": "binary", "classes": ["a", "b"]}, {}, "and task regression",
    ),
    "no horizon": (
        {}, {"holiday": {"type": "bool", "known_in_advance": True}},
        "holiday: known_in_advance needs data.horizon",
    ),
    "no horizon for a source": (
        {"sources": {"weather": WEATHER | {"known_in_advance": True}}}, WARMTH,
        "sources.weather: known_in_advance needs data.horizon",
    ),
    "a column whose source says it": (
        {"horizon": 7, "sources": {"weather": WEATHER}},
        {"warmth": WARMTH["warmth"] | {"known_in_advance": True}},
        "`warmth` comes from source `weather`, so sources.weather says whether",
    ),
    "nothing ahead": ({"horizon": 0}, {}, "greater than or equal to 1"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_nobody_knows_so_early_is_refused(tree, case):
    data, features, said = REFUSED[case]
    tree["data"] |= {**data, "features": features}
    with pytest.raises(ValidationError, match=said):
        DataContract.model_validate(tree["data"])


def test_lags_and_baselines_that_are_too_new_are_refused(tree):
    tree["data"] |= {"horizon": 7, "features": {}}
    tree["featurize"]["lags"], tree["evaluate"]["slices"] = [1, 7], []
    with pytest.raises(ProjectError, match=r"featurize.lags: 1 is shorter than data.horizon 7"):
        parse_params(tree)
    tree["featurize"]["lags"] = [7, 14]
    tree["evaluate"]["seasonal_naive_lag"] = 1
    with pytest.raises(ProjectError, match=r"seasonal_naive_lag: 1 is shorter than data.horizon 7"):
        parse_params(tree)
    tree["evaluate"]["seasonal_naive_lag"] = 7
    assert parse_params(tree).data.horizon == 7
