"""The real service of a real champion: answers, refusals, limits."""

import html
import http.client
import json
import math
import re
import shutil

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from running import ROOT, command, held, logged, serving

pytestmark = pytest.mark.slow


def directly(folder, rows):
    """What ONNX Runtime itself answers to the champion's inputs."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # more add up trees in another order
    session = onnxruntime.InferenceSession(folder / "artifacts/model/model.onnx", options)
    feeds = {}
    for item in session.get_inputs():
        values = [row.get(item.name) for row in rows]
        if "string" in item.type:
            column = np.array(["" if value is None else value for value in values], dtype=object)
        else:
            column = np.array([math.nan if v is None else v for v in values], dtype=np.float32)
        feeds[item.name] = column.reshape(-1, 1)
    return session.run(None, feeds)[0].reshape(-1).tolist()


def plain(table):
    """Rows of a table as a request writes them."""
    return json.loads(table.to_json(orient="records", double_precision=15))


def test_an_answer_is_the_models_own_and_says_which_version(server, promoted, example):
    status, answer = server.post("/predict", {"rows": [example]})
    assert (status, answer["predictions"]) == (200, directly(promoted, [example]))
    assert (answer["model"], answer["version"]) == ("load-forecast", "1")
    assert (answer["target"], answer["unit"]) == ("load", "MW")


def test_the_senders_id_comes_back_and_an_odd_one_does_not(server, example):
    body = {"rows": [example]}
    assert server.post("/predict", body, **{"X-Request-ID": "a-1"})[1]["id"] == "a-1"
    odd = server.post("/predict", body, **{"X-Request-ID": "a b" * 40})[1]["id"]
    assert len(odd) == 32


def test_newest_features_from_the_store_give_the_same_number_as_sent_ones(server, promoted):
    table = pd.read_parquet(promoted / "data/features.parquet")
    newest = table[table["event_timestamp"] == table["event_timestamp"].max()]
    rows = plain(newest.drop(columns=["area", "event_timestamp"]))
    for row in rows:
        row["holiday"] = bool(row["holiday"])
    sent = server.post("/predict", {"rows": rows})[1]["predictions"]
    areas = [{"area": area, "date": "2016-12-31"} for area in newest["area"]]
    status, looked_up = server.post("/predict", {"entities": areas})
    assert status == 200, looked_up
    assert looked_up["predictions"] == sent == directly(promoted, rows)
    assert looked_up["features_at"] == ["2016-12-31T00:00:00+00:00"] * 4


def test_a_time_the_store_does_not_hold_is_refused(server):
    status, answer = server.post(
        "/predict", {"entities": [{"area": "TenneT", "date": "2016-12-30"}]}
    )
    assert (status, answer["field"]) == (404, "date")
    assert "holds TenneT at 2016-12-31T00:00:00+00:00" in answer["error"]


@pytest.fixture(scope="module")
def timeless(tmp_path_factory):
    """A project of a table without entity and time, where every row is an entity."""
    folder = tmp_path_factory.mktemp("timeless") / "project"
    rng = np.random.default_rng(0)
    size, kind, full = (
        rng.normal(50, 20, 300).round(2),
        rng.choice(list("xyz"), 300),
        rng.random(300) < 0.5,
    )
    table = pd.DataFrame({"size": size, "kind": kind, "full": full})
    table["age"] = np.where(rng.random(300) < 0.2, np.nan, rng.normal(5, 2, 300).round(3))
    table["price"] = 3 * size + 10 * (kind == "x") + 20 * full + rng.normal(0, 1, 300)
    shutil.copytree(
        ROOT / "feature_repo",
        folder / "feature_repo",
        ignore=shutil.ignore_patterns("data", "*.pyc"),
    )
    (folder / "data/raw").mkdir(parents=True)
    table.to_csv(folder / "data/raw/houses.csv", index=False)
    (folder / "params.yaml").write_text(TIMELESS)
    done = command(folder, "run")
    assert "champion v1" in done.stdout, done.stdout + done.stderr
    return folder


TIMELESS = """
data:
  name: houses
  source: data/raw/houses.csv
  target: price
  task: regression
  features:
    size: {type: float}
    kind: {type: category, categories: [x, y, z]}
    full: {type: bool}
    age: {type: float, nullable: true}
tune:
  trials: 1
  families: {hist_gradient_boosting: {max_iter: {type: int, min: 20, max: 30}}}
