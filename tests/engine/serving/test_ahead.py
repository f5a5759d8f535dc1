"""Forecasts by HTTP: the real service of a real champion, asked for the periods ahead."""

import csv
import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import yaml
from jsonschema import Draft202012Validator
from test_table_rows import ask

from processes import command
from running import logged, serving, until

pytestmark = pytest.mark.slow
AREAS = ["50Hertz", "Amprion", "TenneT", "TransnetBW"]
KNOWN = {"holiday": [True, False, False], "temperature": [3.5, None, -2]}


def future(server, *entities, ahead=3):
    return server.post("/predict", {"entities": list(entities), "ahead": ahead})


def test_each_period_is_what_its_row_of_the_table_gives(server):
    """The lags of later rows are those predictions, said in the row."""
    status, said = future(server, {"area": "TenneT", **KNOWN}, {"area": "Amprion", **KNOWN})
    assert status == 200, said
    assert said["periods"] == [
        {"area": area, "date": f"2017-01-0{day}", "ahead": day}
        for area in ("TenneT", "Amprion")
        for day in (1, 2, 3)
    ]
    assert said["missing"] == {"temperature": 2}
    for area, predicted in (
        ("TenneT", said["predictions"][:3]),
        ("Amprion", said["predictions"][3:]),
    ):
        for day, number in enumerate(predicted):
            lags = {f"load_lag_{lag}": predicted[day - lag] for lag in (1, 2) if lag <= day}
            known = {name: values[day] for name, values in KNOWN.items()}
            _, alone = ask(server, area=area, date=f"2017-01-0{day + 1}", **known, **lags)
            assert alone["predictions"] == [pytest.approx(number, rel=1e-6)]
    assert len(set(said["predictions"])) == 6


def test_rows_with_measured_lags_are_logged_and_no_others(server):
    _, said = future(server, {"area": "TenneT", **KNOWN})
    query = "select event_time, features, prediction from predictions where request ="
    until(lambda: logged(server.log, f"{query} '{said['id']}'"))
    [(time, features, prediction)] = logged(server.log, f"{query} '{said['id']}'")
    assert time.startswith("2017-01-01")
    assert float(prediction) == said["predictions"][0]
    assert json.loads(features)["temperature"] == 3.5


