"""A service with a bundle and the packages of its image alone answers rows of the user's table."""

import html
import json
import re
import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from level2.data.contract import TIMESTAMP, DataContract
from level2.features.known_past import KnownPast
from level2.features.recent_past import whole
from level2.model import artifact, bundled_history
from level2.model.bundled_history import BundledHistory, carried, pack
from running import PACKAGE, ROOT, command, serving

slow = pytest.mark.slow
# what requirements/serve.txt does not name cannot be imported
IMAGE = f"""
import importlib.metadata, re, sys
text = open({str(ROOT / "requirements/serve.txt")!r}).read()
locked = set(re.findall(r"(?m)^([a-z0-9-]+)==", text))
for module, names in importlib.metadata.packages_distributions().items():
    named = {{re.sub("[-_.]+", "-", name).lower() for name in names}}
    if not named & locked and module != {PACKAGE!r}:
        sys.modules[module] = None
assert sys.modules["pyarrow"] is sys.modules["sklearn"] is sys.modules["feast"] is None
"""
ROW = {"date": "2016-12-30", "area": "TenneT", "temperature": 3, "holiday": "no"}


def ask(server, **row):
    return server.post("/predict", {"rows": [row]})


def offered(server):
    """Examples of /predict by name."""
    post = server.get("/openapi.json")[1]["paths"]["/predict"]["post"]
    content = post["requestBody"]["content"]["application/json"]
    return {name: item["value"] for name, item in content["examples"].items()}


def loaded(server):
    """Whether the process has pandas in memory."""
    return "/pandas/" in Path(f"/proc/{server.process.pid}/maps").read_text()


def with_history(bundle, folder, data):
    """The same model with another history, or none, under a digest of its own."""
    model = artifact.load(bundle)
    files = {name: item for name, item in model.files.items() if name != artifact.HISTORY}
    artifact.save(folder, files | ({artifact.HISTORY: data} if data else {}), model.record)
    return folder


@pytest.fixture(scope="module")
def image(bundle, tmp_path_factory):
    """The service in a folder without a project."""
    with serving(
        tmp_path_factory.mktemp("image"), "--model", str(bundle), code=IMAGE, SERVE_LOG="off"
    ) as running:
        yield running


@slow
def test_pandas_is_loaded_by_the_first_row_of_a_table_and_by_nothing_before(bundle, tmp_path):
    with serving(tmp_path, "--model", str(bundle), code=IMAGE, SERVE_LOG="off") as running:
        features, table = offered(running)["rows"], offered(running)["table"]
        assert running.post("/predict", features)[0] == 200
        assert running.post("/explain", features)[0] == 200
        told = {**features["rows"][0], "date": "2016-12-30", "area": "TenneT"}
        assert ask(running, **told)[0] == 200
        for page in ("/", "/form", "/docs", "/metrics"):
            assert running.ask("GET", page)[0] == 200
        assert not loaded(running)
        assert running.post("/predict", table)[0] == 200
        assert loaded(running)


@slow
def test_every_example_is_answered_as_it_stands(image):
    shown = offered(image)
    assert set(shown) == {"rows", "table", "ahead"}
    for route in ("/predict", "/explain"):
        for name, body in shown.items():
            forecast = name == "ahead"  # which is predicted, not explained
            assert image.post(route, body)[0] == (422 if forecast and route == "/explain" else 200)
    page = image.ask("GET", "/docs")[2].decode()
    bodies = re.findall(r"-d '(.*?)'</pre>", page, re.S)
    assert len(bodies) == 3
    for body in bodies:
        status, answer = image.post("/predict", json.loads(html.unescape(body)))
        assert (status, len(answer["predictions"])) == (200, 1)


@slow
def test_rows_of_the_table_are_answered_as_predict_answers_the_file(image, promoted, tmp_path):
    raw = pd.read_csv(promoted / "data/raw/load.csv", dtype=str)
    raw = pd.concat([raw.tail(9), raw.iloc[::-211].head(20)])
    raw = pd.concat([raw, raw.head(4).assign(date="2017-01-01")]).drop_duplicates(["date", "area"])
    raw.to_csv(tmp_path / "in.csv", index=False)
    words = ("--input", str(tmp_path / "in.csv"), "--output", str(tmp_path / "out.csv"))
    assert command(promoted, "predict", *words).returncode == 0
    wanted = pd.read_csv(tmp_path / "out.csv")["prediction"].tolist()
    status, answer = image.post("/predict", {"rows": raw.to_dict("records")})
    assert status == 200, answer
    assert answer["predictions"] == wanted
    assert len(wanted) > 25


@slow
def test_a_row_later_than_the_history_is_asked_for_its_lag(image):
    status, answer = ask(image, **{**ROW, "date": "2017-01-02"})
    assert (status, answer["field"]) == (422, "load_lag_1")
    assert answer["error"] == (
        "rows[0] needs `load` of 1 day earlier, and the history of TenneT ends 2016-12-31: provide "
        "newer data, or give `load_lag_1` (null if unknown)"
    )
    assert ask(image, **{**ROW, "date": "2017-01-02"}, load_lag_1=15000)[0] == 200
    status, answer = ask(image, **{**ROW, "date": "soon"})
    assert (status, answer["field"]) == (422, "date")


