"""Leaks are named, honest strong features are not."""

import numpy as np
import pandas as pd
import pytest

from level2.data.contract import DataContract
from level2.training import leakage
from level2.training.leakage import advice, find_leakage, may_tell


def contract_of(table, target="y", task="regression", **changes):
    classes = (
        None if task == "regression" else [str(i) for i in range(int(table[target].max()) + 1)]
    )
    features = {
        name: {"type": "category" if table[name].dtype == object else "float", "nullable": True}
        for name in table.columns
        if name != target
    }
    fields = {"name": "t", "source": "t.csv", "target": target, "task": task, "classes": classes}
    return DataContract.model_validate({**fields, "features": features, **changes})


def leaks_of(table, **changes):
    return find_leakage(table, contract_of(table, **changes), 0.995)


@pytest.fixture
def honest():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(600, 3))
    y = 3 * x[:, 0] + x[:, 1] + rng.normal(0, 0.5, 600)
    return pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "c": x[:, 2], "y": y})


def test_honest_features_are_left_alone(honest):
    assert leaks_of(honest) == []


def test_copy_of_the_target(honest):
    (leak,) = leaks_of(honest.assign(copy=honest.y))
    assert leak == (("copy",), "`copy` equals the target `y` in 600 of 600 rows")


def test_copy_with_gaps_and_a_few_corrections(honest):
    copy = honest.y.copy()
    copy[:40], copy[50:53] = np.nan, 0
    (leak,) = leaks_of(honest.assign(copy=copy))
    assert leak.reason == "`copy` equals the target `y` in 557 of 560 rows"


def test_other_unit_of_the_target(honest):
    (leak,) = leaks_of(honest.assign(f=honest.y * 1.8 + 32))
    assert leak.columns == ("f",)
    assert leak.reason.startswith("`0.555556*f - 17.7778` equals the target `y` in 600 of 600")


@pytest.mark.parametrize(
    ("parts", "formula"),
    [
        (lambda t: {"p": t.c, "q": t.y - t.c}, "`p + q`"),
        (lambda t: {"p": t.c, "q": t.y + t.c}, "`q - p`"),
        (lambda t: {"p": t.c, "q": t.b, "r": t.y - t.c - t.b}, "`r + p + q`"),
        (lambda t: {"p": t.c, "q": 2 * t.y + 5 * t.c}, "`0.5*q - 2.5*p`"),
    ],
)
def test_parts_that_add_up_to_the_target(honest, parts, formula):
    table = honest.assign(**parts(honest)).drop(columns=["a", "b", "c"])
    (leak,) = leaks_of(table[[*[name for name in table if name != "y"], "y"]])
    names = set(leak.columns)
    assert names == set(table.columns) - {"y"}
    assert sorted(leak.reason.split("` equals")[0].strip("`").split()) == sorted(
        formula.strip("`").split()
    )
    assert "equals the target `y` in 600 of 600 rows" in leak.reason


def test_parts_with_gaps_are_found_beside_an_almost_empty_column(honest):
    part = honest.c.where(honest.index > 300)
    table = honest.assign(p=part, q=honest.y - part, hole=honest.a.where(honest.index > 580))
    (leak,) = leaks_of(table.drop(columns=["c"]))
    assert leak.columns == ("p", "q")
    assert "in 299 of 299 rows" in leak.reason


def test_near_perfect_single_feature(honest):
    near = np.exp(honest.y / 5) * (1 + np.random.default_rng(1).normal(0, 0.001, 600))
    (leak,) = leaks_of(honest.assign(near=near))
    assert leak.columns == ("near",)
    assert leak.reason.startswith("`near` alone predicts the target `y` with R2 0.99")


def test_formula_of_many_columns_is_no_slip():
    x = np.random.default_rng(0).normal(size=(400, 8))
    table = pd.DataFrame(x, columns=[f"x{i}" for i in range(8)])
    assert leaks_of(table.assign(y=x.sum(axis=1))) == []


@pytest.mark.parametrize("kind", ["numbers", "words"])
def test_permuted_labels(kind):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 3, 300)
    names = {"numbers": np.array([7.0, 3.0, 5.0]), "words": np.array(["u", "v", "w"], dtype=object)}
    table = pd.DataFrame({"code": names[kind][y], "x": rng.normal(size=300), "y": y})
    (leak,) = leaks_of(table, task="multiclass")
    assert leak.reason == "`code` alone predicts the target `y` with balanced accuracy 1.0000"


