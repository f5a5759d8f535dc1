"""The monitor as a command: over a real service's log, and over new raw data."""

import json
import shutil
import sqlite3
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest
from prometheus_client.parser import text_string_to_metric_families

from level2.base.errors import ProjectError
from level2.baseline import reference_file
from level2.reports.training.marks import drawn
from running import PACKAGE, ROOT, command, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def project(promoted, tmp_path):
    return shutil.copytree(promoted, tmp_path / "project")


def watch(folder, *words, **settings):
    done = command(folder, "monitor", *words, **settings)
    assert "Traceback" not in done.stderr
    assert done.returncode == 0, done.stderr
    return done.stdout, json.loads((folder / "artifacts/monitor.json").read_text())


def days(folder, until, shock=None):
    """New raw data, and their rows as requests carry them."""
    words = ["sample", "--until", until, *(["--shock", shock] if shock else [])]
    assert command(folder, *words).returncode == 0
    table = pd.read_csv(folder / "data/raw/load.csv", parse_dates=["date"])
    time = table["date"]
    table["area_key"] = table["area"]
    table["weekday"], table["day_of_year"] = time.dt.weekday, time.dt.dayofyear
    for lag in (1, 2, 7, 14):
        table[f"load_lag_{lag}"] = table.groupby("area")["load"].shift(lag)
    table = table[time > time.max() - pd.Timedelta(days=30)].drop(columns="load")
    rows = table.assign(date=table["date"].dt.strftime("%Y-%m-%d"), holiday=table.holiday == 1)
    return json.loads(rows.to_json(orient="records"))


def test_new_raw_data_are_quiet_and_shocked_ones_are_not(project):
    said, verdict = watch(project, "--source", "data")
    assert "nothing to compare · 0 rows" in said
    assert verdict["verdict"] == "unknown"
    page = (project / "reports/monitor.html").read_text()
    assert '<header class="banner unknown">' in page
    assert "Nothing is known yet: there are 0 rows of the raw data to compare" in page
    days(project, "2017-02-20")
    said, verdict = watch(project)
    assert "quiet · 120 rows of the raw data · load-forecast v1" in said
    assert verdict["signals"]["performance"] == "quiet"
    assert verdict["performance"]["rows"] == verdict["window"]["labelled"] == 120
    days(project, "2017-02-20", "unit_change")
    said, verdict = watch(project)
    assert "alarm: quality" in said
    assert "`temperature` looks as if its unit changed (°C became °F)" in said
    page = (project / "reports/monitor.html").read_text()
    assert f"<h1>{drawn('bad')} Monitor: alarm — load-forecast v1</h1>" in page
    assert page.count("<svg") == 6
    assert "°C became °F" in (project / "reports/monitor.md").read_text()
    text = (project / "artifacts/monitor.prom").read_text()
    samples = {
        (item.name, item.labels.get("signal") or item.labels.get("column")): item.value
        for family in text_string_to_metric_families(text)
        for item in family.samples
    }
    assert samples["monitor_signal", "quality"] == 2
    assert samples["monitor_signal", "target"] == 0
    assert samples["monitor_psi", "temperature"] > 1


def test_a_log_of_the_real_service_is_compared_and_labels_join_later(project):
    rows = days(project, "2017-02-20", "lockdown")
    with serving(project) as server:
        for row in (rows[0], *rows):  # the first is asked twice and counts once
            status, answer = server.post("/predict", {"rows": [row]})
            assert status == 200, answer
        assert server.stop() == 0
    said, verdict = watch(project)
    assert "120 rows of the prediction log · load-forecast v1" in said
    assert verdict["signals"]["data"] == "alarm"
    assert verdict["signals"]["performance"] == "alarm"
    assert verdict["window"]["labelled"] == 120
    drifted = {item["column"] for item in verdict["findings"] if item["signal"] == "data"}
    assert drifted >= {"load_lag_1", "load_lag_7"}
    assert not drifted & {"temperature", "holiday", "area_key"}
    with sqlite3.connect(project / "data/predictions.db") as store:
        store.execute("update predictions set entity = null")  # the feature names it all the same
    assert watch(project)[1]["window"]["labelled"] == 120
    assert command(project, "sample", "--until", "2017-01-21").returncode == 0
    verdict = watch(project)[1]
    assert verdict["signals"]["performance"] == "unknown", "labels of these days are not here yet"


def asked(folder, rows):
    """The 29 days before the newest as rows, the newest by entity alone; what the monitor says."""
    (folder / "data/predictions.db").unlink(missing_ok=True)
    newest = rows[-1]["date"]
    with serving(folder) as server:
        bodies = [{"rows": [row]} for row in rows if row["date"] != newest]
        bodies += [{"entities": [{"area": row["area"]}]} for row in rows if row["date"] == newest]
        for body in bodies:
            status, answer = server.post("/predict", body)
            assert status == 200, answer
        assert server.stop() == 0
    said, verdict = watch(folder, "--source", "log")
    assert verdict["window"]["compared"] == verdict["window"]["rows"] == 120
    return said, {item["column"] for item in verdict["findings"] if item["kind"] == "skew"}


