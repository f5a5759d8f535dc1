"""Rows of sources that are pushed: the newest of each key is read, in whatever order they come."""

import json
import os
import random
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from dataclasses import replace
from itertools import count

import pandas as pd
import pytest
import yaml
from test_further_sources import START, WEATHER, project, stamp, write

from level2.base.errors import ProjectError
from level2.cli import push_features
from level2.data.source_rows import typed
from level2.features import feast, feast_lock, feast_mark, feast_newest, feast_online
from level2.features.feast_push import Push
from level2.training import source_tables
from level2.training.steps import featurize, ingest

COLUMNS = ["area", "at", "known", "warmth"]
WARMTH = {"warmth": {"type": "float", "nullable": True, "source": "weather", "max": 1000}}
AREAS = ["North", "South"]


NUMBERS = count()
# the settings of Feast's online store; tests/real runs this file with those of real servers
STORE = json.loads(os.environ.get("PUSHED_TO", "{}"))


def filled(folder, first=(), **data):
    """A project after `featurize`, whose weather table holds the rows `first`."""
    sources, features = {"weather": WEATHER | {"ttl": None}}, data.pop("features", {}) | WARMTH
    context = project(folder, sources, features, entities=None, **data)
    named(context)
    write(folder, "weather", COLUMNS, list(first) or [("East", stamp(0), stamp(0), 0)])
    days = [f"{START + pd.Timedelta(days=day):%Y-%m-%d}" for day in range(10)]
    labels = [(area, day, "x", 1.0) for area in AREAS for day in days]
    raw = write(folder, "small", ["area", "date", "kind", "load"], labels)
    table, _ = ingest.read(context, raw)
    context.workspace.ingested.parent.mkdir(exist_ok=True)
    table.to_parquet(context.workspace.ingested, index=False)
    featurize.run(context)
    return context


def named(context):
    """Give the project another name, so that its rows are apart from those of other tests."""
    path = context.workspace.feature_repo / "feature_store.yaml"
    text = yaml.safe_load(path.read_text())
    text["project"] = f"pushed{os.getpid()}x{next(NUMBERS)}"
    if STORE:
        text["online_store"] = STORE
    path.write_text(yaml.safe_dump(text))


def table_of(context, rows):
    return typed(pd.DataFrame(rows, columns=COLUMNS), context.params.data, "weather")


def push(context, rows):
    return Push(context.workspace, context.params).write("weather", table_of(context, rows))


def run(context, rows):
    """The part of `make run` that fills the store from a table."""
    write(context.workspace.root, "weather", COLUMNS, rows)
    store = feast.open_store(context.workspace, context.params)
    tables = source_tables.written(context.workspace, context.params.data)
    feast_newest.materialize_sources(store, context.params, tables)


def read(context):
    found = feast_online.OnlineStore(context.workspace, context.params).read(AREAS)
    return {area: row[0]["warmth"] for area, row in zip(AREAS, found, strict=True)}


def moment(seconds):
    return str(START + pd.Timedelta(seconds=seconds))


def drawn(rng, count=12):
    """Rows of few keys and times, so that many meet: some within one second, some corrections."""
    places = {(rng.choice(AREAS), rng.choice([0, 0.25, 0.5, 1, 60, 3600]), rng.choice([0, 0.5, 90]))
              for _ in range(count)}  # fmt: skip
    rows = [
        (area, moment(at), moment(at + late), float(place))
        for place, (area, at, late) in enumerate(sorted(places))
    ]
    rng.shuffle(rows)
    return rows


def newest(rows):
    """The oracle: of each key the row with the last event time, then the last creation."""
    found = dict.fromkeys(AREAS)
    for area, *_, value in sorted(rows, key=lambda row: tuple(map(pd.Timestamp, row[1:3]))):
        found[area] = value
    return found


def parts(rng, rows):
    """The rows in pushes of random sizes."""
    while rows:
        size = rng.randint(1, len(rows))
        yield rows[:size]
        rows = rows[size:]


def in_any_order(context, seed):
    """Push drawn rows in random parts; some come with a run. Compare each read with the oracle."""
    rng = random.Random(seed)  # noqa: S311
    rows = drawn(rng)
    seen, table = [], []
    for part in parts(rng, rows):
        if rng.random() < 0.3:
            table = [*table, *part]
            run(context, table)
        else:
            counts = push(context, part)
            assert counts.written + counts.older == len(part)
            assert counts.early == 0
        seen += part
        assert read(context) == newest(seen), f"after {part} of {rows}"


@pytest.fixture(scope="module")
def filled_once(tmp_path_factory):
    return filled(tmp_path_factory.mktemp("pushed"))