promote: {worst_slice_ratio: null}
"""


def test_every_row_of_a_table_gets_the_same_number_both_ways(timeless):
    table = pd.read_parquet(timeless / "data/features.parquet").sort_values("row_id")
    rows = plain(table.drop(columns=["row_id", "event_timestamp"]))
    for row in rows:
        row["full"] = bool(row["full"])
    with serving(timeless) as running:
        sent = running.post("/predict", {"rows": rows})[1]["predictions"]
        keys = [{"row_id": number} for number in table["row_id"]]
        looked_up = running.post("/predict", {"entities": keys})[1]["predictions"]
        alone = [running.post("/predict", {"entities": [key]})[1] for key in keys[:40]]
        status, answer = running.post("/predict", {"entities": [{"row_id": 300}]})
        _, schema = running.get("/openapi.json")
        assert running.stop() in (0, -15)
    log = logged(timeless / "data/predictions.db", "select event_time from predictions")
    assert all("features_at" not in answer for answer in alone), "no time is made up"
    assert "features_at" not in json.dumps(schema)
    assert (len(log), set(log)) == (300 + 300 + 40, {(None,)})
    assert len(sent) == 300
    assert sent == looked_up == directly(timeless, rows)
    assert [answer["predictions"][0] for answer in alone] == sent[:40]
    assert any(row["age"] is None for row in rows), "a missing value is among them"
    assert (status, answer["error"]) == (
        404,
        "entities[0].row_id: the online store does not know 300",
    )


SERIES = """
data:
  name: gasworks
  source: data/raw/gasworks.csv
  event_timestamp: day
  frequency: 1D
  target: gas
  task: regression
  features:
    cold: {type: float}
featurize: {lags: [1]}
tune:
  trials: 1
  families: {linear: {alpha: {type: double, min: 0.1, max: 1}}}
promote: {worst_slice_ratio: null}
"""


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """The service of a daily table without an entity."""
    folder = tmp_path_factory.mktemp("series") / "project"
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"day": pd.date_range("2023-01-01", periods=400).astype(str)})
    table["cold"] = rng.normal(5, 2, 400).round(2)
    table["gas"] = 3 * table["cold"] + rng.normal(0, 0.1, 400)
    ignored = shutil.ignore_patterns("data", "*.pyc")
    shutil.copytree(ROOT / "feature_repo", folder / "feature_repo", ignore=ignored)
    (folder / "data/raw").mkdir(parents=True)
    table.to_csv(folder / "data/raw/gasworks.csv", index=False)
    (folder / "params.yaml").write_text(SERIES)
    done = command(folder, "run")
    assert "champion v1" in done.stdout, done.stdout + done.stderr
    with serving(folder) as running:
        running.log = folder / "data/predictions.db"
        running.folder = folder
        yield running


def test_a_table_that_is_one_series_is_asked_without_its_made_up_name(series):
    (row,) = plain(pd.read_parquet(series.folder / "data/features.parquet").tail(1))
    row = {name: row[name] for name in ("cold", "gas_lag_1")}
    sent = series.post("/predict", {"rows": [row]})[1]["predictions"]
    for entity in ({}, {"series": "all"}, {"day": "2024-02-04"}, {"series": None}):
        status, answer = series.post("/predict", {"entities": [entity]})
        assert (status, answer.get("predictions")) == (200, sent), answer
        assert answer["features_at"] == ["2024-02-04T00:00:00+00:00"]
    assert series.post("/explain", {"entities": [{}]})[1]["series"]["entity"] is None
    status, answer = series.post("/predict", {"entities": [{"day": "2024-02-03"}]})
    assert (status, answer["field"]) == (404, "day")
    assert "the online store holds the newest row at 2024-02-04" in answer["error"]
    assert "series" not in answer["error"]
    status, answer = series.post("/predict", {"entities": [{"cold": 3}]})
    assert "takes day only" in answer["error"]


def test_one_series_is_forecast_without_a_name(series):
    status, said = series.post("/predict", {"entities": [{"cold": [2, 3]}], "ahead": 2})
    assert (status, [item["day"] for item in said["periods"]]) == (
        200,
        ["2024-02-05", "2024-02-06"],
    )
    assert "series" not in said["periods"][0]


def test_the_pages_say_that_one_series_needs_no_name(series):
    key = series.get("/form")[1]["key"]
    assert (key["entity"], key["entities"], key["time"]) == (None, None, "day")
    page = series.get("/openapi.json")[1]["paths"]["/predict"]["post"]["requestBody"]
    schema = page["content"]["application/json"]["schema"]
    assert Draft202012Validator(schema).is_valid({"entities": [{}]})
    assert not Draft202012Validator(schema).is_valid({"entities": [{"series": "berlin"}]})
    assert "{} predicts from its newest features" in schema["properties"]["entities"]["description"]
    docs = series.ask("GET", "/docs")[2].decode()
    assert "{} predicts from its newest features" in docs
    assert "<code>series</code>" not in docs


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_table_without_time_comes_out_without_one(timeless, tmp_path, kind):
    """The 2000-01-01 that Feast needs is nobody's: it is in no answer."""
    table = pd.read_parquet(timeless / "data/features.parquet")
    assert set(table["event_timestamp"].astype(str)) == {"2000-01-01 00:00:00+00:00"}
    source, output = tmp_path / f"in.{kind}", tmp_path / "out.csv"
    table.to_csv(source, index=False) if kind == "csv" else table.to_parquet(source)
    done = command(timeless, "predict", "--input", str(source), "--output", str(output))
    assert "300 rows by houses v1" in done.stdout, done.stderr
    text = output.read_text()
    assert "2000-01-01" not in text
    found = pd.read_csv(output, float_precision="round_trip")
    kept = [name for name in table if name != "event_timestamp"]
    assert list(found) == [*kept, "prediction", "model_version"]
    assert found["prediction"].tolist() == directly(timeless, plain(table))


