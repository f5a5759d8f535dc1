"""The monitor's page by Evidently: installed by make, of a served log, read in a real Chromium."""

import json
import os
import re
import subprocess
import urllib.request

import pytest
from test_five_ways import served
from test_page import browser as browser  # a fixture

from projects import VENV, copy, make, python
from servers import stop

pytestmark = [pytest.mark.slow, pytest.mark.server]
# The days the sample's lockdown changed, as a client that computes its features sends them.
ROWS = """
import json
import pandas as pd
table = pd.read_csv("data/raw/load.csv", parse_dates=["date"])
table["area_key"], table["weekday"] = table["area"], table["date"].dt.weekday
table["day_of_year"] = table["date"].dt.dayofyear
for lag in (1, 2, 7, 14):
    table[f"load_lag_{lag}"] = table.groupby("area")["load"].shift(lag)
table = table[table["date"] > table["date"].max() - pd.Timedelta(days=30)].drop(columns="load")
table["date"], table["holiday"] = table["date"].dt.strftime("%Y-%m-%d"), table["holiday"] == 1
print(table.to_json(orient="records"))
"""
HOSTILE = "</script><script>document.title='taken'</script><img src=x onerror=document.title='it'>"
PLANTED = f"""
from pathlib import Path
import pandas as pd
from level2.monitoring import evidently
bad = {HOSTILE!r}
table = pd.DataFrame({{bad: ["a", bad] * 50, "size": range(100)}})
evidently.write(Path("planted.html"), table, table, {{bad: 2.0, "size": 0.5}})
"""
QUIET = """
from level2.monitoring import evidently
from evidently import telemetry
print(telemetry.event_logger.is_enabled())
"""


@pytest.fixture(scope="module")
def project(trained, tmp_path_factory):
    """A project whose service has answered a month that a lockdown changed."""
    folder = copy(trained, tmp_path_factory.mktemp("evidently") / "load-forecast")
    make(folder, "sample", "UNTIL=2019-03-31", "SHOCK=lockdown")
    url, process = served(folder, tmp_path_factory.mktemp("rest"), "serve", "/v2/health/ready")
    body = f'{{"rows": {python(folder, ROWS)}}}'.encode()
    headers = {"Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(f"{url}/predict", body, headers)) as answer:
        assert len(json.load(answer)["predictions"]) == 120
    stop(process)
    return folder


@pytest.fixture(scope="module")
def written(project):
    """What make says, and the page."""
    said = make(project, "monitor", "SOURCE=log", "EVIDENTLY=yes")
    return said, project / "reports/evidently.html"


@pytest.fixture(scope="module")
def verdict(written):
    found = json.loads((written[1].parents[1] / "artifacts/monitor.json").read_text())
    return {item["column"]: item for item in found["columns"]}


def test_it_is_written_beside_the_verdict_over_the_same_log(written, verdict):
    said, page = written
    assert "alarm: data" in said
    assert "120 rows of the prediction log" in said
    assert " evidently reports/evidently.html" in said
    drifted = {name for name, item in verdict.items() if item["drifted"]}
    assert drifted >= {"load_lag_1", "load_lag_7"}
    assert "temperature" not in drifted
    told = page.read_text()
    found = re.findall(r'"column_name": "(\w+)".*?"data_drift": "([\w ]+)"', told)
    assert {name for name, word in found if word == "Detected"} == drifted
    assert {name for name, _ in found} == set(verdict)


def test_a_person_sees_the_verdict_and_nobody_is_asked(written, verdict, browser):
    asked = []
    tab = browser.new_page(viewport={"width": 1200, "height": 900})
    tab.on("request", lambda request: asked.append(request.url))
    tab.goto(written[1].as_uri())
    tab.get_by_text("Dataset Drift is detected").wait_for()
    row = tab.locator("tr", has_text="load_lag_7").inner_text()
    assert "Detected" in row
    assert "Not Detected" not in row
    assert f"{verdict['load_lag_7']['times']:.3f}" in f"{float(row.split()[-1]):.3f}"
    assert "Not Detected" in tab.locator("tr", has_text="temperature").inner_text()
    drifted = sum(item["drifted"] for item in verdict.values())
    assert f"({drifted} out of {len(verdict)})" in tab.inner_text("body")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    tab.close()


@pytest.mark.usefixtures("written")  # make has installed Evidently
def test_names_and_categories_cannot_act_on_the_page(project, browser):
    python(project, PLANTED)
    tab = browser.new_page()
    tab.goto((project / "planted.html").as_uri())
    tab.get_by_text("Dataset Drift is detected").wait_for()
    assert "img src=x" in tab.inner_text("body"), "the name is shown as a text"
    assert tab.title() not in ("taken", "it")
    tab.close()


@pytest.mark.usefixtures("written")
def test_it_tells_nobody(project):
    env = {key: value for key, value in os.environ.items() if key != "DO_NOT_TRACK"}
    done = subprocess.run(
        [f"{VENV}/bin/python", "-W", "ignore", "-c", QUIET],
        env={**env, "PYTHONPATH": str(project / "engine")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout.strip() == "False", done.stderr


def test_a_window_with_nothing_to_compare_leaves_no_old_page(project, written):
    kept = (project / "data/raw/load.csv").read_bytes()
    make(project, "sample", "UNTIL=2018-12-31")
    said = make(project, "monitor", "SOURCE=data", "EVIDENTLY=yes")
    (project / "data/raw/load.csv").write_bytes(kept)
    assert " evidently nothing to compare" in said
    assert not written[1].exists()
