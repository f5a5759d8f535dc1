"""Other people's tables: adopt and run, no Python edited."""

import json

import pytest
import yaml

from projects import champion, copy, evaluation, make, python, shared

pytestmark = pytest.mark.slow

BARE = """
import numpy as np, pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.linear_model import LinearRegression
from sklearn.metrics import root_mean_squared_error
from sklearn.pipeline import make_pipeline
from sklearn.impute import SimpleImputer
data = pd.read_parquet("data/dataset.parquet")
columns = {columns!r}
test, rest = (data[(data["split"] == "test") == side] for side in (True, False))
models = (HistGradientBoostingRegressor(random_state=0),
          make_pipeline(SimpleImputer(), LinearRegression()))
print(min(root_mean_squared_error(test[{target!r}], model.fit(rest[columns], rest[{target!r}])
      .predict(test[columns])) for model in models))
"""


def table(name):
    path = shared(name)
    if path is None:
        pytest.skip(f"the real table {name} is not beside this checkout (SHARED_DATA=folder)")
    return path


@pytest.fixture
def project(bake, tmp_path):
    return copy(bake(), tmp_path / "load-forecast")


def bare_rmse(project):
    """The best of two bare fits on the same rows, on the table's own numeric columns."""
    data = yaml.safe_load((project / "params.yaml").read_text())["data"]
    columns = [name for name, item in data["features"].items() if item["type"] != "category"]
    return float(python(project, BARE.format(columns=columns, target=data["target"])))


@pytest.mark.parametrize(
    ("name", "target"), [("auto_mpg.csv", "mpg"), ("opsd_germany_daily.csv", "Consumption")]
)
def test_adopt_and_run_give_a_champion_as_good_as_a_bare_fit(project, name, target):
    said = make(project, "adopt", f"DATA={table(name)}", f"TARGET={target}")
    assert (project / "data/raw" / f"{name}.dvc").exists(), said
    make(project, "run")
    assert len(champion(project)) == 1
    mine = evaluation(project)["candidate"]["metrics"]["rmse"]
    assert mine <= 1.02 * bare_rmse(project)
    assert "reproduced" in make(project, "reproduce")


def test_bike_sharing_is_stopped_for_the_sum_then_runs_without_it(project):
    before = (project / "params.yaml").read_text()
    words = ["adopt", f"DATA={table('bike_sharing_hourly.csv')}", "TARGET=cnt"]
    said = make(project, *words, ok=False)
    assert "`casual + registered` equals the target `cnt` in 17,379 of 17,379 rows" in said
    assert (project / "params.yaml").read_text() == before
    make(project, *words, "EXCLUDE=casual,registered")
    make(project, "run")
    assert len(champion(project)) == 1
    assert evaluation(project)["candidate"]["metrics"]["rmse"] <= 1.02 * bare_rmse(project)


def test_a_waived_leak_is_written_down_and_runs(project):
    words = ["adopt", f"DATA={table('bike_sharing_hourly.csv')}", "TARGET=cnt"]
    make(project, *words, "ALLOW_LEAKAGE=casual,registered")
    params = yaml.safe_load((project / "params.yaml").read_text())
    assert sorted(params["data"]["allow_leakage"]) == ["casual", "registered"]
    make(project, "run")
    assert len(champion(project)) == 1


def test_a_leak_in_a_hand_written_contract_stops_the_run(project):
    words = ["adopt", f"DATA={table('bike_sharing_hourly.csv')}", "TARGET=cnt"]
    make(project, *words, "ALLOW_LEAKAGE=casual,registered")
    params = yaml.safe_load((project / "params.yaml").read_text())
    params["data"]["allow_leakage"] = []
    (project / "params.yaml").write_text(yaml.safe_dump(params))
    said = make(project, "run", ok=False)
    assert "casual + registered" in said
    assert "data.allow_leakage" in said


CLASSES = """
import numpy as np, pandas as pd
rng = np.random.default_rng(0)
n = 600
x, y = rng.normal(size=n), rng.normal(size=n)
colour = rng.choice(["red", "green", "blue"], n)
score = x + 0.5 * y + (colour == "red") + rng.normal(size=n) * 0.5
kind = {rule}
pd.DataFrame(dict(x=x, y=y, colour=colour, kind=kind)).to_{suffix}("table.{suffix}", index=False)
"""


@pytest.mark.parametrize(
    ("rule", "suffix", "task"),
    [
        ("np.where(score > 0, 'yes', 'no')", "csv", "binary"),
        ("np.digitize(score, [-0.7, 0.9]).astype(str)", "parquet", "multiclass"),
    ],
)
def test_classes_are_learned_too(project, rule, suffix, task):
    python(project, CLASSES.format(rule=rule, suffix=suffix))
    make(project, "adopt", f"DATA=table.{suffix}", "TARGET=kind")
    make(project, "run")
    measured = evaluation(project)
    assert measured["task"] == task
    assert len(champion(project)) == 1
    prior = measured["baselines"]["prior"]["log_loss"]
    assert measured["candidate"]["metrics"]["log_loss"] < 0.8 * prior
    assert json.loads((project / "artifacts/decision.json").read_text())["verdict"] == "promote"