IN_FAHRENHEIT = """
import sys
from pathlib import Path
import pandas as pd
sys.path.insert(0, "{source}")
from level2.features import feast
from level2.params.config import load_params
from level2.workspace import Workspace
workspace, params = Workspace.at(Path.cwd()), load_params(Path("params.yaml"))
table = pd.read_parquet(workspace.features)
table["temperature"] = table["temperature"] * 1.8 + 32
table.to_parquet(workspace.features, index=False)
feast.materialize(feast.open_store(workspace, params), params, table)
"""


def test_features_served_are_those_computed_offline_and_a_planted_skew_is_named(project):
    rows = days(project, "2016-12-31")
    said, skewed = asked(project, rows)
    assert skewed == set(), said
    code = IN_FAHRENHEIT.format(source=ROOT / "engine", package=PACKAGE)
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    said, skewed = asked(project, rows)
    assert skewed == {"temperature"}, "the online store holds another unit"
    sentence = "3.3% of 120 rows differ, at most 1% are allowed (monitor.max_skew)"
    assert sentence in " ".join(said.split()), "wrapped for a terminal"
    assert "alarm: quality" in said
    for row in rows:  # a client whose week begins on Sunday, and whose lags are one day late
        row["weekday"] = (row["weekday"] + 1) % 7
        row["load_lag_7"] = row["load_lag_1"]
    skewed = asked(project, rows)[1]
    assert skewed == {"temperature", "weekday", "load_lag_7"}


def test_what_people_send_back_is_looked_at_and_alarms_where_it_is_much(project):
    """The real way: asked, answered, sent back with the value that is right, monitored."""
    rows = days(project, "2017-02-20")
    kind = {"Content-Type": "application/json"}
    with serving(project) as server:
        for place, row in enumerate(rows):
            status, answer = server.post("/predict", {"rows": [row]})
            assert status == 200, answer
            if place % 2:
                said = {"request": answer["id"], "value": answer["predictions"][0] * 1.5}
                assert server.post("/feedback", said, **kind)[0] == 200
        assert server.stop() == 0
    (project / "data/raw/load.csv").rename(project / "kept.csv")
    assert command(project, "sample", "--until", "2017-01-21").returncode == 0
    said, verdict = watch(project)
    assert verdict["window"]["sent_back"] == 60
    assert verdict["window"]["labelled"] == 0, "labels of these days are not here yet"
    assert verdict["signals"]["performance"] == "alarm"
    assert "60 of 120 predictions were corrected by feedback" in said
    assert "60 corrected by feedback" in (project / "reports/monitor.md").read_text()
    (project / "kept.csv").replace(project / "data/raw/load.csv")
    verdict = watch(project)[1]
    assert verdict["window"]["labelled"] == 120
    assert verdict["signals"]["performance"] == "quiet", "what was measured is believed more"


def test_a_column_that_is_gone_is_a_finding_and_a_missing_file_is_not(project):
    table = project / "data/raw/load.csv"
    pd.read_csv(table).drop(columns="temperature").to_csv(table, index=False)
    said, verdict = watch(project)
    assert verdict["signals"]["quality"] == "alarm"
    assert "raw data do not fit the contract" in said
    assert "temperature" in said
    table.unlink()
    done = command(project, "monitor")
    assert done.returncode == 1
    assert "`make pull` fetches it" in done.stderr


def test_a_model_is_too_old_by_the_knob(project):
    said, verdict = watch(project, "--set", "monitor.max_data_age_days=100")
    assert verdict["signals"]["staleness"] == "alarm"
    assert "its newest row is from" in said
    assert watch(project)[1]["signals"]["staleness"] == "quiet"


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("log", "there is no prediction log"),
        ("nowhere", "is not a source: use log or data"),
    ],
)
def test_a_window_that_is_not_there_is_one_sentence(project, source, said):
    done = command(project, "monitor", "--source", source)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_a_damaged_reference_is_refused_and_a_whole_one_comes_back(promoted):
    data = (promoted / "artifacts/reference.npz").read_bytes()
    reference = reference_file.load(data, "reference.npz")
    assert set(reference.grid.entities) == {"50Hertz", "Amprion", "TenneT", "TransnetBW"}
    assert reference.columns["temperature"].counts.sum() == reference.rows == 2_924
    assert np.all(reference.losses[:, 0].sum() == 588)
    for broken in (b"", data[:1000], b"PK\x03\x04" + b"x" * 50):
        with pytest.raises(ProjectError, match="is not a usable reference"):
            reference_file.load(broken, "reference.npz")