@slow
def test_of_a_long_history_the_end_is_carried(bundle, promoted, server, tmp_path, monkeypatch):
    monkeypatch.setattr(bundled_history, "SMALL", 0)
    known = KnownPast(promoted / "data/ingested.parquet")
    data, said = carried(artifact.load(bundle).record, known)
    assert len(data) < 40_000
    assert said == f"{data.count(b'00:00+') - 4:,} rows of history", "4 areas have a time of a cut"
    folder = with_history(bundle, tmp_path / "model", data)
    with serving(tmp_path, "--model", str(folder), code=IMAGE, SERVE_LOG="off") as running:
        table = offered(running)["table"]
        assert running.post("/predict", table)[0] == 200, "an example older than the end"
        newest = {**ROW, "date": "2016-12-31", "area": "Amprion"}
        status, answer = ask(running, **newest)
        assert status == 200
        assert answer["predictions"] == ask(server, **newest)[1]["predictions"]
        status, answer = ask(running, **{**newest, "date": "2016-12-30"})
        assert (status, answer["field"]) == (422, "load_lag_14")
        assert answer["error"] == (
            "rows[0] needs `load` of 14 days earlier, and the history of Amprion bundled "
            "with this model begins 2016-12-17: give `load_lag_14` (null if unknown)"
        )
        told = {**newest, "date": "2016-12-30", "load_lag_14": 9000}
        assert ask(running, **told)[0] == 200
        assert ask(running, **{**newest, "date": "2015-02-01"})[0] == 422


@slow
def test_a_bundle_without_history_takes_the_lags_of_the_row(bundle, tmp_path):
    with_history(bundle, tmp_path / "model", None)
    with serving(tmp_path, "--model", "model", code=IMAGE, SERVE_LOG="off") as running:
        assert set(offered(running)) == {"rows"}
        status, answer = ask(running, **ROW)
        assert (status, answer["error"]) == (
            422,
            "rows[0] has no `load_lag_1`, and this service keeps no history: give `load_lag_1` "
            "(null if unknown)",
        )
        lags = {f"load_lag_{lag}": 15000 for lag in (1, 2, 7, 14)}
        assert ask(running, **ROW, **lags)[0] == 200


@slow
def test_without_the_data_the_bundle_carries_what_was_recorded_with_the_model(
    promoted, bundle, tmp_path
):
    project, folder = tmp_path / "project", tmp_path / "model"
    shutil.copytree(promoted, project, ignore=shutil.ignore_patterns("data", "reports"))
    done = command(project, "bundle", "--output", str(folder))
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().endswith("rows of history, recorded with the model")
    assert (folder / "history.json").read_bytes() == (bundle / "history.json").read_bytes()


@slow
def test_a_history_that_is_too_long_stays_behind_and_it_is_said(bundle, promoted, monkeypatch):
    monkeypatch.setattr(bundled_history, "SMALL", 0)
    monkeypatch.setattr(bundled_history, "MOST", 50)
    record = artifact.load(bundle).record
    data, said = carried(record, KnownPast(promoted / "data/ingested.parquet"))
    assert data is None
    assert re.fullmatch(r"no history: \d+ rows of it are needed, at most 50 are taken", said)


@slow
def test_a_model_without_lags_carries_nothing_and_reads_its_table(bundle, promoted):
    record = artifact.load(bundle).record
    record["serving"]["table"]["featurize"]["lags"] = []
    assert carried(record, KnownPast(promoted / "data/ingested.parquet")) == (None, "")
    assert carried({}, KnownPast(promoted / "data/ingested.parquet")) == (None, "")


def test_what_is_packed_is_read_to_the_last_bit():
    contract = DataContract.model_validate(
        {
            "name": "shops",
            "source": "shops.csv",
            "entity": "shop",
            "event_timestamp": "when",
            "frequency": "1s",
            "target": "sold",
            "task": "regression",
        }
    )
    shops = ["NA", "null", "1", "1.0", 'a "b",c', "line\r\nbreak", "Süd\u2028", "</script>", " x"]
    times = pd.to_datetime(["1900-01-01", "2024-02-29 23:59:59.123456"], utc=True, format="ISO8601")
    rows = pd.DataFrame([(shop, time) for shop in shops for time in times])
    rows.columns = ["shop", TIMESTAMP]
    rows[TIMESTAMP] = rows[TIMESTAMP].astype("datetime64[us, UTC]")
    rows["sold"] = np.random.default_rng(0).normal(size=len(rows)) * 10.0 ** np.arange(-9, 9)
    _, nothing = whole(rows, contract)
    cut = pd.Series(times[:1].as_unit("us"), index=["NA"])
    for left_out in (nothing, cut):
        past = BundledHistory(pack(rows, left_out, contract))
        found = past.table(contract).sort_values(["shop", TIMESTAMP], ignore_index=True)
        wanted = rows.sort_values(["shop", TIMESTAMP], ignore_index=True)
        pd.testing.assert_frame_equal(found, wanted, check_exact=True)
        assert past.cut(contract).to_dict() == left_out.to_dict()
        assert past.entities(contract, 9) == sorted(shops)
        assert past.entities(contract, 8) == []


def test_nothing_is_known_where_nothing_is_carried():
    past = BundledHistory(None)
    assert (past.there(), past.table(None), past.cut(None), past.entities(None, 9)) == (
        False,
        None,
        None,
        [],
    )
