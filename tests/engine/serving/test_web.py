"""What the page asks the real service for, for each task: form, explanation, feedback, files."""

import json
import re
import sqlite3

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from level2.serving.pages import docs
from level2.serving.settings import ServeSettings
from level2.serving.sources import Folder
from made import CLASSES, bundle
from running import logged, serving

TASKS = list(CLASSES)
JSON = {"Content-Type": "application/json"}


@pytest.fixture(scope="module")
def services(learnable, tmp_path_factory):
    """The service of a small model of each task, by task, started when first asked for."""
    running, stack = {}, []

    def get(task):
        if task not in running:
            folder = tmp_path_factory.mktemp(task)
            bundle(folder / "model", task, *learnable(task))
            limits = {"SERVE_MAX_BODY_BYTES": "20000", "SERVE_FEATURES": "false"}
            manager = serving(folder, "--model", "model", **limits)
            running[task] = manager.__enter__()
            running[task].log = folder / "data/predictions.db"
            stack.append(manager)
        return running[task]

    yield get
    for manager in stack:
        manager.__exit__(None, None, None)


@pytest.fixture(params=TASKS)
def service(request, services):
    return services(request.param)


@pytest.fixture
def number(services):
    return services("regression")


def form(service):
    status, found = service.get("/form")
    assert status == 200
    return found


def defaults(service):
    return {field["name"]: field["default"] for field in form(service)["fields"]}


def correct(service, body):
    return service.post("/feedback", body, **JSON)


@pytest.mark.parametrize("task", TASKS)
def test_the_form_says_what_the_contract_says(services, task):
    found = form(services(task))
    assert (found["task"], found["classes"]) == (task, list(CLASSES[task]))
    assert (found["model"], found["version"]) == (f"small-{task}", "1")
    assert (found["target"], found["unit"]) == ("price", "" if CLASSES[task] else "EUR")
    assert (found["lookup"], found["feedback"]) == (False, True)
    key = found["key"]
    assert (key["entity"], key["entities"], key["time"]) == ("shop", ["north", "south"], None)
    fields = {field["name"]: field for field in found["fields"]}
    assert list(fields) == ["size", "age", "open", "kind"]
    kinds = [field["type"] for field in fields.values()]
    assert kinds == ["number", "number", "truth", "text"]
    assert [field["nullable"] for field in fields.values()] == [False, True, False, True]
    assert fields["kind"]["choices"] == ["x", "y", "z"]


def test_pages_of_a_service_without_a_store_name_no_way_by_entity(number):
    page = number.ask("GET", "/docs")[2].decode()
    assert page.count("<pre>curl") == 1
    assert "This service reads no feature store: it takes <code>rows</code> only." in page
    asked = number.get("/openapi.json")[1]["paths"]["/predict"]["post"]["requestBody"]
    content = asked["content"]["application/json"]
    assert list(content["examples"]) == list(content["schema"]["properties"]) == ["rows"]
    status, answer = number.post("/predict", {"entities": [{"shop": "north"}]})
    assert (status, answer["field"]) == (422, "entities")


def test_an_entity_that_the_contract_does_not_list_is_named_by_the_reader(learnable, tmp_path):
    bundle(tmp_path / "model", "regression", *learnable("regression"), entities=None)
    source = Folder(tmp_path / "model")
    page = docs(source.load(source.current()), ServeSettings(), True, "http://127.0.0.1:1")
    assert "&quot;entities&quot;: [{&quot;shop&quot;: &quot;SHOP&quot;}]" in page
    assert "Put one of yours in place of <code>SHOP</code>." in page


def test_the_forms_defaults_are_answered(service):
    status, answer = service.post("/predict", {"rows": [defaults(service)]})
    assert (status, len(answer["predictions"])) == (200, 1)


def test_drivers_add_up_and_are_of_what_was_answered(service):
    row = {**defaults(service), "size": 80.0, "kind": "x", "shop": "north"}
    answer = service.post("/predict", {"rows": [row]})[1]["predictions"][0]
    status, told = service.post("/explain", {"rows": [row]})
    assert status == 200, told
    if told["label"]:
        assert told["label"] == answer["label"]
        answer = answer["probabilities"][answer["label"]]
    assert told["prediction"] == pytest.approx(answer, rel=1e-5)
    changes = [item["change"] for item in told["drivers"]]
    assert sum(changes) == pytest.approx(told["prediction"] - told["typical"], abs=1e-5)
    assert sorted(changes, key=lambda change: -abs(change)) == changes
    assert told["row"] == {name: row[name] for name in told["row"]}
    assert told["series"]["axis"] == "asked"