def emptied(context):
    """The same project with nothing but the main table's rows in its store: under a new name."""
    named(context)
    store = feast.open_store(context.workspace, context.params)
    feast.materialize(store, context.params, pd.read_parquet(context.workspace.features))
    return context


@pytest.mark.parametrize("seed", range(40))
def test_the_newest_row_is_read_in_whatever_order_rows_come(filled_once, seed):
    in_any_order(emptied(filled_once), seed)


def test_without_the_comparison_most_orders_end_wrong(filled_once, monkeypatch):
    """What the oracle sees where each row is simply written, as Feast does it."""
    monkeypatch.setattr(feast_mark.Held, "newer", lambda *_: False)
    wrong = 0
    for seed in range(20):
        try:
            in_any_order(emptied(filled_once), seed)
        except AssertionError:
            wrong += 1
    assert wrong > 10


def together(context, monkeypatch, seconds):
    """What is read after a newer row is pushed while an older one is about to be written.

    The older one waits so many seconds for the newer one, which a lock keeps out.
    """
    put, about, done = feast_newest.Newest._put, threading.Event(), threading.Event()

    def slow(self, name, rows, pushed):
        if any(row.values["warmth"].float_val == 1.0 for row in rows):
            about.set()
            done.wait(seconds)
        put(self, name, rows, pushed)

    monkeypatch.setattr(feast_newest.Newest, "_put", slow)
    monkeypatch.setattr(feast_lock, "_HERE", nullcontext())  # as if they were two processes
    with ThreadPoolExecutor(2) as senders:
        older = senders.submit(push, context, [("North", stamp(1), stamp(1), 1.0)])
        assert about.wait(60)
        newer = senders.submit(push, context, [("North", stamp(2), stamp(2), 2.0)])
        newer.add_done_callback(lambda _: done.set())
    assert (older.result().written, newer.result().written) == (1, 1)
    return read(context)["North"]


def test_two_who_push_at_once_do_not_cross(filled_once, monkeypatch):
    assert together(emptied(filled_once), monkeypatch, seconds=1) == 2.0


def test_without_the_stores_lock_they_would(filled_once, monkeypatch):
    monkeypatch.setattr(feast_newest, "alone", lambda *_: nullcontext())
    assert together(emptied(filled_once), monkeypatch, seconds=60) == 1.0


def test_a_correction_of_the_same_times_counts(filled_once):
    context = emptied(filled_once)
    for value in (1.0, 2.0):
        assert push(context, [("North", stamp(0), stamp(0), value)]).written == 1
    assert read(context)["North"] == 2.0


def test_a_run_says_again_what_its_table_holds_but_not_over_newer_pushed_rows(filled_once):
    context = emptied(filled_once)
    wrong = ("North", stamp(9), stamp(9), 900.0)
    right = ("North", stamp(1), stamp(1), 1.0)
    run(context, [wrong, right])
    assert read(context)["North"] == 900.0
    run(context, [right])
    assert read(context)["North"] == 1.0, "a row that was taken out of the table is served no more"
    push(context, [("North", stamp(2), stamp(2), 2.0)])
    run(context, [right])
    assert read(context)["North"] == 2.0
    run(context, [right, ("North", stamp(2), stamp(3), 3.0)])
    assert read(context)["North"] == 3.0


def test_rows_without_a_mark_are_compared_by_their_time(filled_once):
    """Those of a store that an earlier engine has filled, by Feast alone."""
    context = emptied(filled_once)
    by_feast(context)
    push(context, [("North", stamp(4), stamp(4), 4.0), ("South", stamp(6), stamp(6), 6.0)])
    assert read(context) == {"North": 5.0, "South": 6.0}


def test_a_mark_is_not_taken_for_that_of_other_values(filled_once):
    """What somebody writes by Feast alone hinders nothing that is pushed afterwards."""
    context = emptied(filled_once)
    push(context, [("North", stamp(9), stamp(9), 9.0)])
    by_feast(context, hours=12)
    push(context, [("North", stamp(10), stamp(10), 10.0)])
    assert read(context)["North"] == 10.0


def by_feast(context, hours=5):
    rows = pd.DataFrame({"area": AREAS, "warmth": [5.0, 5.0]}).astype({"warmth": "float32"})
    rows["event_timestamp"] = rows["created_timestamp"] = START + pd.Timedelta(hours=hours)
    feast.connect(context.workspace).write_to_online_store("small_load_weather", rows)


