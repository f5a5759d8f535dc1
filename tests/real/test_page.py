"""The page of the prediction service in a real Chromium, against a real champion's service.

Everything a person does here is done with the keyboard, at the width of a desk and of a phone.
"""

import contextlib
import json
import os
import re
import shutil
import sqlite3
import time
import urllib.request
from pathlib import Path

import pytest

from projects import VENV, copy, make, python
from servers import free_port, start, stop

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = [pytest.mark.slow, pytest.mark.server]
SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
WIDTHS = {"desk": 1200, "phone": 360}
HOSTILE = "<img src=x onerror='document.title=`taken`'>"
PROMOTE = """
import sys, mlflow
store = "sqlite:///mlflow.db"
client = mlflow.MlflowClient(store, store)
client.set_registered_model_alias(sys.argv[1], "champion", sys.argv[2])
"""
TABLE = """
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
size = rng.normal(60, 20, 600).round(1)
kind = rng.choice(["house", "flat", "{hostile}"], 600, p=[0.5, 0.3, 0.2])
full = rng.random(600) < 0.5
level = size + 25 * (kind == "house") + rng.normal(0, 8, 600)
price = np.select([level < 60, level < 85], ["cheap", "fair"], "dear")
pd.DataFrame(dict(size=size, kind=kind, full=full, price=price)).to_csv("homes.csv", index=False)
"""