def changed(**fields):
    return lambda row: {"rows": [{**row, **fields}]}


def without(name):
    return lambda row: {"rows": [{key: value for key, value in row.items() if key != name}]}


WRONG = {
    "missing field": (without("weekday"), "weekday", "rows[0].weekday is missing"),
    "null": (changed(weekday=None), "weekday", "is null: the model needs it"),
    "text": (changed(temperature="warm"), "temperature", 'is "warm": give a number'),
    "truth value as number": (changed(temperature=True), "temperature", "is true: give a number"),
    "number as truth value": (changed(holiday=1), "holiday", "is 1: give true or false"),
    "above": (changed(temperature=50.1), "temperature", "above 50 °C"),
    "below": (changed(day_of_year=0), "day_of_year", "is 0, below 1"),
    "fraction": (changed(weekday=1.5), "weekday", "is 1.5: give a whole number"),
    "NaN": (changed(temperature=math.nan), "temperature", "not a finite number"),
    "infinite": (changed(load_lag_1=-math.inf), "load_lag_1", "not a finite number"),
    "beyond float32": (changed(load_lag_1=1e39), "load_lag_1", "above 3.40282e+38"),
    "huge integer": (changed(load_lag_1=10**400), "load_lag_1", "is too large, above"),
    "unknown category": (
        changed(area_key="Bavaria"),
        "area_key",
        "known values are 50Hertz, Amprion",
    ),
    "list": (changed(temperature=[1]), "temperature", "is a list: give a number"),
    "object": (changed(area_key={}), "area_key", "is an object: give a text"),
    "lone surrogate": (changed(area="\ud800"), "area", "printable characters"),
    "long text": (changed(area="x" * 500), "area", "printable characters"),
    "no time": (changed(date="yesterday"), "date", "give a time like"),
    "unknown field": (changed(wind=1), "wind", 'has the field "wind", which is not one of'),
    "row is a number": (lambda _: {"rows": [1]}, "rows", "rows[0] is 1: give an object"),
    "second row": (lambda row: {"rows": [row, {}]}, "area_key", "rows[1].area_key is missing"),
    "no rows": (lambda _: {"rows": []}, "rows", "rows has 0 rows: give 1 to 50"),
    "too many": (lambda row: {"rows": [row] * 51}, "rows", "rows has 51 rows: give 1 to 50"),
    "rows is an object": (lambda row: {"rows": row}, "rows", "rows is an object: give a list"),
    "nothing": (lambda _: {}, "rows", "either `rows` or `entities`"),
    "both": (lambda row: {"rows": [row], "entities": []}, "rows", "either `rows` or `entities`"),
    "a list": (lambda row: [row], "rows", "either `rows` or `entities`"),
    "no entity": (lambda _: {"entities": [{}]}, "area", "entities[0].area is missing"),
    "unknown entity": (lambda _: {"entities": [{"area": "X"}]}, "area", 'is "X": known values are'),
    "features of an entity": (
        lambda _: {"entities": [{"area": "TenneT", "holiday": True}]},
        "entities",
        "takes area and date only",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_malformed_request_is_refused_with_its_field(server, example, name):
    make, field, words = WRONG[name]
    status, answer = server.post("/predict", make(example))
    assert status == 422, answer
    assert words in answer["error"]
    assert answer["field"] == field


@pytest.mark.parametrize(
    ("body", "status", "words"),
    [
        (b"", 400, "the body is not JSON"),
        (b'{"rows": [', 400, "the body is not JSON"),
        (b'{"rows": "\xff"}', 400, "the body is not UTF-8"),
        (b"[" * 10_000, 400, "nested too deeply"),
        (b'{"a":' * 3_000, 400, "nested too deeply"),
        (b'{"rows": [' + b"1" * 6_000 + b"]}", 400, "the body is not JSON"),
        (b" " * 20_001, 413, "longer than 20,000 bytes"),
    ],
)
def test_a_body_that_is_none_is_refused(server, body, status, words):
    for path in ("/predict", "/v2/models/load-forecast/infer"):
        found, answer = server.post(path, body)
        assert (found, words in answer["error"]) == (status, True), answer


def test_a_long_body_without_a_length_is_refused(server):
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request(
        "POST",
        "/predict",
        iter([b" " * 9_000] * 3),
        encode_chunked=True,
        headers={"Transfer-Encoding": "chunked"},
    )
    answer = connection.getresponse()
    assert (answer.status, b"longer than" in answer.read()) == (413, True)


def test_encoded_bodies_and_unknown_pages_are_refused(server):
    assert server.post("/predict", b"x", **{"Content-Encoding": "gzip"})[0] == 415
    assert server.get("/nowhere") == (404, {"error": "there is no such page: /docs lists them"})
    assert server.get("/predict")[0] == 405
    for path, status in {"/": 200, "/v2/health/ready": 200, "/predict": 405}.items():
        code, _, body = server.ask("HEAD", path)
        assert (code, body) == (status, b"")
    assert server.post("/v2/models/other/infer", {})[0] == 404
    assert server.post("/v2/models/load-forecast/versions/9/infer", {})[0] == 404


def test_a_body_that_does_not_arrive_is_given_up(server):
    with held(server, b"{") as connection:
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error"]) == (
            408,
            "the body did not arrive within 1 s: send it at once",
        )


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-500, 500),
    st.floats(-500, 500),
    st.text(max_size=5),
    st.sampled_from(["TenneT", "Amprion", 1.0, 3, []]),
)
FIELDS = ["area_key", "day_of_year", "holiday", "load_lag_1", "temperature", "weekday", "strange"]


