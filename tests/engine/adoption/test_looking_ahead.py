"""`make adopt HORIZON=`: the contract of a table whose rows are predicted some periods ahead."""

import shutil

import numpy as np
import pandas as pd
import pytest
from test_adopt import Project

from level2.adoption.looking_ahead import LookingAhead
from processes import command


def table(path, periods=60, frequency="1D", **columns):
    """Two shops' sales, with prices that are set in advance and visitors that are counted."""
    rng = np.random.default_rng(0)
    times = pd.date_range("2024-01-01", periods=periods, freq=frequency)
    rows = pd.DataFrame([(time, shop) for time in times for shop in ("north", "south")])
    rows.columns = ["when", "shop"]
    rows["Unit price"] = rng.uniform(1, 2, len(rows)).round(3)
    rows["visitors"] = rng.integers(100, 900, len(rows))
    rows["sales"] = (50 - 9 * rows["Unit price"] + rng.normal(0, 3, len(rows))).round(2)
    rows.assign(**columns).to_csv(path, index=False)
    return path


@pytest.fixture
def project(tmp_path):
    (tmp_path / "project").mkdir()
    return Project(tmp_path / "project")


def ahead(horizon, *names):
    return LookingAhead(horizon, names)


def test_what_is_measured_with_the_target_is_left_out_and_lags_reach_over_the_horizon(
    project, tmp_path
):
    asked = ahead("7", "Unit price")
    params = project.adopt(table(tmp_path / "sales.csv"), "sales", ahead=asked)
    assert params.data.horizon == 7
    assert list(params.data.features) == ["unit_price"]
    assert params.data.features["unit_price"].known_in_advance
    assert params.featurize.lags == (7,)
    said = "\n".join(project.said)
    assert "nobody knows it 7 periods ahead (IN_ADVANCE= if" in said
    assert "visitors                 excluded" in said
    assert "7 rows back (1D each): known 7 periods ahead" in said
    assert "1, 7 rows back" not in said


@pytest.mark.parametrize(
    ("frequency", "periods", "horizon", "lags"),
    [
        ("1D", 200, "1", (1, 7)),
        ("1D", 200, "3", (3, 7)),
        ("1D", 200, "10", (10, 14)),
        ("1h", 900, "24", (24, 168)),
        ("1h", 900, "30", (30, 48, 168)),
        ("1h", 300, "24", (24,)),  # too few rows for a week back
        ("MS", 80, "6", (6, 12)),
    ],
)
def test_lags_are_the_first_multiples_of_the_usual_ones(
    project, tmp_path, frequency, periods, horizon, lags
):
    path = table(tmp_path / "sales.csv", periods, frequency)
    assert project.adopt(path, "sales", ahead=ahead(horizon)).featurize.lags == lags


def test_without_a_horizon_nothing_changes(project, tmp_path):
    params = project.adopt(table(tmp_path / "sales.csv"), "sales")
    assert params.data.horizon is None
    assert {"unit_price", "visitors"} == set(params.data.features)


REFUSED = {
    "no number": ({}, ahead("soon"), "HORIZON=soon is not understood: say a number of periods"),
    "nothing": ({}, ahead("0"), "HORIZON=0 is not understood"),
    "no column": ({}, ahead("7", "price"), "IN_ADVANCE=price is not a feature of the table: it"),
    "the target": ({}, ahead("7", "sales"), "IN_ADVANCE=sales is not a feature of the table"),
    "no horizon": ({}, ahead("", "visitors"), "say how many periods with HORIZON=7"),
    "classes": (
        {"sales": ["few", "many"] * 60}, ahead("7"),
        "HORIZON=7 counts periods of a number: this table predicts classes",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_look_ahead_is_refused_and_nothing_is_written(project, tmp_path, case):
    columns, asked, words = REFUSED[case]
    path = table(tmp_path / "sales.csv", **columns)
    assert words in project.refused(path, "sales", ahead=asked)


def test_a_table_without_periods_has_none_ahead(project, tmp_path):
    rng = np.random.default_rng(0)
    rows = pd.DataFrame({"size": rng.normal(60, 9, 90).round(1)})
    rows.assign(price=(rows["size"] * 3).add(rng.normal(0, 9, 90)).round(1)).to_csv(
        tmp_path / "homes.csv", index=False
    )
    said = project.refused(tmp_path / "homes.csv", "price", ahead=ahead("7"))
    assert said == "HORIZON=7 counts periods of a number: this table has no equal periods"


@pytest.mark.slow
def test_an_adopted_table_is_forecast_that_far_and_no_farther(blank, tmp_path):
    folder = shutil.copytree(blank, tmp_path / "project")
    path = table(tmp_path / "sales.csv", 120)
    Project(folder).adopt(path, "sales", ahead=ahead("7", "Unit price"))
    done = command(folder, "run")
    assert done.returncode == 0, done.stderr
    done = command(folder, "predict", "--ahead", "8", "--output", "week.csv")
    assert "looks 7 periods ahead (data.horizon), not 8" in done.stderr
    done = command(folder, "predict", "--ahead", "7", "--output", "week.csv")
    assert "nobody knows `Unit price` of the periods ahead" in done.stderr
    week = table(tmp_path / "week.csv", 127)
    pd.read_csv(week).tail(14).drop(columns=["visitors", "sales"]).to_csv(week, index=False)
    done = command(folder, "predict", "--input", str(week), "--output", "week.csv")
    assert done.returncode == 0, done.stderr
    found = pd.read_csv(folder / "week.csv")
    assert found["when"].max() == "2024-05-06"
    assert found["prediction"].between(20, 60).all()
    assert np.corrcoef(found["Unit price"], found["prediction"])[0, 1] < -0.5
