"""What people send back alarms where it is too much whatever else is right, and only there."""

import json
import sqlite3

import numpy as np
import pandas as pd
import pytest

from level2.data.feature import Feature
from level2.model.predictions import Entry, name
from level2.prediction_log.feedback import SENT_BACK, Feedback
from level2.prediction_log.sqlite_cases import _NEAR, SqliteCases
from level2.prediction_log.sqlite_log import SqliteLog
from level2.prediction_log.window import recent
from watched import alarms, last, looked, referred, sampled, until

ALARM = ("performance", "sent_back", SENT_BACK)


@pytest.fixture(scope="module")
def world():
    table = sampled("2019-06-30")
    return referred(until(table, "2018-12-31")), last(table, 30)


ROW = ['{"size":2.0}']


def said(window, rows, value):
    """A window without labels, of which the first `rows` were sent back."""
    found = window.drop(columns="truth")
    found[SENT_BACK] = np.where(np.arange(len(found)) < rows, value, np.nan)
    return found


def test_many_answers_that_were_far_off_alarm(world):
    reference, window = world
    found = looked(reference, said(window, 40, window["prediction"] * 2))
    assert ALARM in alarms(found)
    (finding,) = [item for item in found.findings if item.kind == "sent_back"]
    assert finding.detail.startswith("40 of 120 predictions were corrected by feedback: mean loss ")


def test_a_few_are_no_measure_of_the_rest_and_neither_are_ordinary_errors(world):
    reference, window = world
    for rows, value in ((29, window["prediction"] * 2), (120, window["truth"])):
        found = looked(reference, said(window, rows, value))
        assert ALARM not in alarms(found)
        assert "performance" not in found.looked_at


def test_reports_of_what_is_wrong_alone_do_not_stand_for_all(world):
    """Forty errors of half as much again would alarm as a mean, and are little among 120."""
    reference, window = world
    loss = float(np.mean((window["truth"] - window["prediction"]) ** 2))
    off = window["prediction"] + 1.8 * np.sqrt(loss)
    few = said(window, 40, off)
    assert ALARM not in alarms(looked(reference, few))
    labelled = few.rename(columns={SENT_BACK: "truth"})
    assert ("performance", "loss", "truth") in alarms(looked(reference, labelled))


def test_what_was_measured_is_believed_more(world):
    reference, window = world
    both = said(window, 60, window["prediction"] * 2).assign(truth=window["truth"])
    assert ALARM not in alarms(looked(reference, both))
    assert looked(reference, both).judged.rows == 120


FEATURES = {"size": Feature(type="float")}


def written(path, answer, count=4, keys=None):
    """A log of one answer a request, as the service writes it."""
    log = SqliteLog(path)
    for number in range(count):
        key = keys[number] if keys else ("a", None)
        entry = Entry(f"r{number}", 1e9 + number, "m", "1", [key], ROW, [answer])
        log.write([entry])
    log.close()
    return SqliteCases(path)


def window(path, classes=()):
    return recent(path, "m", "1", 30, "shop", "shop_key", FEATURES, classes)


def test_the_window_carries_numbers_and_numbers_of_classes(tmp_path):
    cases = written(tmp_path / "n.db", 5.0)
    assert window(tmp_path / "n.db")[SENT_BACK].isna().all()
    assert cases.correct(Feedback("r1", 0, 7.5), "m", 1.0) == "1"
    assert window(tmp_path / "n.db")[SENT_BACK].tolist() == pytest.approx(
        [np.nan, 7.5, np.nan, np.nan], nan_ok=True
    )
    label = {"label": "no", "probabilities": {"no": 0.9, "yes": 0.1}}
    cases = written(tmp_path / "c.db", label)
    for request, value in (("r0", "yes"), ("r2", "no"), ("r3", "of another model")):
        cases.correct(Feedback(request, 0, value), "m", 1.0)
    found = window(tmp_path / "c.db", ("no", "yes"))[SENT_BACK]
    assert found.tolist() == pytest.approx([1.0, np.nan, 0.0, np.nan], nan_ok=True)


def test_a_case_asked_again_keeps_what_was_said_of_its_first_answer(tmp_path):
    day = pd.Timestamp("2024-01-01", tz="UTC").to_pydatetime()
    cases = written(tmp_path / "log.db", 5.0, 3, [("a", day), ("a", day), ("b", day)])
    cases.correct(Feedback("r0", 0, 7.5), "m", 1.0)
    found = window(tmp_path / "log.db")
    assert list(zip(found["shop"], found[SENT_BACK].fillna(-1), strict=True)) == [
        ("a", 7.5),
        ("b", -1),
    ]


def test_a_log_from_before_there_was_feedback_is_read(tmp_path):
    written(tmp_path / "log.db", 5.0).close()
    with sqlite3.connect(tmp_path / "log.db") as store:
        store.execute("drop table feedback")
    assert len(window(tmp_path / "log.db")) == 4


def test_a_row_number_that_comes_again_is_another_row(tmp_path):
    cases = written(tmp_path / "log.db", 5.0, 1)
    cases.correct(Feedback("r0", 0, 7.5), "m", 1.0)
    with sqlite3.connect(tmp_path / "log.db") as store:
        store.execute("update predictions set request = 'another'")
    assert window(tmp_path / "log.db")[SENT_BACK].isna().all()
    assert cases.correct(Feedback("r0", 0, 7.5), "m", 1.0) is None


def test_a_row_is_found_by_the_time_in_its_id_and_else_among_the_newest(tmp_path):
    came = 1_700_000_000
    own = name(came * 1000, "ab" * 10)
    log = SqliteLog(tmp_path / "log.db")

    def entry(request, at, rows=1):
        return Entry(request, at, "m", "1", [("a", None)] * rows, ROW * rows, [5.0] * rows)

    log.write([entry(own, came + 0.5), entry("theirs", came + 0.5)])
    log.write([entry(f"x{number}", came + 1000.0, 1_000) for number in range(101)])
    log.close()
    cases = SqliteCases(tmp_path / "log.db")
    assert cases.correct(Feedback(own, 0, 7.5), "m", 1.0) == "1"
    assert cases.correct(Feedback("theirs", 0, 7.5), "m", 1.0) is None, "100,000 rows ago"
    assert cases.correct(Feedback("x100", 999, 7.5), "m", 1.0) == "1"
    assert cases.correct(Feedback("f" * 32, 0, 7.5), "m", 1.0) is None, "a time that never was"
    with sqlite3.connect(tmp_path / "log.db") as store:
        plan = store.execute(f"explain query plan {_NEAR}", ("", 0, "", 0, 0)).fetchall()
    assert "predictions_at" in str(plan), "no scan of the whole log"


def test_another_models_rows_are_not_found(tmp_path):
    cases = written(tmp_path / "log.db", 5.0)
    assert cases.correct(Feedback("r0", 0, 7.5), "other", 1.0) is None
    assert cases.correct(Feedback("r0", 1, 7.5), "m", 1.0) is None
    assert [json.dumps(row.answer) for row in cases.recent("m", "a", 2)] == ["5.0", "5.0"]
    assert cases.recent("m", "b", 2) == []