@pytest.fixture(scope="module")
def schema(server):
    document = server.get("/openapi.json")[1]
    content = document["paths"]["/predict"]["post"]["requestBody"]["content"]["application/json"]
    Draft202012Validator.check_schema(content["schema"])
    return content


@given(
    changes=st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=2),
    drop=st.sampled_from([*FIELDS, ""]),
)
def test_the_published_schema_and_the_service_agree(server, schema, example, changes, drop):
    row = {key: value for key, value in {**example, **changes}.items() if key != drop}
    body = {"rows": [row]}
    fits = Draft202012Validator(schema["schema"]).is_valid(body)
    status, answer = server.post("/predict", body)
    assert status == (200 if fits else 422), (row, answer)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "rows",
                    "entities",
                    "inputs",
                    "name",
                    "data",
                    "shape",
                    "datatype",
                    "area",
                    "date",
                    "temperature",
                    "outputs",
                    "id",
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(body=JSON)
def test_no_json_makes_the_service_fail(server, body):
    for path in ("/predict", "/v2/models/load-forecast/infer"):
        status, answer = server.post(path, body)
        assert 400 <= status < 500, (body, answer)
        assert len(answer["error"]) > 10


def copied(page):
    """Addresses and bodies of the requests that /docs shows, as a shell would send them."""
    found = re.findall(r"<pre>curl -X POST (\S+) .*?-d '(.*?)'</pre>", page, re.DOTALL)
    return [(address, json.loads(html.unescape(body))) for address, body in found]


def test_the_examples_of_the_pages_work(server, series, timeless, schema):
    assert list(schema["examples"]) == ["rows", "table", "entities", "ahead"]
    page = server.ask("GET", "/docs")[2].decode()
    assert copied(page) == [
        (f"http://127.0.0.1:{server.port}/predict", item["value"])
        for item in schema["examples"].values()
    ]
    with serving(timeless) as rows:
        for running in (server, series, rows):
            shown = [body for _, body in copied(running.ask("GET", "/docs")[2].decode())]
            ways = [["rows"], ["rows"], ["entities"], ["entities", "ahead"]]
            assert [list(body) for body in shown] == ways[: 3 if running is rows else 4]
            for body in shown:
                status, answer = running.post("/predict", body)
                assert (status, len(answer.get("predictions", []))) == (200, 1), (body, answer)


