"""`POST /features` of the real service: who may, what is refused, what the next read sees."""

import asyncio
import threading
import time

import pandas as pd
import pytest
import yaml
from jsonschema import Draft202012Validator

from level2.base.errors import ProjectError
from level2.data.requests import RequestError
from level2.serving.pushes import Pushes
from running import ROOT, command, serving
from served import copied
from sharing import once

TOKEN = "of-the-weather-service"
WITH = {"Authorization": f"Bearer {TOKEN}"}
NOTICE = {
    "path": "data/raw/notice.csv",
    "entity": ["area"],
    "event_timestamp": "at",
    "created_timestamp": "known",
    "rename": {"Pegel": "level"},
}


def make(folder):
    """Two years of the sample with a source of water levels, one row a month, and a champion."""
    copied(folder)
    tree = yaml.safe_load((ROOT / "params.yaml").read_text())
    tree["data"]["sources"] = {"notice": NOTICE}
    level = {"type": "float", "min": 0, "max": 100, "nullable": True, "source": "notice"}
    tree["data"]["features"]["level"] = level
    tree["tune"] |= {"trials": 1, "families": {"linear": tree["tune"]["families"]["linear"]}}
    tree["evaluate"]["slices"], tree["promote"]["thresholds"] = [], {}
    (folder / "params.yaml").write_text(yaml.safe_dump(tree, sort_keys=False))
    assert command(folder, "sample", "--until", "2016-12-31").returncode == 0
    areas = pd.read_csv(folder / "data/raw/load.csv")["area"].unique()
    lines = [
        f"{day:%Y-%m-%d},{day:%Y-%m-%d},{area},{5 * day.month % 7}"
        for day in pd.date_range("2015-01-01", "2016-12-01", freq="MS")
        for area in areas
    ]
    text = "\n".join(["at,known,area,Pegel", *lines]) + "\n"
    (folder / "data/raw/notice.csv").write_text(text)
    done = command(folder, "run")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(scope="module")
def watered(tmp_path_factory):
    return once(tmp_path_factory, "watered", make)


@pytest.fixture(scope="module")
def service(watered):
    limits = {"SERVE_MAX_ROWS": "50", "SERVE_MAX_BODY_BYTES": "20000", "SERVE_LOG": "off"}
    with serving(watered, SERVE_FEATURES_TOKEN=TOKEN, **limits) as running:
        yield running


def row(at, value, known=None, area="TenneT"):
    return {"at": at, "known": known or at, "area": area, "Pegel": value}


def push(service, *rows, source="notice", **headers):
    return service.post("/features", {"source": source, "rows": list(rows)}, **(headers or WITH))


def level(service, area="TenneT"):
    status, found = service.post("/explain", {"entities": [{"area": area}]})
    assert status == 200, found
    return found["row"]["level"]


def test_the_next_read_sees_a_pushed_row_and_an_older_one_changes_nothing(service):
    answer = {"source": "notice", "written": 1, "older": 0, "early": 0}
    assert push(service, row("2016-12-10", 31.5)) == (200, answer)
    assert level(service) == 31.5
    assert push(service, row("2016-12-09", 1.0)) == (200, answer | {"written": 0, "older": 1})
    assert level(service) == 31.5
    late = row("2016-12-10", 33.5, known="2016-12-11")
    assert push(service, late, row("2016-12-10", 32.5, known="2016-12-10T12:00"))[0] == 200
    assert level(service) == 33.5
    ahead = row("2199-01-01", 1.0)
    assert push(service, ahead) == (200, answer | {"written": 0, "early": 1})
    assert level(service) == 33.5


@pytest.mark.parametrize("header", ["", "Bearer ", TOKEN[:-1], f"Bearer {TOKEN}x", "Bearer ü"])
def test_nobody_pushes_without_the_token(service, header):
    before = level(service, "Amprion")
    headers = {"Authorization": header.encode()}
    status, found = push(service, row("2016-12-20", 77, area="Amprion"), **headers)
    assert (status, level(service, "Amprion")) == (401, before)
    assert found["error"] == "the header Authorization does not hold SERVE_FEATURES_TOKEN"


def test_without_a_token_in_the_environment_nobody_pushes(watered):
    with serving(watered, SERVE_LOG="off") as running:
        status, found = push(running, row("2016-12-20", 77))
        assert (status, "started without SERVE_FEATURES_TOKEN" in found["error"]) == (403, True)
        assert "/features" not in running.get("/openapi.json")[1]["paths"]


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"SERVE_FEATURES_TOKEN": "short"}, "SERVE_FEATURES_TOKEN needs 16 characters or more"),
        ({"SERVE_FEATURES_TOKEN": TOKEN, "SERVE_FEATURES": "false"}, "reads no feature store"),
    ],
)
def test_a_token_that_is_guessed_or_opens_nothing_is_refused_at_the_start(watered, more, said):
    done = command(watered, "serve", "--port", "0", SERVE_LOG="off", **more)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert said in done.stderr
    assert "short" not in done.stderr.replace("shorter", "")