def test_drivers_of_a_linear_model_have_its_signs_and_sizes(number):
    """The truth is size / 10 - age + 2 where kind is x, and a ridge learns just that."""
    typical = {item["feature"]: item["typical"] for item in explained(number, size=1.0)["drivers"]}
    told = explained(number, size=typical["size"] + 10, age=9.0, kind="x")
    changes = {item["feature"]: item["change"] for item in told["drivers"]}
    assert changes["size"] == pytest.approx(1.0, abs=0.1)
    assert changes["age"] < -2
    assert explained(number, size=typical["size"] - 10)["drivers"][0]["change"] < 0


def explained(service, **values):
    status, told = service.post("/explain", {"rows": [{**defaults(service), **values}]})
    assert status == 200, told
    return told


def test_explanations_are_not_logged_and_answers_come_into_the_series(number):
    row = {**defaults(number), "shop": "south"}
    before = len(logged(number.log))
    first = number.post("/explain", {"rows": [row]})[1]["series"]
    assert (first["entity"], first["predicted"]) == ("south", [])
    values = [number.post("/predict", {"rows": [row]})[1]["predictions"][0] for _ in range(3)]
    for _ in range(50):
        found = number.post("/explain", {"rows": [row]})[1]["series"]
        if len(found["predicted"]) == 3:
            break
    assert [value for _, value in found["predicted"]] == values
    assert (
        number.post("/explain", {"rows": [{**row, "shop": "north"}]})[1]["series"]["predicted"]
        != (found["predicted"])
    )
    assert len(logged(number.log)) == before + 3


def test_one_case_is_explained_at_a_time(number):
    rows = [defaults(number)] * 2
    status, answer = number.post("/explain", {"rows": rows})
    assert (status, answer["error"]) == (422, "2 rows: one case is explained at a time")
    assert number.post("/explain", {"rows": [{**rows[0], "size": "big"}]})[1]["field"] == "size"


def test_a_model_that_tells_no_typical_case_is_served_without_explanations(learnable, tmp_path):
    bundle(tmp_path / "model", "regression", *learnable("regression"), typical=None)
    with serving(tmp_path, "--model", "model", SERVE_LOG="off") as old:
        row = defaults(old)
        assert old.post("/predict", {"rows": [row]})[0] == 200
        status, answer = old.post("/explain", {"rows": [row]})
        assert (status, "train and promote it again" in answer["error"]) == (404, True)
        assert form(old)["feedback"] is False, "nothing is logged, so nothing can be corrected"
        status, answer = correct(old, {"request": "a", "value": 1})
        assert (status, answer["error"][:31]) == (404, "this service keeps no log: ther")


RIGHT = {"regression": 12.5, "binary": "yes", "multiclass": "middle"}


@pytest.mark.parametrize("task", TASKS)
def test_what_is_sent_back_is_in_the_log_and_the_last_word_counts(services, task):
    service, row = services(task), defaults(services(task))
    name = service.post("/predict", {"rows": [row, row]})[1]["id"]
    other = {"regression": 7, "binary": "no", "multiclass": "low"}[task]
    for value in (other, RIGHT[task]):
        status, kept = correct(service, {"request": name, "row": 1, "value": value})
        assert (status, kept["value"]) == (200, value), kept
        assert kept == {"request": name, "row": 1, "value": value, "version": "1"}
    question = f"""
      select predictions.row, value from feedback join predictions
      on predictions.id = feedback.prediction where feedback.request = '{name}'
    """
    assert logged(service.log, question) == [(1, json.dumps(RIGHT[task]))]


def test_what_was_answered_to_survives_a_kill(learnable, tmp_path):
    bundle(tmp_path / "model", "binary", *learnable("binary"))
    with serving(tmp_path, "--model", "model") as service:
        name = service.post("/predict", {"rows": [defaults(service)]})[1]["id"]
        assert correct(service, {"request": name, "value": "no"})[0] == 200
        service.kill()
    assert logged(tmp_path / "data/predictions.db", "select value from feedback") == [('"no"',)]


WRONG = {
    "no object": ([], "request", "the body is a list: give request and value"),
    "no request": ({"value": 1}, "request", "request is null: give the id of an answer"),
    "odd request": ({"request": "a b", "value": 1}, "request", 'request is "a b"'),
    "number as request": ({"request": 7, "value": 1}, "request", "request is 7"),
    "no value": ({"request": "a"}, "value", "value is missing"),
    "null": ({"request": "a", "value": None}, "value", "value is null"),
    "list": ({"request": "a", "value": [1]}, "value", "value is a list"),
    "row": ({"request": "a", "value": 1, "row": -1}, "row", "row is -1: give its place"),
    "truth as row": ({"request": "a", "value": 1, "row": True}, "row", "row is true"),
    "strange": ({"request": "a", "value": 1, "note": "x"}, "note", '"note" is unknown'),
}
NUMBERS = {
    "text": ("many", 'value is "many": give a number'),
    "truth": (True, "value is true: give a number"),
    "infinite": (float("inf"), "give a finite number"),
    "huge": (10**400, "give a finite number"),
    "beyond float32": (1e39, "give a finite number"),
}