def test_a_row_is_not_used_before_its_time_or_before_it_is_known(filled_once):
    context = emptied(filled_once)
    ahead = f"{pd.Timestamp.now('UTC') + pd.Timedelta(days=1):%Y-%m-%d %H:%M}"
    later = [("North", ahead, stamp(0), 2.0), ("North", stamp(1), ahead, 3.0)]
    counts = push(context, [("North", stamp(0), stamp(0), 1.0), *later])
    assert counts == (1, 0, 2)
    assert counts.said == "1 row written · 2 rows not yet to be used: push again when due"
    assert read(context)["North"] == 1.0
    run(context, [("North", stamp(0), stamp(0), 1.0), *later])
    assert read(context)["North"] == 1.0


def test_with_a_horizon_a_pushed_row_counts_that_much_later(tmp_path):
    kind = {"kind": {"type": "category", "nullable": True, "known_in_advance": True}}
    context = filled(tmp_path, frequency="1D", horizon=2, features=kind)
    now = pd.Timestamp.now("UTC")
    rows = [
        ("North", f"{now - pd.Timedelta(days=days):%Y-%m-%d %H:%M}", stamp(0), days)
        for days in (1.0, 3.0)
    ]
    assert push(context, rows) == (1, 0, 1)
    assert read(context)["North"] == 3.0


def test_after_another_horizon_the_table_counts_again(tmp_path):
    kind = {"kind": {"type": "category", "nullable": True, "known_in_advance": True}}
    old = [("North", stamp(0), stamp(0), 1.0)]
    context = filled(tmp_path, old, frequency="1D", horizon=2, features=kind)
    push(context, [("North", stamp(5), stamp(5), 5.0)])
    run(context, old)
    assert read(context)["North"] == 5.0
    data = context.params.data.model_copy(update={"horizon": 1})
    context = replace(context, params=context.params.model_copy(update={"data": data}))
    run(context, old)
    assert read(context)["North"] == 1.0


def command(context, lines, name="weather"):
    file = context.workspace.root / "rows.csv"
    file.write_text("\n".join([",".join(COLUMNS), *lines]) + "\n")
    push_features.in_folder(context.workspace.root, file, name)


def test_the_command_says_what_became_of_the_rows(filled_once, capsys):
    context = emptied(filled_once)
    command(context, ["North,2024-01-03,2024-01-03,3", "South,2024-01-03,2024-01-03,"])
    assert capsys.readouterr().out == " push      weather: 2 rows written\n"
    command(context, ["North,2024-01-02,2024-01-04,2", "South,2024-01-03,2024-01-04,4"])
    said = " push      weather: 1 row written · 1 row left alone: the store holds newer ones\n"
    assert capsys.readouterr().out == said
    assert read(context) == {"North": 3.0, "South": 4.0}


REFUSED = {
    "a wrong number": (["North,2024-01-01,2024-01-01,warm"], r"rows.csv line 2: column `warmth`"),
    "beyond the bounds": (
        ["North,2024-01-01,2024-01-01,1", "North,2024-01-02,2024-01-02,1001"],
        r"rows.csv line 3: column `warmth` holds `1001`, outside what the contract allows",
    ),
    "no key": ([",2024-01-01,2024-01-01,1"], "line 2.*but every row needs its key"),
    "no time": (["North,,2024-01-01,1"], "line 2.*`at` is empty"),
    "a row twice": (
        ["North,2024-01-01,2024-01-01,1", "North,2024-01-01,2024-01-01,2"],
        "rows.csv lines 2 and 3 are both of area `North`",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_rows_that_do_not_fit_are_refused_and_nothing_is_written(filled_once, case):
    lines, said = REFUSED[case]
    context = emptied(filled_once)
    with pytest.raises(ProjectError, match=said):
        command(context, lines)
    assert read(context) == {"North": None, "South": None}


def test_a_name_that_is_no_source_and_a_store_that_was_never_filled_are_refused(tmp_path):
    context = project(tmp_path, {"weather": WEATHER}, WARMTH)
    with pytest.raises(ProjectError, match=r"`wether` is not a source .* it has `weather`"):
        command(context, ["North,2024-01-01,2024-01-01,1"], "wether")
    with pytest.raises(ProjectError, match=r"is not there yet .*: `make run` fills it"):
        command(context, ["North,2024-01-01,2024-01-01,1"])


def test_a_source_with_windows_is_refused(tmp_path):
    features = {
        "sum": {"type": "float", "source": "sold", "nullable": True,
                "window": {"function": "count", "length": "7D"}}
    }  # fmt: skip
    sources = {"sold": {"path": "data/raw/sold.csv", "entity": ["area"], "event_timestamp": "at"}}
    context = project(tmp_path, sources, features)
    with pytest.raises(ProjectError, match=r"put the rows into data/raw/sold.csv and run"):
        command(context, ["North,2024-01-01,2024-01-01,1"], "sold")