GOOD = row("2016-12-30", 1.0)
REFUSED = {
    "out of bounds": ([GOOD, GOOD | {"at": "2016-12-29", "Pegel": 101}], "rows[1].Pegel", "Pegel"),
    "a wrong number": ([GOOD | {"Pegel": "high"}], "rows[0].Pegel is `high`", "Pegel"),
    "a truth for a number": ([GOOD | {"Pegel": True}], "rows[0].Pegel is true", "Pegel"),
    "a list": ([GOOD | {"area": ["x"]}], "rows[0].area is a list", "area"),
    "no key": ([GOOD | {"area": None}], "rows[0].area is null: but every row needs", "area"),
    "no time": ([GOOD | {"at": "soon"}], "rows[0].at is `soon`", "at"),
    "a column less": ([{"at": "2016-12-30"}], "rows[0].area is missing", "area"),
    "a column more": ([GOOD | {"level": 1}], "rows[0] takes area, at, known, Pegel only", "level"),
    "no object": ([3], "rows[0] is not an object", "rows"),
    "a row twice": ([GOOD, GOOD | {"Pegel": 2}], "rows 0 and 1 are both of area", "rows"),
    "no rows": ([], "give 1 to 50", "rows"),
    "too many rows": ([GOOD] * 51, "rows has 51 rows: give 1 to 50", "rows"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_rows_that_do_not_fit_are_refused_whole(service, case):
    rows, said, field = REFUSED[case]
    before = level(service)
    status, found = push(service, *rows)
    assert (status, level(service)) == (422, before)
    assert said in found["error"]
    assert found["field"] == field


def test_what_is_no_push_is_refused(service):
    status, found = push(service, GOOD, source="notices")
    assert (status, found["field"]) == (422, "source")
    assert "it has `notice`" in found["error"]
    assert push(service, GOOD, source=3)[0] == 422
    assert service.post("/features", {"rows": [GOOD]}, **WITH)[0] == 422
    assert service.post("/features", b"{", **WITH)[0] == 400
    assert service.post("/features", b" " * 20_001, **WITH)[0] == 413
    assert service.ask("GET", "/features")[0] == 405


def test_the_document_says_what_the_service_takes(service):
    document = service.get("/openapi.json")[1]["paths"]["/features"]["post"]
    assert {"401", "403", "413", "422", "503"} <= {*document["responses"]}
    schema = document["requestBody"]["content"]["application/json"]["schema"]
    takes = Draft202012Validator(schema).is_valid
    assert takes({"source": "notice", "rows": [GOOD, GOOD | {"Pegel": None}]})
    assert push(service, GOOD | {"Pegel": None})[0] == 200
    for name, (rows, *_) in REFUSED.items():
        if name not in {"no time", "a row twice"}:  # which a schema does not see
            assert not takes({"source": "notice", "rows": rows}), name
    told = document["responses"]["200"]["content"]["application/json"]["schema"]
    assert Draft202012Validator(told).is_valid(push(service, GOOD)[1])
    page = service.ask("GET", "/docs")[2].decode()
    assert "<code>POST /features</code> Push rows of a source" in page
    assert service.metrics()['serving_requests_total{code="200",route="features"}'] >= 1


class Frozen:
    """A store that says nothing until it is let go."""

    def __init__(self):
        self.go, self.sent = threading.Event(), []

    def send(self, name, rows):
        assert self.go.wait(10)
        self.sent.append((name, rows))
        return {"written": len(rows), "older": 0, "early": 0}


def test_a_frozen_store_is_given_up_and_comes_back():
    store, took = Frozen(), []

    async def work():
        pushes = Pushes(lambda: store, TOKEN, 0.3)
        began = time.monotonic()
        with pytest.raises(RequestError, match=r"does not respond within 0\.3 s") as refused:
            await pushes.write("1", "notice", [GOOD])
        took.append(time.monotonic() - began)
        store.go.set()
        found = await pushes.write("1", "notice", [GOOD])
        pushes.close()
        return refused.value.status, found

    assert asyncio.run(work()) == (503, {"written": 1, "older": 0, "early": 0})
    assert 0.3 <= took[0] < 1
    assert store.sent == [("notice", [GOOD])] * 2, "the late one was written too"


def test_another_version_opens_the_store_again_and_one_that_fails_is_tried_again():
    opened = []

    def connect():
        opened.append(1)
        if len(opened) == 1:
            raise ProjectError("the online store is not there yet")
        store = Frozen()
        store.go.set()
        return store

    async def work():
        pushes = Pushes(connect, TOKEN, 5)
        with pytest.raises(RequestError, match="not there yet") as refused:
            await pushes.write("1", "notice", [GOOD])
        assert refused.value.status == 503
        for version in ("1", "1", "2"):
            await pushes.write(version, "notice", [GOOD])
        pushes.close()

    asyncio.run(work())
    assert len(opened) == 3