@pytest.mark.parametrize("name", WRONG)
def test_feedback_that_is_none_is_refused_with_its_field(service, name):
    body, field, words = WRONG[name]
    status, answer = correct(service, body)
    assert (status, answer["field"]) == (422, field)
    assert words in answer["error"]


@pytest.mark.parametrize("name", NUMBERS)
def test_a_value_must_be_a_number_or_a_class(services, name):
    value, words = NUMBERS[name]
    status, answer = correct(services("regression"), {"request": "a", "value": value})
    assert (status, answer["field"], words in answer["error"]) == (422, "value", True), answer
    for task in ("binary", "multiclass"):
        status, answer = correct(services(task), {"request": "a", "value": value})
        assert (status, answer["field"]) == (422, "value")
        assert f"known values are {', '.join(CLASSES[task])}" in answer["error"]


def test_feedback_about_nothing_too_long_or_from_elsewhere_is_refused(number):
    status, answer = correct(number, {"request": "nobody", "value": 1})
    assert (status, answer["field"]) == (404, "request")
    assert answer["error"] == ("the log has no row 0 of request nobody: give the `id` of an answer")
    assert number.post("/feedback", b" " * 20_001, **JSON)[0] == 413
    assert number.post("/explain", b" " * 20_001, **JSON)[0] == 413
    for kind in ({}, {"Content-Type": "text/plain"}):
        status, answer = number.post("/feedback", {"request": "a", "value": 1}, **kind)
        assert (status, answer["error"]) == (415, "send Content-Type: application/json")


@pytest.mark.slow
def test_a_store_that_is_held_is_said_and_tried_again(learnable, tmp_path):
    bundle(tmp_path / "model", "regression", *learnable("regression"))
    with serving(tmp_path, "--model", "model") as service:
        name = service.post("/predict", {"rows": [defaults(service)]})[1]["id"]
        body = {"request": name, "value": 3.0}
        assert correct(service, body)[0] == 200
        with sqlite3.connect(tmp_path / "data/predictions.db") as holder:
            holder.execute("begin immediate")
            status, headers, data = service.ask("POST", "/feedback", body, **JSON)
            assert (status, headers["retry-after"]) == (503, "1")
            assert b"feedback cannot be stored (database is locked)" in data
        assert correct(service, body)[0] == 200


BODIES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["rows", "request", "row", "value", "size"]), inner)
    ),
    max_leaves=8,
)


@settings(max_examples=60)
@given(body=BODIES)
def test_no_json_makes_them_fail(services, body):
    for path in ("/explain", "/feedback"):
        status, answer = services("regression").post(path, body, **JSON)
        assert 400 <= status < 500, (path, body, answer)
        assert len(answer["error"]) > 10


def test_the_page_is_files_of_the_service_under_a_strict_policy(number):
    status, headers, data = number.ask("GET", "/")
    page = data.decode()
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    policy = dict(
        part.strip().split(" ", 1) for part in headers["content-security-policy"].split(";")
    )
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert policy["trusted-types"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert headers["x-content-type-options"] == "nosniff"
    named = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\bon\w+=|javascript:|style=", page)
    seen = set()
    while named:
        name = named.pop().removeprefix("./")
        if name in seen:
            continue
        seen.add(name)
        assert not re.match(r"\w+:|//", name), "nothing comes from elsewhere"
        status, headers, data = number.ask("GET", f"/{name}")
        assert status == 200, name
        named += [f"page/{item}" for item in re.findall(r'from "\./([^"]+)"', data.decode())]
        assert b"innerHTML" not in data
    assert {"page/page.js", "page/chart.js", "page/page.css", "page/icon.svg", "docs"} <= seen


def test_no_other_file_is_given_out(number):
    for path in ("/page/", "/page/page.html", "/page/../web.py", "/page/%2e%2e/web.py", "/page"):
        assert number.ask("GET", path)[0] == 404, path


def test_page_routes_are_counted_by_name(number):
    number.get("/form")
    number.post("/feedback", [], **JSON)
    found = number.metrics()
    assert found['serving_requests_total{code="200",route="page"}'] >= 1
    assert found['serving_requests_total{code="422",route="feedback"}'] >= 1
    assert found['serving_requests_total{code="200",route="explain"}'] >= 0