def test_the_table_of_fields_says_what_is_allowed_and_in_which_unit(server, schema):
    page = server.ask("GET", "/docs")[2].decode()
    assert "<td>mean air temperature of the day, in °C</td>" in page
    assert "<td>holiday</td><td>bool</td><td>true or false</td>" in page
    fields = schema["schema"]["properties"]["rows"]["items"]["anyOf"][0]["properties"]
    assert fields["temperature"]["description"] == "mean air temperature of the day, in °C"


def tensors(served, rows):
    """An inference request for rows, as the model's own metadata asks for it."""
    return {
        "inputs": [
            {
                "name": item["name"],
                "datatype": item["datatype"],
                "shape": [len(rows), 1],
                "data": [row[item["name"]] for row in rows],
            }
            for item in served["inputs"]
        ]
    }


def test_the_inference_protocol_gives_the_same_numbers(server, example):
    assert server.get("/v2/health/live")[0] == server.get("/v2/health/ready")[0] == 200
    served = server.get("/v2/models/load-forecast")[1]
    rows = [example, {**example, "temperature": None}, {**example, "weekday": 0}]
    body = {**tensors(served, rows), "id": "x1", "outputs": [{"name": "load"}]}
    status, answer = server.post("/v2/models/load-forecast/infer", body)
    assert status == 200, answer
    (output,) = answer["outputs"]
    assert output["data"] == server.post("/predict", {"rows": rows})[1]["predictions"]
    assert (output["shape"], output["datatype"]) == ([3], "FP64")
    assert (answer["id"], answer["model_version"]) == ("x1", "1")
    assert server.post("/v2/models/load-forecast/versions/1/infer", body)[0] == 200


def damage(part, value):
    def change(body):
        body["inputs"][0][part] = value

    return change


TENSORS = {
    "unknown name": (damage("name", "wind"), '"wind" is unknown or given twice'),
    "twice": (damage("name", "weekday"), '"weekday" is unknown or given twice'),
    "datatype": (damage("datatype", "FP32"), 'datatype "FP32" does not fit, send BYTES'),
    "shape": (damage("shape", [2, 1]), "the shape does not fit 1 values"),
    "data": (damage("data", "TenneT"), "inputs.area_key: data is"),
    "lengths": (
        lambda body: body["inputs"][0].update(data=["TenneT"] * 2, shape=[2]),
        "same number",
    ),
    "value": (damage("data", ["X"]), 'inputs[0].area_key is "X": known values are'),
    "left out": (lambda body: body["inputs"].pop(0), "inputs[0].area_key is missing"),
    "outputs": (lambda body: body.update(outputs=["speed"]), 'outputs: "speed" is unknown'),
    "id": (lambda body: body.update(id=7), "id is not a text"),
}


@pytest.mark.parametrize("name", TENSORS)
def test_malformed_tensors_are_refused(server, example, name):
    served = server.get("/v2/models/load-forecast")[1]
    body = tensors(served, [example])
    change, words = TENSORS[name]
    change(body)
    status, answer = server.post("/v2/models/load-forecast/infer", body)
    assert (status, words in answer["error"]) == (422, True), answer


def test_odd_values_and_answers_are_counted(server, example):
    before = server.metrics()
    server.post("/predict", {"rows": [{**example, "temperature": None}, example]})
    server.post("/predict", changed(temperature=60)(example))
    server.post("/predict", changed(area_key="X")(example))
    after = server.metrics()

    def grown(name):
        return after.get(name, 0) - before.get(name, 0)

    assert grown('serving_values_total{feature="temperature",kind="missing"}') == 1
    assert grown('serving_values_total{feature="temperature",kind="out_of_range"}') == 1
    assert grown('serving_values_total{feature="area_key",kind="unknown"}') == 1
    assert grown('serving_requests_total{code="200",route="predict"}') == 1
    assert grown('serving_requests_total{code="422",route="predict"}') == 2
    assert grown('serving_request_seconds_count{route="predict"}') == 3
    assert (grown("serving_batch_rows_count"), grown("serving_batch_rows_sum")) == (1, 2)
    assert grown("serving_prediction_count") == 2
    assert after["serving_feature_store_seconds_count"] > 0
    (info,) = [name for name in after if name.startswith("serving_model_info")]
    assert 'version="1"' in info
    assert 0 < after["serving_model_created_seconds"] <= after["serving_model_loaded_seconds"]
    assert not [name for name in after if 'code="5' in name], "nothing here made the service fail"