def chromium() -> str:
    """The path of a Chromium; CI must have it."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if found := shutil.which(name):
            return found
    assert not os.environ.get("CI"), "Chromium is missing: `make servers` installs it in CI"
    pytest.skip("Chromium is not installed: apt-get install chromium")


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=SWITCHES)
        yield opened
        opened.close()


def serve(folder, **settings):
    """The service of a project folder as `make serve` starts it, and its address."""
    port = free_port()
    command = [str(VENV / "bin/python"), "-m", "level2", "serve", "--port", str(port)]
    env = {"PYTHONPATH": str(folder / "engine"), "SERVE_RELOAD_SECONDS": "0.2", **settings}
    url = f"http://127.0.0.1:{port}"
    return url, start(command, folder, f"{url}/v2/health/ready", **env)


@pytest.fixture(scope="module")
def project(bake, tmp_path_factory):
    """The sample of two years with a champion, and a second version that is another model."""
    folder = copy(bake(), tmp_path_factory.mktemp("page") / "load-forecast")
    text = (folder / "params.yaml").read_text()
    text = text.replace("trials: 20", "trials: 2").replace("r2: {min: 0.9}", "r2: {min: 0.5}")
    (folder / "params.yaml").write_text(
        text.replace("  slices: [area_key, holiday, weekday]\n", "")
    )
    make(folder, "sample", "UNTIL=2016-12-31")
    make(folder, "run")
    knobs = ["--set", "train.seed=1", "--set", "tune.trials=3"]
    python(
        folder,
        f"import sys; from level2 import cli; sys.argv[1:] = ['run', *{knobs}]; cli.main()",
    )
    versions = python(folder, "import json; print(open('artifacts/decision.json').read())")
    assert json.loads(versions)["version"] == "2"
    promote(folder, "1")
    return folder


def promote(folder, version, name="load-forecast"):
    python(folder, PROMOTE.replace("sys.argv[1]", repr(name)).replace("sys.argv[2]", repr(version)))


@pytest.fixture(scope="module")
def service(project):
    url, process = serve(project)
    yield url
    stop(process)


MONTH = """
import json, pandas as pd
table = pd.read_parquet("data/features.parquet").query("area == 'TenneT'").tail(31)
table = table.rename(columns={"event_timestamp": "date"}).astype({"holiday": bool})
table["date"] = table["date"].astype(str)
print(table.to_json(orient="records"))
"""


def month(project, url):
    """Ask for each day of the last month but the last, as a program would, and wait for the log."""
    rows = json.loads(python(project, MONTH))
    for row in rows[:-1]:
        data = json.dumps({"rows": [row]}).encode()
        with urllib.request.urlopen(urllib.request.Request(f"{url}/predict", data)) as answer:
            assert answer.status == 200
    time.sleep(0.5)
    return rows


SERIES = """
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
day = pd.date_range("2023-01-01", periods=400)
cold = rng.normal(-5, 2, 400).round(2)
gas = (30 - 3 * cold + rng.normal(0, 1, 400)).round(2)
pd.DataFrame(dict(day=day, cold=cold, gas=gas)).to_csv("gasworks.csv", index=False)
"""


class Visit:
    """A page, and what it asked for and complained of."""

    def __init__(self, browser, url, width, **options):
        self.url = url
        self.context = browser.new_context(viewport={"width": width, "height": 900}, **options)
        self.page = self.context.new_page()
        self.asked, self.said = [], []
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.on("console", lambda line: self.said.append(line.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.goto(url)
        self.page.wait_for_selector("#fields .field")

    def tab_to(self, name):
        """Press Tab until the element has the focus, which must be seen."""
        for _ in range(60):
            self.page.keyboard.press("Tab")
            if (
                self.page.evaluate("document.activeElement.id || document.activeElement.tagName")
                == name
            ):
                style = "getComputedStyle(document.activeElement).outlineStyle"
                assert self.page.evaluate(style) != "none", f"{name} has the focus unseen"
                return
        pytest.fail(f"the keyboard does not reach {name}")

    def type(self, name, text):
        self.tab_to(name)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def text(self, selector):
        return self.page.inner_text(selector)

    def until(self, expression):
        for _ in range(300):  # wait_for_function would eval in the page, which the policy refuses
            if self.page.evaluate(expression):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"never became true: {expression}")

    def predict(self):
        self.tab_to("predict")
        self.page.keyboard.press("Enter")
        self.until("document.querySelectorAll('#drivers li').length > 0")

    def fits(self):
        return self.page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    def close(self, refused=0):
        """Nothing left the service, and nothing was complained of but refusals asked for."""
        assert [url for url in self.asked if not url.startswith(self.url)] == []
        statuses = [line for line in self.said if "the server responded with a status of 4" in line]
        assert len(statuses) == refused
        assert [line for line in self.said if line not in statuses] == []
        self.context.close()


@pytest.fixture(params=WIDTHS)
def visit(request, browser, service):
    made = Visit(browser, service, WIDTHS[request.param])
    yield made
    made.context.close()


def logged(folder, question):
    with sqlite3.connect(folder / "data/predictions.db") as store:
        return store.execute(question).fetchall()


def test_a_case_is_filled_in_and_predicted_by_keyboard_alone(visit, project):
    assert visit.text("#served").startswith("load-forecast · version ")
    assert visit.fits()
    visit.type("fields-temperature", "-3.5")
    visit.predict()
    assert visit.text("#number").endswith(" MW")
    assert "load, predicted by load-forecast version 1" in visit.text("#about")
    ((features, prediction),) = logged(
        project, "select features, prediction from predictions order by id desc limit 1"
    )
    assert json.loads(features)["temperature"] == -3.5
    assert visit.text("#number") == f"{float(prediction):,.0f} MW"
    assert "temperature −3.5 °C (typical" in visit.text("#drivers")
    assert "−40 to 50 °C" in visit.text("#fields-temperature-hint")
    shown = visit.page.evaluate("document.body.innerText")
    assert not re.search(r"(?<![\w/])-\d", shown), "a hyphen is no minus"
    assert visit.page.locator("#chart svg circle.measured-dot").count() >= 3
    assert visit.fits()
    visit.close()


def test_the_newest_values_of_an_entity_come_from_the_feature_store(visit):
    visit.tab_to("key-area")
    visit.page.keyboard.type("TenneT")
    visit.tab_to("newest")
    visit.page.keyboard.press("Enter")
    visit.until("document.getElementById('key-date').value === '2016-12-31'")
    assert "load of TenneT" in visit.text("#series-title")
    assert visit.page.input_value("#fields-day_of_year") == "366"
    number = visit.text("#number")
    visit.predict()
    assert visit.text("#number") == number, "the values that were filled in give the same"
    assert visit.fits()
    visit.close()


def test_the_recent_series_is_what_was_measured_and_predicted(browser, project):
    url, process = serve(project, SERVE_LOG="data/month.db")
    try:
        visit = Visit(browser, url, 1200)
        month(project, url)
        visit.page.fill("#key-area", "TenneT")
        visit.tab_to("newest")
        visit.page.keyboard.press("Enter")
        visit.until("document.querySelectorAll('#chart svg').length > 0")
        assert visit.page.locator("#chart circle.predicted-dot").count() == 30
        assert visit.page.locator("#chart circle.measured-dot").count() >= 30
        assert visit.page.locator("#chart circle.now-dot").count() == 1
        assert "2016-12-31" in visit.text("#chart")
        if folder := os.environ.get("SCREENSHOTS"):
            visit.page.evaluate("scrollTo(0, 0)")
            visit.page.screenshot(path=Path(folder) / "page.png", full_page=True)
        visit.close()
    finally:
        stop(process)


def rows_ahead(visit):
    rows = visit.page.locator("#future-rows tbody tr")
    return [row.inner_text().replace(",", "").split("\t") for row in rows.all()]


def test_the_periods_ahead_are_asked_for_by_keyboard_and_drawn(visit):
    visit.type("key-area", "Amprion")
    visit.type("ahead-periods", "5")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#future:not([hidden]) svg")
    assert "With temperature and holiday as in the form" in visit.text("#ahead-about")
    assert "load of Amprion, predicted by load-forecast version 1" in visit.text("#future-about")
    rows = rows_ahead(visit)
    assert [row[0] for row in rows] == [f"2017-01-0{day}" for day in range(1, 6)]
    form = visit.page.evaluate("fetch('form').then((answer) => answer.json())")
    known = {field["name"]: [field["default"]] * 5 for field in form["fields"]}
    known = {name: known[name] for name in ("temperature", "holiday")}
    asked = {"entities": [{"area": "Amprion", **known}], "ahead": 5}
    send = "fetch('predict', {method: 'POST', body: JSON.stringify(BODY)}).then((a) => a.json())"
    said = visit.page.evaluate(send.replace("BODY", json.dumps(asked)))
    assert [int(row[1]) for row in rows] == [round(number) for number in said["predictions"]]
    assert visit.page.locator("#future-chart circle").count() == 5
    assert visit.fits()
    visit.predict()
    assert visit.page.locator("#future").is_hidden()
    visit.close()


def test_a_wrong_number_of_periods_says_so_under_its_field(visit):
    visit.type("ahead-periods", "900")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_selector("#ahead-periods-problem:not(:empty)")
    assert "give a number of periods from 1 to 168" in visit.text("#ahead-periods-problem")
    assert visit.page.evaluate("document.activeElement.id") == "ahead-periods"
    visit.close(refused=1)


def test_a_wrong_value_says_so_under_its_field_and_takes_the_focus(visit):
    for wrong, words in (
        ("60", "temperature is 60, above 50 °C: outside what the contract allows"),
        ("1,5", 'temperature is "1,5": give a number'),
    ):
        visit.type("fields-temperature", wrong)
        visit.page.keyboard.press("Enter")
        visit.until("document.getElementById('fields-temperature-problem').textContent !== ''")
        assert visit.text("#fields-temperature-problem") == words
        assert visit.page.get_attribute("#fields-temperature", "aria-invalid") == "true"
        told = visit.page.get_attribute("#fields-temperature", "aria-describedby")
        assert "fields-temperature-problem" in told.split()
        assert visit.page.evaluate("document.activeElement.id") == "fields-temperature"
        visit.page.keyboard.press("Shift+Tab")
    visit.type("fields-temperature", "15")
    visit.predict()
    assert visit.text("#fields-temperature-problem") == ""
    assert visit.page.get_attribute("#fields-temperature", "aria-invalid") is None
    assert visit.fits()
    visit.close(refused=2)


def place(visit, selector):
    """Where an element stands on the page, from its top."""
    box = visit.page.locator(selector).bounding_box()
    return box["y"] + visit.page.evaluate("scrollY")


def test_after_a_refusal_the_old_answer_says_that_it_is_old_and_no_field_moves(visit):
    strength = "Number(getComputedStyle(document.getElementById('answer')).opacity)"
    visit.predict()
    number = visit.text("#number")
    assert visit.page.evaluate(strength) == 1
    assert not visit.page.is_visible("#earlier")
    beside = [
        name
        for name in visit.page.evaluate(
            "[...document.querySelectorAll('#fields .field :is(input, select)')].map((f) => f.id)"
        )
        if abs(place(visit, f"#{name}") - place(visit, "#fields-temperature")) < 1
    ]
    assert len(beside) == (2 if visit.page.viewport_size["width"] > 1000 else 1), beside
    before = [place(visit, f"#{name}") for name in beside]
    visit.type("fields-temperature", "60")
    visit.page.keyboard.press("Enter")
    visit.until("document.getElementById('fields-temperature-problem').textContent !== ''")
    assert [place(visit, f"#{name}") for name in beside] == before
    visit.until(f"{strength} <= 0.6")
    assert visit.text("#number") == number
    assert visit.text("#earlier").startswith("This prediction is stale")
    assert visit.fits()
    visit.type("fields-temperature", "−4")
    visit.page.keyboard.press("Enter")
    visit.until(f"{strength} === 1")
    assert not visit.page.is_visible("#earlier")
    visit.close(refused=1)


def test_what_is_wrong_is_sent_back_with_the_value_that_is_right(visit, project):
    visit.predict()
    visit.tab_to("SUMMARY")
    visit.page.keyboard.press("Enter")
    visit.type("truth-value", "a lot")
    visit.page.keyboard.press("Enter")
    visit.until("document.getElementById('truth-value-problem').textContent !== ''")
    assert visit.text("#truth-value-problem") == 'value is "a lot": give a number'
    visit.page.keyboard.press("Control+A")
    visit.page.keyboard.type("12345")
    visit.page.keyboard.press("Enter")
    visit.until("document.getElementById('thanks').textContent !== ''")
    assert visit.text("#thanks") == "Saved: 12,345 MW is the true value of this case."
    question = """
      select feedback.value, predictions.request = feedback.request from feedback
      join predictions on predictions.id = feedback.prediction order by feedback.at desc limit 1
    """
    assert logged(project, question) == [("12345.0", 1)]
    visit.close(refused=1)


def test_every_field_has_a_name_and_the_result_is_announced(visit):
    unnamed = """
      [...document.querySelectorAll("input, select")].filter((field) =>
        !field.labels.length || !field.labels[0].textContent.trim()).map((field) => field.id)
    """
    visit.predict()
    assert visit.page.evaluate(unnamed) == []
    assert visit.page.get_attribute("#number >> xpath=..", "aria-live") == "polite"
    assert visit.page.get_attribute("#chart svg", "aria-label").startswith("load: ")
    visit.close()


def test_another_champion_is_shown_and_what_was_typed_stays(browser, project):
    url, process = serve(project, SERVE_LOG="data/other.db")
    try:
        visit = Visit(browser, url, 1200)
        visit.type("fields-temperature", "21")
        assert visit.text("#served") == "load-forecast · version 1"
        promote(project, "2")
        visit.until("document.getElementById('served').textContent.endsWith('version 2')")
        assert visit.page.input_value("#fields-temperature") == "21"
        visit.predict()
        assert "version 2" in visit.text("#about")
        visit.close()
    finally:
        promote(project, "1")
        stop(process)


@contextlib.contextmanager
def adopted(baked, place, code, data, target):
    """The service of a project that has adopted a table, which the code writes."""
    folder = copy(baked, place / "load-forecast")
    python(folder, code)
    make(folder, "adopt", f"DATA={data}", f"TARGET={target}")
    text = (folder / "params.yaml").read_text()
    (folder / "params.yaml").write_text(text.replace("trials: 20", "trials: 2"))
    make(folder, "run")
    url, process = serve(folder)
    try:
        yield url
    finally:
        stop(process)


@pytest.fixture(scope="module")
def classes(bake, tmp_path_factory):
    """A table of classes, one of its categories a piece of HTML, adopted, and its service."""
    with adopted(
        bake(),
        tmp_path_factory.mktemp("classes"),
        TABLE.replace("{hostile}", HOSTILE),
        "homes.csv",
        "price",
    ) as url:
        yield url


@pytest.mark.parametrize("width", WIDTHS.values())
def test_classes_have_probabilities_and_text_of_the_data_is_text(browser, classes, width):
    visit = Visit(browser, classes, width)
    assert HOSTILE in visit.text("#fields-kind")
    visit.page.select_option("#fields-kind", HOSTILE)
    visit.predict()
    assert visit.text("#number") in ("cheap", "fair", "dear")
    assert sorted(visit.text("#chances").split()[::2]) == ["cheap", "dear", "fair"]
    assert HOSTILE in visit.text("#drivers")
    assert "points" in visit.text("#drivers")
    assert visit.page.locator("img").count() == 0
    assert "taken" not in visit.page.title()
    visit.tab_to("SUMMARY")
    visit.page.keyboard.press("Enter")
    visit.tab_to("truth-value")
    visit.page.keyboard.type("dear")
    visit.page.keyboard.press("Tab")
    visit.page.keyboard.press("Enter")
    visit.until("document.getElementById('thanks').textContent !== ''")
    assert visit.text("#thanks") == "Saved: dear is the true value of this case."
    assert visit.fits()
    visit.close()


@pytest.fixture(scope="module")
def series(bake, tmp_path_factory):
    """A daily table without an entity, adopted, and its service."""
    with adopted(bake(), tmp_path_factory.mktemp("series"), SERIES, "gasworks.csv", "gas") as url:
        yield url


@pytest.mark.parametrize("width", WIDTHS.values())
def test_a_table_that_is_one_series_is_asked_without_its_made_up_name(browser, series, width):
    visit = Visit(browser, series, width)
    assert visit.page.locator("[name=series]").count() == 0
    assert visit.text("#newest") == "Use the newest values"
    assert visit.text("#fields-gas_lag_1-hint").startswith("gas 1 day earlier")
    visit.tab_to("newest")
    visit.page.keyboard.press("Enter")
    visit.until("document.querySelectorAll('#drivers li').length > 0")
    assert visit.page.input_value("#key-day") == "2024-02-04"
    assert visit.text("#series-title") == "Lately: gas"
    number = visit.text("#number")
    visit.predict()
    assert visit.text("#number") == number, "the values that were filled in give the same"
    assert "series" not in visit.text("#ask")
    assert visit.fits()
    visit.close()


def test_html_put_in_by_hand_is_refused_by_the_policy(browser, service):
    visit = Visit(browser, service, 1200)
    planted = "document.body.innerHTML = '<img src=x onerror=1>'"
    with pytest.raises(sync_api.Error, match="TrustedHTML"):
        visit.page.evaluate(planted)
    leaves = "fetch('http://127.0.0.2:9/').then(() => 'left', () => 'refused')"
    assert visit.page.evaluate(leaves) == "refused"
    assert any("Content Security Policy" in line for line in visit.said)
    visit.context.close()


def test_a_service_that_is_gone_is_said(browser, project):
    url, process = serve(project, SERVE_LOG="off")
    visit = Visit(browser, url, 360)
    visit.predict()
    assert visit.page.is_hidden("#wrong"), "nothing is logged, so nothing can be sent back"
    stop(process)
    visit.tab_to("predict")
    visit.page.keyboard.press("Enter")
    visit.until("!document.getElementById('fault').hidden")
    assert visit.text("#fault").startswith("The service did not respond")
    visit.context.close()


def test_screenshots_where_they_are_asked_for(browser, service, classes):
    """SCREENSHOTS=folder: what a person judges, and docs/images/page.png."""
    folder = os.environ.get("SCREENSHOTS")
    if not folder:
        pytest.skip("SCREENSHOTS names no folder")
    for name, url in (("regression", service), ("classes", classes)):
        for device, width in WIDTHS.items():
            for scheme in ("light", "dark"):
                visit = Visit(browser, url, width, color_scheme=scheme)
                visit.predict()
                visit.page.evaluate("scrollTo(0, 0)")
                path = Path(folder) / f"{name}-{device}-{scheme}.png"
                visit.page.screenshot(path=path, full_page=True)
                if name == "regression":
                    visit.page.click("#forecast")
                    visit.page.wait_for_selector("#future:not([hidden]) svg")
                    visit.page.screenshot(path=path.with_stem(f"ahead-{path.stem}"), full_page=True)
                visit.context.close()
