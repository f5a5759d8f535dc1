"""A feature served otherwise than it is computed offline is found, and named."""

import numpy as np
import pandas as pd
import pytest

from level2.data.contract import TIMESTAMP
from level2.data.feature import Feature
from level2.monitoring.skew import findings, pairs
from level2.params.monitor import Monitor

FEATURES = {
    "size": Feature(type="float", nullable=True),
    "open": Feature(type="bool"),
    "kind": Feature(type="category", nullable=True),
}
KEYS = ("site", TIMESTAMP)


@pytest.fixture
def offline():
    """Fifty days of two sites, in a type of its own for each column."""
    rng = np.random.default_rng(0)
    days = pd.date_range("2024-01-01", periods=50, freq="D", tz="UTC").as_unit("us")
    return pd.DataFrame(
        {
            "site": np.repeat([1, 2], 50),
            TIMESTAMP: [*days, *days],
            "size": np.where(rng.random(100) < 0.1, np.nan, rng.normal(1e5, 1e4, 100)),
            "open": rng.random(100) < 0.5,
            "kind": rng.choice(["x", "y", None], 100),
        }
    )


@pytest.fixture
def served(offline):
    """The same as the log gives it back: texts as keys, numbers as float64 of what JSON held."""
    shuffled = offline.sample(frac=1, random_state=1).reset_index(drop=True)
    size = shuffled["size"].astype("float32").astype("float64")
    return shuffled.assign(
        site=shuffled["site"].astype(str), open=shuffled["open"].astype(float), size=size
    )


def found(served, offline, keys=KEYS, **knobs):
    beside = pairs(served, offline, keys)
    return {item.column: item for item in findings(beside, FEATURES, Monitor(**knobs))}


def test_the_same_values_are_no_skew_whatever_their_types(served, offline):
    assert len(pairs(served, offline, KEYS).served) == 100
    assert found(served, offline, max_skew=0) == {}


@pytest.mark.parametrize(
    ("column", "change"),
    [
        ("size", lambda values: values * 1.0001),
        ("size", lambda values: values.fillna(0.0)),
        ("open", lambda values: 1 - values),
        ("kind", lambda values: values.fillna("x")),
        ("kind", lambda values: values.where(values != "x", None)),
    ],
)
def test_a_planted_skew_is_named(served, offline, column, change):
    wrong = served.assign(**{column: change(served[column])})
    (item,) = found(wrong, offline).values()
    assert (item.column, item.kind, item.signal, item.alarm) == (column, "skew", "quality", True)
    assert item.detail.startswith(f"`{column}` was served as ")
    assert "offline (" in item.detail


def test_the_sentence_shows_one_row_and_how_many(served, offline):
    place = served.index[(served["site"] == "2") & (served[TIMESTAMP].dt.day == 3)][0]
    offline.loc[(offline["site"] == 2) & (offline[TIMESTAMP].dt.day == 3), "size"] = 20.0
    served.loc[served[TIMESTAMP] == served[TIMESTAMP][place], "size"] = 68.0
    offline.loc[(offline["site"] == 1) & (offline[TIMESTAMP].dt.day == 3), "size"] = 68.0
    for one in (served, offline):
        one.drop(one.index[one[TIMESTAMP].dt.month > 1], inplace=True)
    assert found(served, offline)["size"].detail == (
        "`size` was served as 68 and is 20 offline (2, 2024-01-03): 1.6% of 62 rows differ, "
        "at most 1% are allowed (monitor.max_skew)"
    )
    assert found(served, offline, max_skew=0.02) == {}


def test_rows_that_are_not_offline_are_not_judged(served, offline):
    served["size"] += 1
    later = served.assign(**{TIMESTAMP: served[TIMESTAMP] + pd.Timedelta(days=100)})
    assert len(pairs(later, offline, KEYS).served) == 0
    assert found(later, offline) == {}
    nobody = served.assign(site=None)
    assert found(nobody, offline) == {}
    assert found(served, offline.drop(columns="size")) == {}, "params no longer make it"


def test_a_table_without_time_is_joined_by_its_row_alone(offline):
    table = offline.assign(row_id=np.arange(100))
    served = table.assign(
        row_id=table["row_id"].astype(str), **{TIMESTAMP: pd.Timestamp.now("UTC")}
    )
    assert found(served, table, ("row_id",)) == {}
    served["size"] *= 1.1
    assert set(found(served, table, ("row_id",))) == {"size"}