REFUSED = {
    "no number": ([{"area": "TenneT", **KNOWN}], "3", 422, 'ahead is "3": give a number of'),
    "nothing ahead": ([{"area": "TenneT", **KNOWN}], 0, 422, "ahead is 0: give a number of"),
    "truth": ([{"area": "TenneT", **KNOWN}], True, 422, "ahead is true: give a number of"),
    "too far": ([{"area": "TenneT", **KNOWN}], 51, 422, "periods from 1 to 50"),
    "too many rows": ([{"area": "x"}] * 4, 13, 422, "entities times ahead are 52 rows: give"),
    "nobody": ([], 3, 422, "entities has 0 rows"),
    "no entity": ([KNOWN], 3, 422, "entities[0].area is missing: say which one"),
    "no object": (["TenneT"], 3, 422, 'entities[0] is "TenneT": give an object'),
    "a stranger": ([{"area": "Bavaria", **KNOWN}], 3, 422, 'entities[0].area is "Bavaria"'),
    "twice": ([{"area": "TenneT", **KNOWN}] * 2, 3, 422, "TenneT is named twice"),
    "what nobody knows": ([{"area": "TenneT"}], 3, 422, "nobody knows `holiday` of the periods"),
    "one list short": (
        [{"area": "TenneT", **KNOWN}], 4, 422,
        "entities[0].temperature has 3 values: give a list of 4 values, one for each period",
    ),
    "one value": (
        [{"area": "TenneT", "holiday": True}], 1, 422,
        "entities[0].holiday is true: give a list of 1 value",
    ),
    "only of one": (
        [{"area": "TenneT", **KNOWN}, {"area": "Amprion", "holiday": [True] * 3}], 3, 422,
        "entities[1].temperature is missing: give a list of 3 values",
    ),
    "an unknown field": (
        [{"area": "TenneT", "wind": [1]}], 1, 422,
        'entities[0] has the field "wind", which is not one of area, holiday, temperature',
    ),
    "a value outside": (
        [{"area": "Amprion", **KNOWN}, {"area": "TenneT", **KNOWN, "temperature": [1, 1, 99]}],
        3, 422, 'entities[1].temperature[2] is "99": outside what the contract allows',
    ),
    "a required one missing": (
        [{"area": "TenneT", "holiday": [True, None, True]}], 3, 422, "entities[0].holiday[1] is",
    ),
    "a list within": ([{"area": "TenneT", "holiday": [[True]]}], 1, 422, "holiday[0] is a list"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_forecast_is_refused_in_a_sentence(server, case):
    entities, ahead, status, words = REFUSED[case]
    found, said = future(server, *entities, ahead=ahead)
    assert (found, words in said["error"]) == (status, True), said


def test_nothing_else_waits_for_a_forecast(server):
    body = {"area": "TenneT", "holiday": [False] * 50}
    with ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(future, server, body, ahead=50) for _ in range(4)]
        time.sleep(0.3)  # they are there: one is made, the others are in turn
        row = {"area": "TenneT", "date": "2017-01-01", "temperature": 3, "holiday": "yes"}
        assert ask(server, **row)[0] == 200  # a row of the table, which is read in a thread too
        assert sum(asked.done() for asked in waiting) < 3
        assert [asked.result()[0] for asked in waiting] == [200] * 4


def test_rows_and_periods_are_not_asked_for_together(server, example):
    status, said = server.post("/predict", {"rows": [example], "ahead": 2})
    assert (status, said["field"]) == (422, "ahead")
    assert server.post("/explain", {"entities": [{"area": "TenneT"}], "ahead": 2})[0] == 422


def test_the_document_takes_what_the_service_takes(server, example):
    _, document = server.get("/openapi.json")
    [body] = document["paths"]["/predict"]["post"]["requestBody"]["content"].values()
    document = Draft202012Validator(body["schema"])
    good = {"entities": [{"area": "TenneT", **KNOWN}], "ahead": 3}
    fits = {
        "rows": {"rows": [example]},
        "entities": {"entities": [{"area": "TenneT"}]},
        "periods": good,
    }
    for name, request in fits.items():
        assert (document.is_valid(request), server.post("/predict", request)[0]) == (True, 200), (
            name
        )
    for wrong in (
        {"ahead": 3},
        {"rows": [example], "ahead": 3},
        {"entities": [{"area": "TenneT"}], "ahead": 3},
        {"entities": [{"area": "TenneT", **KNOWN}]},
        {**good, "ahead": 51},
        {**good, "more": 1},
    ):
        assert (document.is_valid(wrong), server.post("/predict", wrong)[0]) == (False, 422), wrong


@pytest.fixture(scope="module")
def calendar(blank, tmp_path_factory):
    """A project that looks 14 days ahead: a calendar and last week's load, with intervals."""
    folder = shutil.copytree(blank, tmp_path_factory.mktemp("ahead") / "project")
    path = folder / "params.yaml"
    tree = yaml.safe_load(path.read_text())
    source = {"path": "data/raw/calendar.csv", "event_timestamp": "day", "known_in_advance": True}
    holiday = {"type": "bool", "source": "calendar", "nullable": True}
    tree["data"] |= {
        "horizon": 14,
        "sources": {"calendar": source},
        "features": {"holiday": holiday},
    }
    tree["featurize"]["lags"] = [14, 21]
    tree["evaluate"] |= {"seasonal_naive_lag": 14, "slices": ["area_key"]}
    tree["train"]["coverage"] = 0.9
    tree["promote"] |= {"thresholds": {}}
    path.write_text(yaml.safe_dump(tree, sort_keys=False))
    with (folder / "data/raw/load.csv").open() as file:
        days = {row["date"]: row["holiday"] for row in csv.DictReader(file)}
    days |= {f"2017-01-{day:02d}": "yes" if day in (1, 6) else "no" for day in range(1, 15)}
    lines = [f"{day},{value}" for day, value in days.items()]
    (folder / "data/raw/calendar.csv").write_text("\n".join(["day,holiday", *lines]) + "\n")
    done = command(folder, "run")
    assert done.returncode == 0, done.stderr
    return folder


def test_the_service_forecasts_what_batch_does_from_the_projects_calendar(calendar):
    done = command(calendar, "predict", "--ahead", "14", "--output", "ahead.csv")
    assert done.returncode == 0, done.stderr
    with (calendar / "ahead.csv").open() as file:
        rows = list(csv.DictReader(file))
    with serving(calendar) as server:
        status, said = future(server, *({"area": area} for area in AREAS), ahead=14)
        assert status == 200, said
        told = [(item["date"], item["area"]) for item in said["periods"]]
        served = dict(
            zip(told, zip(said["predictions"], said["intervals"], strict=True), strict=True)
        )
        assert said["missing"] == {}
        assert len(rows) == len(served) == 56
        for row in rows:
            number, (low, high) = served[row["date"], row["area"]]
            assert number == pytest.approx(float(row["prediction"]), rel=1e-6)
            assert (low, high) == pytest.approx(
                (float(row["prediction_lower"]), float(row["prediction_upper"])), rel=1e-6
            )
        other = future(server, {"area": "TenneT", "holiday": [False] * 14}, ahead=14)[1]
        tennet = [served[key][0] for key in told if key[1] == "TenneT"]
        assert other["predictions"] != tennet, "the calendar of the request comes first"
        assert other["predictions"][1:5] == tennet[1:5]
        status, said = future(server, {"area": "TenneT"}, ahead=15)
        assert (status, "looks 14 periods ahead (data.horizon)" in said["error"]) == (422, True)
        path = calendar / "data/raw/calendar.csv"
        path.write_text(path.read_text().replace("2017-01-02,no", "2017-01-02,yes"))
        changed = future(server, {"area": "TenneT"}, ahead=14)[1]["predictions"]
        assert changed[1] != tennet[1], "the table is read again when it has changed"
        assert changed[2:] == tennet[2:]


def test_an_image_says_what_it_does_not_know(calendar, tmp_path):
    """Its folder holds the model and the past that lags need, no tables of sources."""
    assert command(calendar, "bundle").returncode == 0
    shutil.copytree(calendar / "artifacts/bundle", tmp_path / "bundle")
    with serving(tmp_path, "--model", str(tmp_path / "bundle"), SERVE_LOG="off") as server:
        status, said = future(server, {"area": "TenneT"}, ahead=2)
        assert (status, said["missing"]) == (200, {"holiday": 2}), said
        status, said = future(server, {"area": "TenneT", "holiday": [True, False]}, ahead=2)
        assert (status, said["missing"]) == (200, {})