def test_iris_petals_are_honest():
    from sklearn.datasets import load_iris

    table = load_iris(as_frame=True).frame
    table.columns = ["sepal_length", "sepal_width", "petal_length", "petal_width", "y"]
    assert leaks_of(table, task="multiclass") == []


def test_smooth_series_is_not_taken_for_leakage():
    day = np.arange(1500.0)
    rng = np.random.default_rng(0)
    y = np.cos(day / 58) + rng.normal(0, 0.03, 1500)
    table = pd.DataFrame({"day_number": day, "sun": np.cos(day / 58 + 0.4), "y": y})
    table["event_timestamp"] = pd.date_range("2020", periods=1500, tz="UTC")
    features = {"day_number": {"type": "float"}, "sun": {"type": "float"}}
    settings = contract_of(table, features=features, event_timestamp="d")
    assert find_leakage(table, settings, 0.995) == []


def test_waived_columns_are_not_looked_at(honest):
    table = honest.assign(copy=honest.y, other=honest.y * 2)
    (leak,) = leaks_of(table, allow_leakage=["copy"])
    assert leak.columns == ("other",)
    assert leaks_of(table, allow_leakage=["copy", "other"]) == []


def test_few_rows_prove_nothing(honest):
    assert leaks_of(honest.head(12).assign(near=honest.y * 1.01 + honest.c / 1000)) == []


def test_advice_names_every_column(honest):
    sentence, columns = advice(
        leaks_of(honest.assign(copy=honest.y, p=honest.c, q=honest.y - honest.c))
    )
    assert columns[0] == "copy"
    assert "a model would learn the answer, not the pattern" in sentence


SHAPES = {
    "line": lambda x: x,
    "curve": lambda x: np.sin(6 * x),
    "steps": lambda x: np.floor(8 * x) % 2,
    "many steps": lambda x: np.floor(50 * x) % 7,
    "spikes": lambda x: (np.abs(x % 0.2 - 0.1) < 0.01).astype(float),
}


@pytest.mark.parametrize("rows", [2_000, 10_000])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("task", ["regression", "binary"])
def test_what_a_tree_would_find_is_never_screened_out(rows, shape, task):
    rng = np.random.default_rng(0)
    x = rng.uniform(-1, 1, rows)
    clean = SHAPES[shape](x)
    if task == "binary":
        clean = (clean > clean.mean()).astype(float)
        flipped = rng.random(rows) < 0.004
        y = np.where(flipped, 1 - clean, clean)
    else:
        y = clean + rng.normal(0, 0.06 * clean.std(), rows)
    first = rng.permutation(rows) < rows // 2
    for seen in (x, np.round(x, 2), np.round(50 * x) / 50):
        score = [leakage._tree_score(seen, y, one, ~one, task) for one in (first, ~first)]
        assert may_tell(seen, y, task) or np.mean(score) < 0.995
    assert may_tell(x, y, task)
    rare = np.isin(np.arange(rows), rng.choice(rows, 40, replace=False)).astype(float)
    assert may_tell(rare + rng.normal(0, 0.01, rows), rare, task), "a rare answer"


@pytest.mark.parametrize("task", ["regression", "binary"])
def test_a_column_that_tells_nothing_is_not_fitted(task, monkeypatch):
    rng = np.random.default_rng(0)
    y = rng.normal(size=5_000) if task == "regression" else rng.integers(0, 2, 5_000)
    fitted = []
    monkeypatch.setattr(leakage, "_tree_score", lambda *_: fitted.append(1) or 0.0)
    table = pd.DataFrame({"x": rng.normal(size=5_000), "word": rng.choice(list("abc"), 5_000)})
    assert leaks_of(table.assign(y=y), task=task) == []
    assert fitted == []
    strong = y + rng.normal(0, 0.5, 5_000)
    assert leaks_of(table.assign(y=y, strong=strong), task=task) == []
    assert fitted == [] or task == "binary", "nor is one that tells much"
    leaks_of(table.assign(y=y, told=y + rng.normal(0, 0.01, 5_000)), task=task)
    assert fitted, "one that tells is"
