"""Both report pages in a real Chromium, at the width of a desk and of a phone.

SCREENSHOTS names a folder for their pictures.
"""

import os
import subprocess
from pathlib import Path

import pytest
from test_page import SWITCHES, WIDTHS, chromium

from conftest import PROJECT, ROOT
from projects import VENV

sync_api = pytest.importorskip("playwright.sync_api")

pytestmark = [pytest.mark.slow, pytest.mark.server]

WRITE = """
import sys
from pathlib import Path

import fabricated
from conftest import TREE
from watched import last, looked, referred, sampled, until
from level2.reports import drawing
from level2.params.config import parse_params
from level2.monitoring import look
from level2.reports.monitoring import charts, page
from level2.reports.training import class_charts, elements, model_charts
from level2.reports.training.build import build
from level2.reports.training.content import Sources
from level2.reports.training.page import render
from level2.reports.training import regression_charts

out = Path(sys.argv[1])
for task in ("regression", "binary", "multiclass"):
    tree = fabricated.contract(TREE, task)
    tree["promote"] = {"worst_slice_ratio": 1.0}
    table = fabricated.predictions(tree, days=150)
    found = fabricated.evaluation(tree, table)
    found["champion"] = fabricated.champion(found, 0.9)
    found["importance"][0]["feature"] = "a_feature_with_a_very_long_name_indeed"
    checks = {"checks": [{"name": "a", "ok": True, "detail": "b"}], "warnings": ["few rows"]}
    tuning = fabricated.tuning(found)
    report = build(parse_params(tree), Sources(found, None, tuning, checks))
    contract = parse_params(tree).data
    drawn = regression_charts.regression_charts if task == "regression" else (
        class_charts.class_charts
    )
    shown = [
        *drawn(table, contract),
        model_charts.importance_chart(found["importance"], task, found["metric"]),
        model_charts.tuning_chart(report.tuning, task, found["metric"], contract.unit),
    ]
    plots = [elements.plotted(chart, drawing.draw(chart)) for chart in shown]
    (out / f"{task}.html").write_text(render(report, plots))

window = last(sampled("2019-03-31", "unit_change"), 30)
days = {"first": None, "last": None}
told = {
    "at": "2019-04-01",
    "model": {"name": "load-forecast", "version": "3", "registered": "2019-01-01"},
    "window": {"source": "raw data", "rows": 120, "needed": 30, "labelled": 0, **days},
    "reference": {"rows": 5_000, **days},
    "max_age_days": {"model": 90, "data": None},
}
verdict = look.verdict(looked(referred(until(sampled("2018-12-31"), "2018-12-31")), window), told)
plots = [elements.plotted(item, drawing.draw(item)) for item in charts.charts(verdict)]
(out / "monitor.html").write_text(page.render(verdict, plots))
"""
PAGES = ("regression", "binary", "multiclass", "monitor")


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages")
    paths = os.pathsep.join(
        [str(PROJECT / "engine"), str(ROOT / "tests/engine"), str(ROOT / "tests/engine/support")]
    )
    subprocess.run(
        [str(VENV / "bin/python"), "-W", "ignore", "-c", WRITE, str(folder)],
        env={**os.environ, "PYTHONPATH": paths},
        cwd=PROJECT,
        check=True,
    )
    return folder


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=chromium(), args=SWITCHES)
        yield opened
        opened.close()


@pytest.fixture(params=WIDTHS)
def width(request):
    return WIDTHS[request.param]


@pytest.fixture(params=PAGES)
def opened(request, browser, pages, width):
    context = browser.new_context(viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto((pages / f"{request.param}.html").as_uri())
    yield page
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{request.param}-{width}.png", full_page=True)
    context.close()


def test_nothing_is_wider_than_the_screen(opened, width):
    assert opened.evaluate("document.documentElement.scrollWidth") <= width
    hidden = """[...document.querySelectorAll('.scroll')].filter(
      (box) => box.scrollWidth > box.clientWidth + 1).length"""
    assert opened.evaluate(hidden) == 0, "a table hides columns behind a scroll bar"


def test_the_rule_of_a_row_is_read_without_scrolling(opened, width):
    """The rule of a metric, what a column became: whole on the screen, in a line wide enough."""
    boxes = """[...document.querySelectorAll('td.text')].filter((cell) => cell.textContent)
      .map((cell) => { const box = cell.getBoundingClientRect();
        return [box.left, box.right, box.width, cell.scrollWidth - cell.clientWidth,
          parseFloat(getComputedStyle(cell).fontSize)]; })"""
    found = opened.evaluate(boxes)
    assert found
    for left, right, wide, cut, size in found:
        assert left >= 0
        assert right <= width
        assert cut <= 1
        assert size >= 14
        if width < 500:
            assert wide >= 0.8 * width


def test_every_title_of_a_plot_is_one_whole_line(opened):
    titles = """[...document.querySelectorAll('figcaption strong')].map((title) =>
      [title.textContent, title.getClientRects().length, title.scrollWidth - title.clientWidth,
       title.getBoundingClientRect().height / parseFloat(getComputedStyle(title).fontSize)])"""
    found = opened.evaluate(titles)
    assert len(found) >= 4
    for text, lines, cut, height in found:
        assert "\n" not in text
        assert lines == 1
        assert cut <= 0, f"{text} is cut off"
        assert height < 1.8, f"{text} takes two lines"


def test_marks_are_drawn_with_a_size_and_a_shape_of_their_own(opened):
    marks = """[...document.querySelectorAll('.mark')].map((mark) => {
      const style = getComputedStyle(mark), box = mark.getBoundingClientRect();
      return [mark.className, box.width, box.height, mark.textContent, style.backgroundColor,
        style.borderRadius + style.clipPath + style.borderWidth]; })"""
    found = opened.evaluate(marks)
    kinds = {name: (colour, shape) for name, _, _, _, colour, shape in found}
    assert "mark mark-good" in kinds
    assert len(set(kinds.values())) == len(kinds), "two marks look alike"
    assert len({shape for _, shape in kinds.values()}) == len(kinds), "only the colour differs"
    for _, wide, high, text, _, _ in found:
        assert 12 <= wide == high
        assert text == ""
