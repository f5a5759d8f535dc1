"""Windows over a source's events: what they hold at a row's time, by brute force and by Feast."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from test_further_sources import ASKED, HOURS, START, STORES, project, stamp, write

from level2.adoption.add_source import add_source
from level2.adoption.source_columns import Asked
from level2.data.contract import DataContract
from level2.data.feature import Feature
from level2.features import feast, feast_newest, feast_online
from level2.features.windows import changes
from level2.params.config import parse_params
from level2.project import Context
from level2.training import source_tables
from level2.training.steps import build_dataset, featurize, ingest

BUYS = {"path": "data/raw/buys.csv", "entity": ["area"], "event_timestamp": "at"}
NUMBERS = {"count": len, "sum": sum, "mean": np.mean, "min": min, "max": max}
EVENTS = st.lists(
    st.tuples(st.sampled_from(["North", "South"]), HOURS, st.integers(-9, 9)), max_size=14
)


def window(function, length="3h", column="amount"):
    over = {} if function == "count" else {"column": column}
    made = {"function": function, "length": length, **over}
    return {"type": "float", "nullable": True, "source": "buys", "window": made}


WINDOWS = {f"{name}_3h": window(name) for name in NUMBERS} | {"sum_5h": window("sum", "5h")}


def brute(events, area, hour, function, length):
    """The oracle: a loop over all events."""
    held = [value for key, at, value in events if key == area and hour - length < at <= hour]
    if not held and function not in {"count", "sum"}:
        return np.nan
    return float(NUMBERS[function](held))


@settings(max_examples=60)
@given(events=EVENTS, asked=ASKED)
def test_a_window_holds_what_a_loop_over_all_events_finds(events, asked):
    table = pd.DataFrame(events, columns=["area", "event_timestamp", "amount"])
    table["event_timestamp"] = START + pd.to_timedelta(table["event_timestamp"], unit="h")
    table["amount"] = table["amount"].astype(float)
    features = {name: Feature.model_validate(item) for name, item in WINDOWS.items()}
    found = changes(table, features)
    assert found["event_timestamp"].is_monotonic_increasing
    for area, hour in asked:
        known = found[(found["area"] == area)]
        known = known[known["event_timestamp"] <= START + timedelta(hours=hour)]
        for name, item in features.items():
            length = int(item.window.length[:-1])
            value = known[name].iloc[-1] if len(known) else item.window.nothing
            value = np.nan if value is None else value
            wanted = brute(events, area, hour, item.window.function, length)
            np.testing.assert_allclose(value, wanted, atol=1e-9, err_msg=f"{name} {area} {hour}")


@pytest.fixture
def bought(tmp_path):
    """A function that makes a training set from labels and events, some of one key and time."""

    def with_store(store, **data):
        events = [("North", 0, 5), ("North", 0, 7), ("North", 2, -1), ("South", 1, 4)]
        said = [(area, stamp(hour), value) for area, hour, value in events]
        write(tmp_path, "buys", ["area", "at", "amount"], said)
        labels = [(area, stamp(hour), "x", hour + 1.0)
                  for area in ("North", "South", "East") for hour in range(-1, 7)]  # fmt: skip
        raw = write(tmp_path, "small", ["area", "date", "kind", "load"], labels)
        context = project(tmp_path, {"buys": BUYS}, WINDOWS, store, entities=None, **data)
        table, _ = ingest.read(context, raw)
        return context, table, events

    return with_store


@pytest.mark.parametrize("store", STORES)
def test_rows_hold_their_windows_through_feast(bought, store):
    _, table, events = bought(store)
    hours = ((table["event_timestamp"] - START) / pd.Timedelta(hours=1)).astype(int)
    for name, item in WINDOWS.items():
        length = int(item["window"]["length"][:-1])
        wanted = [
            brute(events, area, hour, item["window"]["function"], length)
            for area, hour in zip(table["area"], hours, strict=True)
        ]
        np.testing.assert_allclose(table[name], wanted, err_msg=name)
    assert table.loc[table["area"] == "East", "count_3h"].eq(0).all(), "a key without an event"


def test_a_window_over_the_targets_own_table_holds_what_the_horizon_allows(tmp_path):
    labels = [("North", stamp(hour), "x", 10.0**hour) for hour in range(6)]
    raw = write(tmp_path, "small", ["area", "date", "kind", "load"], labels)
    past = {"path": "data/raw/small.csv", "entity": ["area"], "event_timestamp": "date",
            "rename": {"load": "amount"}}  # fmt: skip
    kind = {"kind": {"type": "category", "categories": ["x"], "known_in_advance": True}}
    features = {"sum_2h": window("sum", "2h"), **kind}
    context = project(tmp_path, {"buys": past}, features, entities=None, frequency="1h", horizon=2)
    table, _ = ingest.read(context, raw)
    assert table["sum_2h"].tolist() == [0, 0, 1, 11, 110, 1100]


def test_the_newest_window_is_read_online(bought):
    context, table, _ = bought("duckdb")
    context.workspace.ingested.parent.mkdir(exist_ok=True)
    table.to_parquet(context.workspace.ingested, index=False)
    featurize.run(context)
    build_dataset.run(context)
    store = feast.open_store(context.workspace, context.params)
    feast.materialize(store, context.params, pd.read_parquet(context.workspace.features))
    tables = source_tables.written(context.workspace, context.params.data)
    feast_newest.materialize_sources(store, context.params, tables)
    rows = feast_online.OnlineStore(context.workspace, context.params).read(["North", "East"])
    assert [row[0]["count_3h"] for row in rows] == [0, 0], "all events have left the window"
    assert [row[0]["sum_5h"] for row in rows] == [0, 0]
    assert rows[0][0]["mean_3h"] is None or np.isnan(rows[0][0]["mean_3h"])


def test_windows_of_one_name_over_two_sources_are_two_columns(tmp_path):
    labels = [("North", stamp(hour), "x", float(hour)) for hour in range(20)]
    write(tmp_path, "small", ["area", "date", "kind", "load"], labels)
    context = project(tmp_path, {}, {}, entities=None)
    for name, value in (("buys", 1), ("returns", 2)):
        rows = [("North", stamp(hour), value * (hour + 1)) for hour in range(10)]
        path = write(tmp_path / "elsewhere", name, ["area", "at", "amount"], rows)
        tree = yaml.safe_load((tmp_path / "params.yaml").read_text())
        context = Context(parse_params(tree), context.workspace)
        asked = Asked(entity=("area",), windows=("amount:sum:3h", "count:3h"))
        add_source(context, tree, path, asked, lambda _: None)
    tree = yaml.safe_load((tmp_path / "params.yaml").read_text())
    made = {name: item.get("source") for name, item in tree["data"]["features"].items()}
    assert made == {
        "kind": None,
        "amount_sum_3h": "buys",
        "buys_count_3h": "buys",
        "returns_amount_sum_3h": "returns",
        "returns_count_3h": "returns",
    }
    context = Context(parse_params(tree), context.workspace)
    table, _ = ingest.read(context, ingest.fetched(context))
    assert (table["amount_sum_3h"] * 2).tolist() == table["returns_amount_sum_3h"].tolist()


REFUSED = {
    "no source": (
        {}, {"x_3h": {"type": "float", "window": {"function": "count", "length": "3h"}}},
        "`x_3h`: a window is over the rows of a source",
    ),
    "a function that nobody knows": ({"buys": BUYS}, {"x_3h": window("mode")}, "Input should be"),
    "a length that is none": (
        {"buys": BUYS}, {"x_3h": window("sum", "a week")}, "`a week` is not a duration",
    ),
    "a count of a column": (
        {"buys": BUYS},
        {"x_3h": {**window("sum"), "window": {"function": "count", "length": "3h", "column": "a"}}},
        "and count, which counts rows, none",
    ),
    "plain columns beside": (
        {"buys": BUYS}, {"x_3h": window("sum"), "shop": {"type": "float", "source": "buys"}},
        "sources.buys has windows and plain columns: declare the file twice",
    ),
    "corrections": (
        {"buys": BUYS | {"created_timestamp": "known"}}, {"x_3h": window("sum")},
        "leave out created_timestamp, ttl and known_in_advance",
    ),
    "a category": (
        {"buys": BUYS}, {"x_3h": window("sum") | {"type": "category"}}, "its type is float or int",
    ),
    "the row's own target": (
        {"buys": BUYS | {"path": "data/raw/small.csv"}}, {"x_3h": window("sum")},
        "so a window would hold the row's own: say data.horizon",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_window_that_means_nothing_is_refused(tree, case):
    sources, features, said = REFUSED[case]
    tree["data"]["features"] |= features
    with pytest.raises(ValidationError, match=said):
        DataContract.model_validate(tree["data"] | {"sources": sources})
