"""The monitor's report says what is known, in one way, whatever it is laid out as."""

import re

import numpy as np
import pytest
from watched import last, looked, referred, sampled, until

from mlproject.core.monitoring import look as looking
from mlproject.core.monitoring.report import page, summary


@pytest.fixture(scope="module")
def reference():
    return referred(until(sampled("2018-12-31"), "2018-12-31"))


def told(found, window):
    """The verdict as the step writes it."""
    days = {"first": None, "last": None}
    return looking.verdict(
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
    assert why == "Nothing is beyond what is usual; not known: performance, staleness."
    verdict["verdict"] = "warn"
    assert banner(page.render(verdict, []))[0] == "warn"
