"""Further sources: each row's columns as known at its time, by a real Feast; the newest online."""

import copy
import shutil

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from conftest import ROOT, TREE
from level2.adoption.add_source import add_source
from level2.adoption.source_columns import Asked
from level2.base.errors import ProjectError
from level2.data.contract import DataContract
from level2.features import feast, feast_newest, feast_online
from level2.params.config import parse_params
from level2.project import Context
from level2.training import source_tables
from level2.training.steps import build_dataset, featurize, ingest
from level2.workspace import Workspace

START = pd.Timestamp("2024-01-01", tz="UTC")
STORES = {"duckdb": "duckdb", "asof": "level2.features.feast_asof.AsofOfflineStore"}
WEATHER = {
    "path": "data/raw/weather.csv",
    "entity": ["area"],
    "event_timestamp": "at",
    "created_timestamp": "known",
    "ttl": "3h",
}


def stamp(hours):
    return (START + pd.Timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M")


def project(folder, sources, features, store="duckdb", **data):
    """A project folder whose contract has these sources; nothing is derived."""
    tree = copy.deepcopy(TREE)
    own = {"kind": {"type": "category", "categories": ["x", "y"], "nullable": True}}
    tree["data"] |= {"frequency": None, "features": own | features, "sources": sources, **data}
    tree["featurize"], tree["evaluate"] = {}, {"slices": []}
    tree["validate"] = {"min_rows": 10}
    shutil.copytree(ROOT / "feature_repo", folder / "feature_repo", dirs_exist_ok=True)
    text = yaml.safe_load((folder / "feature_repo" / "feature_store.yaml").read_text())
    text["offline_store"]["type"] = STORES[store]
    (folder / "feature_repo" / "feature_store.yaml").write_text(yaml.safe_dump(text))
    (folder / "params.yaml").write_text(yaml.safe_dump(tree))
    (folder / "data" / "raw").mkdir(parents=True, exist_ok=True)
    return Context(parse_params(tree), Workspace.at(folder))


def write(folder, name, columns, rows):
    path = folder / "data" / "raw" / f"{name}.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows, columns=columns).to_csv(path, index=False)
    return path


def brute(asked, rows, ttl):
    """The oracle: of the rows known by then and not older than `ttl` hours, the newest.

    `asked` is (area, hour), a row is (area, event hour, hour it became known, value).
    """
    found = []
    for area, hour in asked:
        seen = [
            row
            for row in rows
            if row[0] == area and row[1] <= hour and row[2] <= hour and row[1] + ttl >= hour
        ]
        found.append(max(seen, key=lambda row: (row[1], row[2]))[3] if seen else None)
    return found


HOURS = st.integers(0, 12)
ROWS = st.lists(
    st.tuples(st.sampled_from(["North", "South"]), HOURS, st.integers(0, 6)),
    min_size=1,
    max_size=14,
    unique=True,
)
ASKED = st.lists(
    st.tuples(st.sampled_from(["North", "South", "East"]), st.integers(-2, 20)),
    min_size=1,
    max_size=10,
    unique=True,
)


@pytest.mark.parametrize("store", STORES)
@settings(max_examples=12)
@given(made=ROWS, asked=ASKED)
def test_a_column_of_a_source_is_the_newest_known_at_the_time_by_brute_force(
    tmp_path_factory, store, made, asked
):
    folder = tmp_path_factory.mktemp("sources")
    rows = [(area, at, at + late, float(place)) for place, (area, at, late) in enumerate(made)]
    context = project(
        folder, {"weather": WEATHER}, {"warmth": {"type": "float", "nullable": True,
                                                  "source": "weather"}}, store, entities=None,
    )  # fmt: skip
    said = [(area, stamp(at), stamp(known), value) for area, at, known, value in rows]
    write(folder, "weather", ["area", "at", "known", "warmth"], said)
    labels = [(area, stamp(hour), "x", 1.0) for area, hour in asked]
    raw = write(folder, "small", ["area", "date", "kind", "load"], labels)
    table, _ = ingest.read(context, raw)
    hours = ((table["event_timestamp"] - START) / pd.Timedelta(hours=1)).astype(int)
    wanted = brute(zip(table["area"], hours, strict=True), rows, 3)
    assert [None if pd.isna(value) else value for value in table["warmth"]] == wanted


GLUED = st.tuples(st.sampled_from(["a", "ab"]), st.sampled_from(["bx", "x"]))


@pytest.mark.parametrize("store", STORES)
@settings(max_examples=12)
@given(
    made=st.lists(st.tuples(GLUED, HOURS, st.integers(0, 6)), min_size=1, max_size=14, unique=True),
    asked=st.lists(st.tuples(GLUED, st.integers(-2, 20)), min_size=1, max_size=10, unique=True),
)
@example(made=[(("a", "bx"), 0, 0), (("ab", "x"), 0, 0)],
         asked=[(("a", "bx"), 1), (("ab", "x"), 1)])  # fmt: skip
def test_keys_of_two_columns_whose_texts_joined_are_equal_stay_apart(
    tmp_path_factory, store, made, asked
):
    folder = tmp_path_factory.mktemp("sources")
    rows = [(key, at, at + late, float(place)) for place, (key, at, late) in enumerate(made)]
    kind = {"kind": {"type": "category", "categories": ["bx", "x"], "nullable": True}}
    warmth = {"warmth": {"type": "float", "nullable": True, "source": "weather"}}
    source = WEATHER | {"entity": ["area", "kind"]}
    context = project(folder, {"weather": source}, kind | warmth, store, entities=None)
    said = [(*key, stamp(at), stamp(known), value) for key, at, known, value in rows]
    write(folder, "weather", ["area", "kind", "at", "known", "warmth"], said)
    hours = {}
    for (area, kind), hour in asked:  # the main table has one row for an area and a time
        hours[area, hour] = kind
    labels = [(area, stamp(hour), kind, 1.0) for (area, hour), kind in hours.items()]
    raw = write(folder, "small", ["area", "date", "kind", "load"], labels)
    table, _ = ingest.read(context, raw)
    at = ((table["event_timestamp"] - START) / pd.Timedelta(hours=1)).astype(int)
    wanted = brute(zip(zip(table["area"], table["kind"], strict=True), at, strict=True), rows, 3)
    assert [None if pd.isna(value) else value for value in table["warmth"]] == wanted


def whole(folder, store="duckdb"):
    """Labels with three sources: by entity, by a category, one for all; featurized and split."""
    days = pd.date_range(START, periods=60, freq="D")
    rng = np.random.default_rng(0)
    labels = [
        (area, f"{day:%Y-%m-%d}", kind, place + 10.0 * (area == "North"))
        for place, day in enumerate(days)
        for area, kind in (("North", "x"), ("South", "y" if place % 3 else ""))
    ]
    write(folder, "small", ["area", "date", "kind", "load"], labels)
    write(folder, "weather", ["area", "at", "warmth", "sky"],
          [(area, f"{day:%Y-%m-%d}", round(rng.normal(), 3), rng.choice(["clear", "rain"]))
           for day in days[:-5] for area in ("North", "South")])  # fmt: skip
    write(folder, "prices", ["tariff", "day", "price"],
          [(kind, f"{day:%Y-%m-%d}", place + 100 * (kind == "y"))
           for place, day in enumerate(days[::7]) for kind in ("x", "y")])  # fmt: skip
    write(folder, "calendar", ["day", "holiday"],
          [(f"{day:%Y-%m-%d}", int(day.weekday() > 5)) for day in days])  # fmt: skip
    sources = {
        "weather": {"path": "data/raw/weather.csv", "entity": ["area"], "event_timestamp": "at",
                    "ttl": "2D"},
        "prices": {"path": "data/raw/prices.csv", "entity": ["kind"], "event_timestamp": "day",
                   "rename": {"tariff": "kind"}},
        "calendar": {"path": "data/raw/calendar.csv", "event_timestamp": "day"},
    }  # fmt: skip
    features = {
        "warmth": {"type": "float", "nullable": True, "source": "weather"},
        "sky": {"type": "category", "nullable": True, "source": "weather"},
        "price": {"type": "int", "nullable": True, "source": "prices"},
        "holiday": {"type": "bool", "nullable": True, "source": "calendar"},
    }
    context = project(folder, sources, features, store)
    table, _ = ingest.read(context, ingest.fetched(context))
    context.workspace.ingested.parent.mkdir(exist_ok=True)
    table.to_parquet(context.workspace.ingested, index=False)
    featurize.run(context)
    build_dataset.run(context)
    return context, table


@pytest.mark.parametrize("store", STORES)
def test_the_training_set_holds_what_merge_asof_finds_for_three_kinds_of_keys(tmp_path, store):
    context, _ = whole(tmp_path, store)
    folder = tmp_path / "data" / "raw"
    wanted = pd.read_csv(folder / "small.csv", parse_dates=["date"]).sort_values(["date", "area"])
    weather = pd.read_csv(folder / "weather.csv", parse_dates=["at"])
    prices = pd.read_csv(folder / "prices.csv", parse_dates=["day"]).rename(
        columns={"tariff": "kind", "day": "priced"}
    )
    calendar = pd.read_csv(folder / "calendar.csv", parse_dates=["day"])
    wanted = pd.merge_asof(
        wanted, weather, left_on="date", right_on="at", by="area", tolerance=pd.Timedelta(days=2)
    )
    wanted["kind"] = wanted["kind"].fillna("?")  # a row without its key finds nothing
    wanted = pd.merge_asof(wanted, prices, left_on="date", right_on="priced", by="kind")
    wanted = wanted.merge(calendar, left_on="date", right_on="day")
    dataset = pd.read_parquet(context.workspace.dataset)
    assert len(dataset) == len(wanted) == 120
    for name in ("warmth", "price", "holiday"):
        np.testing.assert_allclose(dataset[name], wanted[name].astype("float32"), equal_nan=True)
    assert dataset["sky"].fillna("").tolist() == wanted["sky"].fillna("").tolist()
    assert dataset["warmth"].isna().sum() == 2 * 3  # the last five days less the two it may be old
    assert dataset["price"].isna().sum() == 20


def test_the_feature_service_gives_the_training_set_again(tmp_path):
    """Whoever knows Feast asks the service, with the keys of every view."""
    context, table = whole(tmp_path)
    store = feast.connect(context.workspace)
    entities = table[["area", "event_timestamp", "load"]].assign(
        kind_key=table["kind"], series="all"
    )
    service = store.get_feature_service("small_load_service")
    found = store.get_historical_features(entities, service).to_df()
    order = ["event_timestamp", "area"]
    found = found.sort_values(order, ignore_index=True)
    dataset = pd.read_parquet(context.workspace.dataset).sort_values(order, ignore_index=True)
    for name in ("warmth", "price", "holiday"):
        np.testing.assert_allclose(found[name].astype("float32"), dataset[name], equal_nan=True)
    assert found["sky"].fillna("").tolist() == dataset["sky"].fillna("").tolist()


def test_a_request_by_entity_reads_every_view(tmp_path):
    context, _ = whole(tmp_path)
    reader = feast_online.OnlineStore(context.workspace, context.params)
    north, south, nobody = reader.read(["North", "South", "West"])
    assert nobody is None
    raw = tmp_path / "data" / "raw"
    newest = pd.read_csv(raw / "prices.csv")["price"].to_numpy()[-2:]
    assert north[0]["kind"] == "x"
    assert north[0]["price"] == newest[0]
    assert north[0]["warmth"] is None, "the newest weather is older than its ttl"
    assert north[0]["holiday"] == south[0]["holiday"] == 0.0  # 29 February is a Thursday
    assert south[0]["kind"] == "y"
    assert south[0]["price"] == newest[1]


def test_newer_rows_of_a_source_are_served_though_no_row_of_the_main_table_is(tmp_path):
    context, _ = whole(tmp_path)
    path = tmp_path / "data" / "raw" / "weather.csv"
    path.write_text(path.read_text() + "North,2024-02-29,7.5,clear\n")
    tables = source_tables.written(context.workspace, context.params.data)
    store = feast.open_store(context.workspace, context.params)
    feast_newest.materialize_sources(store, context.params, tables)
    [row] = feast_online.OnlineStore(context.workspace, context.params).read(["North"])
    assert row[0]["warmth"] == 7.5
    assert row[0]["sky"] == "clear"


REFUSED = {
    "an unknown source": (
        {}, {"warmth": {"type": "float", "source": "weather"}}, "which data.sources does not name"
    ),
    "a source without columns": ({"weather": WEATHER}, {}, "no feature comes from it"),
    "a name that is not plain": (
        {"My weather": WEATHER}, {"warmth": {"type": "float", "source": "My weather"}},
        "`My weather` is no plain name like weather",
    ),
    "a key that the rows do not have": (
        {"weather": WEATHER | {"entity": ["region"]}},
        {"warmth": {"type": "float", "source": "weather"}},
        "`region` must be the entity or a category of the main table",
    ),
    "a key that is a number": (
        {"weather": WEATHER | {"entity": ["temperature"]}},
        {"warmth": {"type": "float", "source": "weather"}},
        "`temperature` must be the entity or a category",
    ),
    "a ttl that is no duration": (
        {"weather": WEATHER | {"ttl": "soon"}},
        {"warmth": {"type": "float", "source": "weather"}},
        "`soon` is not a duration like 1D, 12h or 30min",
    ),
    "a ttl that looks ahead": (
        {"weather": WEATHER | {"ttl": "-1D"}},
        {"warmth": {"type": "float", "source": "weather"}},
        "`-1D` is not a duration",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_a_contract_that_does_not_fit_its_sources_is_refused(tree, case):
    sources, features, said = REFUSED[case]
    tree["data"]["features"] |= features
    with pytest.raises(ValidationError, match=said):
        DataContract.model_validate(tree["data"] | {"sources": sources})


def test_sources_need_a_time(tree):
    tree["data"] |= {"sources": {"weather": WEATHER}, "event_timestamp": None, "frequency": None}
    tree["data"]["features"]["warmth"] = {"type": "float", "source": "weather"}
    with pytest.raises(ValidationError, match="they need event_timestamp"):
        DataContract.model_validate(tree["data"])


WRONG = {
    "a wrong number": (["North,2024-01-01,warm"], r"weather.csv line 2.*`warmth`.*warm"),
    "a missing key": ([",2024-01-01,1"], "but every row needs its key"),
    "a wrong time": (["North,soon,1"], "weather.csv line 2.*`at`.*not a date like"),
    "a row twice": (
        ["North,2024-01-01,1", "South,2024-01-01,1", "North,2024-01-01,2"],
        "weather.csv lines 2 and 4 are both of area `North` and 2024-01-01: keep one, or name the "
        "column that says when each became known",
    ),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_source_that_does_not_fit_is_refused_with_its_line(tmp_path, case):
    lines, said = WRONG[case]
    weather = {key: WEATHER[key] for key in ("path", "entity", "event_timestamp")}
    features = {"warmth": {"type": "float", "nullable": True, "source": "weather"}}
    context = project(tmp_path, {"weather": weather}, features)
    path = tmp_path / "data" / "raw" / "weather.csv"
    path.write_text("\n".join(["area,at,warmth", *lines]) + "\n")
    raw = write(
        tmp_path, "small", ["area", "date", "kind", "load"], [("North", "2024-01-01", "x", 1)]
    )
    with pytest.raises(ProjectError, match=said):
        ingest.read(context, raw)
    assert not (tmp_path / "data" / "sources" / "weather.parquet").exists()


def test_a_source_without_its_column_or_file_is_refused(tmp_path):
    weather = {key: WEATHER[key] for key in ("path", "entity", "event_timestamp")}
    features = {"warmth": {"type": "float", "nullable": True, "source": "weather"}}
    context = project(tmp_path, {"weather": weather}, features)
    raw = write(
        tmp_path, "small", ["area", "date", "kind", "load"], [("North", "2024-01-01", "x", 1)]
    )
    with pytest.raises(ProjectError, match=r"weather.csv"):
        ingest.read(context, raw)
    write(tmp_path, "weather", ["area", "at", "cold"], [("North", "2024-01-01", 1)])
    with pytest.raises(ProjectError, match=r"weather.csv has no column `warmth`"):
        ingest.read(context, raw)


def test_a_packed_source_keeps_its_own_name(tmp_path):
    """Two of them are two files, though both are unpacked under one name."""
    context, _ = whole(tmp_path)
    days = pd.date_range(START, periods=60, freq="D")
    for name, level in (("tides", 1.0), ("winds", 2.0)):
        packed = tmp_path / f"{name}.csv.gz"
        values = {"day": days.strftime("%Y-%m-%d"), name: [level + n % 7 for n in range(60)]}
        pd.DataFrame(values).to_csv(packed, index=False)
        tree = yaml.safe_load((tmp_path / "params.yaml").read_text())
        context = Context(parse_params(tree), context.workspace)
        added = add_source(context, tree, packed, Asked(), lambda _: None)
        assert added.file == tmp_path / "data" / "raw" / f"{name}.csv"
    sources = yaml.safe_load((tmp_path / "params.yaml").read_text())["data"]["sources"]
    assert [sources[name]["path"] for name in ("tides", "winds")] == [
        "data/raw/tides.csv",
        "data/raw/winds.csv",
    ]
