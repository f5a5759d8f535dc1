"""What came before a case: measured in its lags and in those of earlier answers."""

from level2.features.series import MOST, Answered, series

LAGS = {"load_lag_1": 1, "load_lag_7": 7}


def row(time, answer, asked=0.0, **features):
    return Answered(time, asked, features, answer)


def test_lags_are_put_where_they_were_measured_and_later_rows_are_believed():
    past = [
        row(80, 8.5, 1.0, load_lag_1=7.0),
        row(90, 9.5, 1.0, load_lag_1=8.0),
        row(90, 9.6, 2.0, load_lag_1=8.1),
        row(110, 99.0, 3.0, load_lag_1=1.0),  # after the case: no part of its past
    ]
    now = row(100, None, load_lag_1=9.0, load_lag_7=3.0)
    found = series(now, past, LAGS, 10.0, "")
    assert found["axis"] == "time"
    assert found["now"] == 100
    assert found["predicted"] == [[80, 8.5], [90, 9.6]]
    assert found["measured"] == [[30, 3.0], [70, 7.0], [80, 8.1], [90, 9.0]]


def test_without_a_time_lags_are_steps_back():
    found = series(row(None, None, load_lag_1=9.0, load_lag_7=None), [row(1, 2.0)], LAGS, 10.0, "")
    assert found == {"axis": "steps", "now": 0.0, "measured": [[-1.0, 9.0]], "predicted": []}


def test_lags_of_months_have_no_length():
    assert series(row(100, None, load_lag_1=9.0), [], LAGS, None, "")["axis"] == "steps"


def test_without_lags_and_time_it_is_when_it_was_asked():
    past = [row(None, 3.0, 30.0), row(None, 2.0, 20.0)]
    found = series(row(None, None, 40.0), past, {}, None, "")
    assert found == {
        "axis": "asked",
        "now": 40.0,
        "measured": [],
        "predicted": [[20.0, 2.0], [30.0, 3.0]],
    }


def test_of_a_class_it_is_the_probability_and_other_answers_are_left_out():
    known = {"label": "no", "probabilities": {"yes": 0.2, "no": 0.8}}
    past = [row(None, known, 1.0), row(None, 5.0, 2.0), row(None, {"label": "x"}, 3.0)]
    assert series(row(None, None), past, {}, None, "yes")["predicted"] == [[1.0, 0.2]]
    assert series(row(None, None), past, {}, None, "")["predicted"] == [[2.0, 5.0]]


def test_only_the_newest_are_shown():
    past = [row(None, float(n), float(n)) for n in range(200)]
    found = series(row(None, None, 500.0), past, {}, None, "")["predicted"]
    assert len(found) == MOST
    assert found[-1] == [199.0, 199.0]
