"""The monitor's report says what is known, in one way, whatever it is laid out as."""

import re

import numpy as np
import pytest

from level2.model import wording
from level2.monitoring import look
from level2.reports.monitoring import charts, page, summary
from level2.reports.training.charts import MOST_TITLE
from level2.reports.training.marks import drawn
from watched import last, looked, referred, sampled, until


@pytest.fixture(scope="module")
def reference():
    return referred(until(sampled("2018-12-31"), "2018-12-31"))


def told(found, window):
    """The verdict as the step writes it."""
    days = {"first": None, "last": None}
    return look.verdict(
        found,
        {
            "at": "2019-08-01",
            "model": {"name": "load-forecast", "version": "3", "registered": "2019-01-01"},
            "window": {
                "source": "raw data",
                "rows": len(window),
                "needed": 30,
                "labelled": 0,
                **days,
            },
            "reference": {"rows": 5_000, **days},
            "max_age_days": {"model": 90, "data": None},
        },
    )


def banner(text):
    return re.search(r'<header class="banner (\w+)">.*?<p>(.*?)</p></header>', text, re.S).groups()


@pytest.mark.parametrize("rows", [0, 20])
def test_nothing_to_compare_is_no_alarm_and_no_good_news(reference, rows):
    window = sampled("2019-01-31").tail(rows)
    verdict = told(looked(reference, window), window)
    said = f"Nothing is known yet: there are {rows} rows of the raw data to compare, at least 30 "
    colour, why = banner(page.render(verdict, []))
    assert colour == "unknown"
    assert why.startswith(said)
    assert said in summary.render(verdict)
    assert "as usual" not in page.render(verdict, [])


def test_the_banner_has_the_colour_of_its_light_and_names_what_is_not_known(reference):
    window = last(sampled("2019-07-31"), 30)
    colours = {}
    for share in (1.0, 1.25):
        worse = window.assign(prediction=window.prediction * share)
        verdict = told(looked(reference, worse), worse)
        colours[verdict["verdict"]] = banner(page.render(verdict, []))[0]
    assert colours == {"quiet": "good", "alarm": "bad"}
    unlabelled = window.assign(truth=np.nan)
    verdict = told(looked(reference, unlabelled), unlabelled)
    why = banner(page.render(verdict, []))[1]
    assert why == "Nothing is unusual; not known: performance, staleness."
    verdict["verdict"] = "warn"
    assert banner(page.render(verdict, []))[0] == "warn"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ((90, None), "; no limit set for data (`monitor.max_data_age_days`)"),
        ((None, 30), "; no limit set for model (`monitor.max_model_age_days`)"),
        (
            (None, None),
            "; no limit set for model and data "
            "(`monitor.max_model_age_days`, `monitor.max_data_age_days`)",
        ),
        ((90, 30), ""),
    ],
)
def test_an_age_without_a_limit_is_named_beside_staleness(reference, limits, said):
    window = last(sampled("2019-07-31"), 30)
    verdict = told(looked(reference, window), window)
    verdict["max_age_days"] = dict(zip(("model", "data"), limits, strict=True))
    assert f" age of model and data{said} |" in summary.render(verdict)
    code = re.sub(r"`(.*?)`", r"<code>\1</code>", said)
    assert f"· age of model and data{code}</span>" in page.render(verdict, [])


@pytest.fixture(scope="module")
def fahrenheit(reference):
    window = last(sampled("2019-03-31", "unit_change"), 30)
    verdict = told(looked(reference, window), window)
    assert verdict["signals"]["data"] == "quiet"
    assert verdict["signals"]["quality"] == "alarm"
    return verdict


def row(text, name):
    return re.search(rf"<tr[^>]*><td[^>]*>{name}</td>.*?</tr>", text)[0]


def test_title_row_and_signal_agree_on_a_change_of_unit(fahrenheit):
    titles = [chart.title for chart in charts.charts(fahrenheit)]
    assert titles[0] == "temperature: another unit"
    assert all(title.endswith(": as usual") for title in titles[1:])
    text, short = page.render(fahrenheit, []), summary.render(fahrenheit)
    assert 'class="failed"' in row(text, "temperature")
    assert f"{drawn('bad')} another unit (quality)" in row(text, "temperature")
    assert f"{drawn('good')} as usual" in row(text, "holiday")
    said = "distribution of features; <code>temperature</code> is under quality"
    assert f'as usual <span class="muted">· {said}' in text
    assert "distribution of features; `temperature` is under quality |" in short
    assert re.search(r"\| temperature \|.*\| 🔴 another unit \(quality\) \|", short)
    assert "has drifted" not in text + short


def test_the_row_of_a_drifted_column_has_the_light_of_its_finding(reference):
    window = last(sampled("2019-03-31"), 30)
    window["load_lag_1"] *= 1.4
    verdict = told(looked(reference, window), window)
    assert verdict["signals"]["data"] == "alarm"
    assert f"{drawn('bad')} has drifted (data)" in row(page.render(verdict, []), "load_lag_1")
    for item in verdict["findings"]:
        item["alarm"] = False
    text = page.render(verdict, [])
    assert 'class="warned"' in row(text, "load_lag_1")
    assert f"{drawn('warn')} has drifted (data)" in row(text, "load_lag_1")


def test_names_in_the_page_are_code_and_no_backtick_is_left(fahrenheit):
    text = page.render(fahrenheit, [])
    assert text.count("<code>temperature</code>") >= 3  # banner, signal, finding
    assert "`" not in text


def test_a_loss_is_written_alike_in_the_finding_and_the_performance_line(reference):
    window = last(sampled("2019-07-31"), 30)
    window = window.assign(prediction=window.prediction * 1.25)
    verdict = told(looked(reference, window), window)
    loss = wording.number(verdict["performance"]["loss"])
    assert float(loss.replace(",", "")) > 100_000
    text = summary.render(verdict)
    assert text.count(f"mean loss {loss}") == 2
    assert not re.search(r"\de\+\d", text)
    rmse = re.search(r"Performance: (RMSE [\d,.]+)", text)[1]
    assert f"allowed; {rmse}, accepted with 900.0" in text


def test_the_page_needs_no_emoji_font_and_titles_fit_one_line(reference):
    window = last(sampled("2019-03-31", "unit_change"), 30)
    verdict = told(looked(reference, window), window)
    for item in verdict["columns"]:
        item["column"] = f"a very long name of\na column {item['column']}"
    for one in (verdict, {**verdict, "verdict": "unknown"}):
        text = page.render(one, [])
        assert not re.search("[\U00002b00-\U00002bff\U000026aa\U0001f000-\U0001faff]", text)
        assert re.search(r"[🔴⚪]", summary.render(one))
    for chart in charts.charts(verdict):
        assert "\n" not in chart.title
        assert len(chart.title) <= MOST_TITLE
