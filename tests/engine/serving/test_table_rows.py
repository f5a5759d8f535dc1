"""Rows of the user's own table, and every example the service offers, asked of a service."""

import html
import json
import re

import pandas as pd
import pytest

from running import logged, until

pytestmark = pytest.mark.slow
REQUESTS = "select request, entity, event_time, features from predictions"
FEATURES = ["area_key", "weekday", "day_of_year", *(f"load_lag_{lag}" for lag in (1, 2, 7, 14))]


def examples(server):
    """(route, name, body) of every example in /openapi.json."""
    for route, methods in server.get("/openapi.json")[1]["paths"].items():
        for operation in methods.values():
            content = operation.get("requestBody", {}).get("content", {})
            for name, item in content.get("application/json", {}).get("examples", {}).items():
                yield route, name, item["value"]


def ask(server, **row):
    return server.post("/predict", {"rows": [row]})


@pytest.fixture(scope="module")
def rows(promoted):
    """Raw rows of the last day but one, and what is learned from each."""
    raw = pd.read_csv(promoted / "data/raw/load.csv").query("date == '2016-12-30'")
    features = pd.read_parquet(promoted / "data/features.parquet")
    features = features[features["event_timestamp"] == pd.Timestamp("2016-12-30", tz="UTC")]
    return raw.merge(features.drop(columns=["temperature", "holiday"]), on="area")


def test_every_example_is_answered_as_it_stands(server):
    asked = list(examples(server))
    assert {name for _, name, _ in asked} == {"rows", "table", "entities", "ahead"}
    for route, name, body in asked:
        status, answer = server.post(route, body)
        assert status == 200, (route, name, answer)
    page = server.ask("GET", "/docs")[2].decode()
    bodies = re.findall(r"-d '(.*?)'</pre>", page, re.S)
    assert len(bodies) == 4
    for body in bodies:
        status, answer = server.post("/predict", json.loads(html.unescape(body)))
        assert (status, len(answer["predictions"])) == (200, 1)


def test_a_row_of_the_table_is_answered_as_its_features_are(server, rows):
    asked, wanted = [], []
    for row in rows.to_dict("records"):
        plain = {"temperature": row["temperature"], "holiday": bool(row["holiday"])}
        asked.append({"date": "2016-12-30", "area": row["area"], **plain})
        wanted.append({**plain, **{name: row[name] for name in FEATURES}})
    status, answer = server.post("/predict", {"rows": asked})
    assert status == 200, answer
    assert answer["predictions"] == server.post("/predict", {"rows": wanted})[1]["predictions"]
    whole = [{**row, "load": 1, "remark": "not read"} for row in asked]
    assert server.post("/predict", {"rows": whole})[1]["predictions"] == answer["predictions"]
    (status, told) = server.post("/explain", {"rows": asked[:1]})
    assert (status, told["row"]["load_lag_1"]) == (200, wanted[0]["load_lag_1"])


def test_a_lag_that_nobody_knows_yet_is_asked_for(server):
    row = {"date": "2017-01-02", "area": "TenneT", "temperature": 3, "holiday": "no"}
    status, answer = ask(server, **row)
    assert (status, answer["field"]) == (422, "load_lag_1")
    assert answer["error"] == (
        "rows[0] needs `load` of 1 day earlier, and the history of TenneT ends 2016-12-31: provide "
        "newer data, or give `load_lag_1` (null if unknown)"
    )
    assert ask(server, **row, load_lag_1=None)[0] == 200
    assert ask(server, **row, load_lag_1=15000)[0] == 200
    assert ask(server, **{**row, "date": "2017-01-01"})[0] == 200
    status, answer = ask(server, **row, load_lag_1="much")
    assert (status, answer["error"]) == (422, 'rows[0].load_lag_1 is "much": give a number')


def test_a_full_row_that_tells_its_time_is_answered_from_what_it_says(server, example):
    assert (
        ask(server, **example)[1]["predictions"]
        == (ask(server, **example, date="2031-05-05", area="TenneT")[1]["predictions"])
    )


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        ({"date": "yesterday"}, "date", 'rows[0].date is "yesterday": not a date like 2024-12-31'),
        ({"date": None}, "date", "rows[0].date is null: the model needs it"),
        (
            {"area": "Bavaria"},
            "area",
            'rows[0].area is "Bavaria": known values are 50Hertz, Amprion',
        ),
        ({"temperature": "warm"}, "temperature", 'rows[0].temperature is "warm": not a number'),
        ({"temperature": [1]}, "temperature", "rows[0].temperature is a list: give one value"),
        ({"temperature": 99}, "temperature", 'is "99": outside what the contract allows, -40 to'),
        ({"holiday": "maybe"}, "holiday", 'is "maybe": neither true/false, yes/no nor 1/0'),
        ({"temperature": 10**400}, "temperature", "rows[0].temperature is too large: give a sma"),
        ({"temperature": True}, "temperature", 'rows[0].temperature is "True": not a number'),
        ({"area": "x" * 300}, "area", "give 1 to 200 printable characters"),
    ],
)
def test_a_wrong_value_is_named_as_the_table_names_it(server, change, field, words):
    row = {"date": "2016-12-30", "area": "TenneT", "temperature": 3, "holiday": "no"}
    status, answer = ask(server, **{**row, **change})
    assert (status, answer.get("field")) == (422, field), answer
    assert words in answer["error"]
    assert "\n" not in answer["error"]


def test_what_is_missing_or_strange_is_named(server):
    row = {"area": "TenneT", "temperature": 3, "holiday": "no"}
    assert ask(server, **row)[1]["error"] == "rows[0].date is missing: the model needs it"
    row = {"date": "2016-12-30", "area": "TenneT", "temprature": 3, "holiday": "no"}
    assert ask(server, **row)[1]["error"] == (
        'rows[0] has the field "temprature", which is not one of area, date, temperature, holiday'
    )


def test_a_number_is_not_a_text_in_the_next_row(server):
    row = {"date": "2016-12-30", "area": "TenneT", "temperature": 3, "holiday": "no"}
    rows = [row, {**row, "temperature": "3"}]
    status, answer = server.post("/predict", {"rows": rows})
    assert (status, answer["field"]) == (422, "temperature")
    assert "a number in some rows and a text in others: write it one way" in answer["error"]


def test_the_log_keeps_the_key_of_such_a_row(server):
    row = {"date": "2016-12-30", "area": "Amprion", "temperature": 4.25, "holiday": "no"}
    answer = ask(server, **row)[1]
    until(lambda: any(line[0] == answer["id"] for line in logged(server.log, REQUESTS)))
    found = {line[0]: line[1:] for line in logged(server.log, REQUESTS)}
    entity, time, features = found[answer["id"]]
    assert (entity, time) == ("Amprion", "2016-12-30T00:00:00+00:00")
    assert json.loads(features)["temperature"] == 4.25
    assert json.loads(features)["load_lag_1"] > 0
