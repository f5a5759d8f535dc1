"""Rows of a table like the one adopted: the features of training, under the table's names."""

import numpy as np
import pandas as pd
import pytest

from level2.adoption.infer import infer
from level2.base.errors import ProjectError
from level2.data.canonical import canonical
from level2.data.raw_rows import Raw
from level2.features.transforms import derive, model_features
from level2.model.scoring import inputs, raw_example, table_of
from level2.params.config import parse_params

RNG = np.random.default_rng(5)


def table(times, **columns):
    """Two shops a time, as texts."""
    rows = 2 * len(times)
    found = pd.DataFrame(
        {
            "When?": np.repeat(times, 2),
            "Shop": ["Nord", "Süd"] * len(times),
            "Body Mass (g)": RNG.normal(size=rows).round(3),
            "open": RNG.choice(["yes", "no"], rows),
            "Kind": RNG.choice(["a", "b", "?"], rows),
            "Sold": RNG.normal(100, 9, rows).round(1),
        }
    ).assign(**columns)
    texts = found.astype(str).astype(pd.StringDtype("pyarrow"))
    texts.index = pd.RangeIndex(2, len(texts) + 2, name="line")
    return texts


DAYS = pd.date_range("2023-01-01", periods=60).strftime("%d.%m.%Y")
HOURS = pd.date_range("2023-01-01", periods=600, freq="h").strftime("%Y-%m-%d %H:%M")
MONTHS = pd.date_range("2015-01-01", periods=48, freq="MS").strftime("%Y-%m-%d")


def learned(raw):
    """Params of a table, the known past, and the features of training."""
    params = parse_params(infer(raw, "Sold", source="t.csv")[0])
    known = canonical(raw, params.data)
    return params, known, derive(known, params.data, params.featurize)


@pytest.mark.parametrize("times", [DAYS, HOURS, MONTHS], ids=["days", "hours", "months"])
@pytest.mark.parametrize("order", ["as it was", "shuffled"])
def test_features_equal_those_of_training_in_the_order_of_the_file(times, order):
    raw = table(times)
    params, known, wanted = learned(raw)
    assert params.featurize.lags
    assert params.featurize.calendar
    assert params.data.rename
    asked = raw if order == "as it was" else raw.sample(frac=1, random_state=0)
    found = inputs(asked.drop(columns="Sold"), params.data, params.featurize, known)
    assert found.keys[params.data.entity].tolist() == asked["Shop"].tolist()
    both = found.keys.assign(**found.columns).merge(wanted, on=params.data.key, how="left")
    for name, feature in model_features(params.data, params.featurize).items():
        ours, theirs = both[f"{name}_x"], both[f"{name}_y"]
        if feature.numeric:
            assert ours.dtype == np.float32
            np.testing.assert_array_equal(ours, theirs.astype("float32"))
        else:
            assert ours.tolist() == theirs.fillna("").tolist()
    assert not any(late.any() for late in found.beyond.values()), "gaps of the beginning are known"


def test_the_target_in_the_file_is_not_read():
    raw = table(DAYS)
    params, known, _ = learned(raw)
    one = inputs(raw.assign(Sold="to be said"), params.data, params.featurize, known).columns
    other = inputs(raw.drop(columns="Sold"), params.data, params.featurize, known).columns
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_a_lag_later_than_the_past_is_missing_and_said():
    raw = table(DAYS)
    params, known, _ = learned(raw)
    last = known["event_timestamp"].max()
    days = [last + pd.Timedelta(days=n) for n in (0, 1, 2)]
    later = table(np.array([f"{day:%d.%m.%Y}" for day in days]))
    found = inputs(later, params.data, params.featurize, known)
    assert found.beyond["Sold_lag_1"].tolist() == [False] * 4 + [True] * 2
    assert np.isnan(found.columns["Sold_lag_1"]).tolist() == [False] * 4 + [True] * 2
    assert not np.isnan(found.columns["Sold_lag_7"]).any()
    given = {"Sold_lag_1": {0: np.nan, 4: 5.0}}
    told = inputs(later, params.data, params.featurize, known, given)
    assert told.beyond["Sold_lag_1"].tolist() == [False] * 5 + [True]
    assert np.isnan(told.columns["Sold_lag_1"][0])
    assert told.columns["Sold_lag_1"][4] == 5
    nothing = inputs(later, params.data, params.featurize, None)
    assert all(late.all() for late in nothing.beyond.values())


def test_a_shop_nobody_knew_has_no_past():
    raw = table(DAYS)
    params, known, _ = learned(raw)
    params = params.model_copy(update={"data": params.data.model_copy(update={"entities": None})})
    calm = params.featurize.model_copy(update={"entity_as_feature": False})
    found = inputs(raw.head(20).assign(Shop="Ost"), params.data, calm, known)
    assert all(late.all() for late in found.beyond.values())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"Body Mass (g)": "x"}, "t.csv line 2: column `Body Mass (g)` holds `x`, not a number"),
        ({"Body Mass (g)": "99"}, "column `Body Mass (g)` holds `99`, outside what the contract"),
        ({"open": "perhaps"}, "column `open` holds `perhaps`, neither true/false"),
        ({"Kind": "zebra"}, "column `Kind` holds `zebra`, known values are a, b"),
        ({"When?": "yesterday"}, "column `When?` holds `yesterday`, not a date like %d.%m.%Y"),
        ({"Shop": ""}, "column `Shop` is empty, but every row needs its entity"),
    ],
)
def test_a_wrong_value_is_named_as_the_table_names_it(change, words):
    raw = table(DAYS)
    params, known, _ = learned(raw)
    with pytest.raises(ProjectError) as caught:
        inputs(raw.assign(**change), params.data, params.featurize, known)
    assert words in str(caught.value)


@pytest.mark.parametrize("times", [DAYS, HOURS, MONTHS], ids=["days", "hours", "months"])
def test_the_example_is_a_row_of_the_table(times):
    raw = table(times)
    params, known, wanted = learned(raw)
    row = wanted.iloc[-1]
    told = {"body_mass_g": row["body_mass_g"], "open": True, "Kind": None}
    found = raw_example(params.data, told, row["Shop"], row["event_timestamp"])
    assert set(found) == {*raw.columns} - {"Sold"}
    again = inputs(
        table_of([found], list(found), params.data), params.data, params.featurize, known
    )
    assert again.keys["event_timestamp"].iloc[0] == row["event_timestamp"]
    for lag in params.featurize.lags:
        name = f"Sold_lag_{lag}"
        assert again.columns[name][0] == np.float32(row[name])


WRITTEN = {
    "quarter": pd.Series(pd.period_range("2000Q1", periods=60, freq="Q")).astype(str),
    "half_year": pd.Series([f"{1970 + n // 2}-H{n % 2 + 1}" for n in range(60)]),
    "day_of_year": pd.Series(pd.date_range("2019-11-01", periods=90)).dt.strftime("%Y-%j"),
    "day_of_year_number": pd.Series(pd.date_range("2019-06-01", periods=300)).dt.strftime("%Y%j"),
    "estimated": pd.Series(pd.period_range("2000Q1", periods=60, freq="Q")).astype(str) + "E",
    "week": pd.Series(pd.date_range("2015-01-05", periods=90, freq="7D")).dt.strftime("%G-W%V"),
    "unix_s": pd.Series(1_600_000_000 + 3600 * np.arange(300)),
    "unix_ms": pd.Series((1_600_000_000 + 3600 * np.arange(300)) * 1000),
    "named": pd.Series(pd.date_range("2023-01-01", periods=80)).dt.strftime("%b %d, %Y"),
    "french": pd.Series(
        [f"{n % 28 + 1} {('janvier', 'février', 'août')[n // 28]} 2023" for n in range(84)]
    ),
    "offset": pd.Series(
        pd.date_range("2023-02-01", periods=120, tz="Europe/Berlin").map(pd.Timestamp.isoformat)
    ),
    "year": pd.Series(range(1950, 2020)),
}


@pytest.mark.parametrize("kind", WRITTEN)
def test_times_of_every_kind_are_read_derived_and_written(kind):
    raw = table(WRITTEN[kind].astype(str).to_numpy())
    tree, _ = infer(raw, "Sold", timestamp="When?", source="t.csv")
    params = parse_params(tree)
    known = canonical(raw, params.data)
    wanted = derive(known, params.data, params.featurize)
    found = inputs(raw, params.data, params.featurize, known)
    both = found.keys.assign(**found.columns).merge(wanted, on=params.data.key, how="left")
    for name in model_features(params.data, params.featurize):
        if f"{name}_x" in both and both[f"{name}_x"].dtype == np.float32:
            ours, theirs = both[f"{name}_x"], both[f"{name}_y"].astype("float32")
            np.testing.assert_array_equal(ours, theirs)
    row = wanted.iloc[-1]
    told = {"body_mass_g": row["body_mass_g"], "open": False, "Kind": "a"}
    example = raw_example(params.data, told, row["Shop"], row["event_timestamp"])
    assert example is not None, params.data
    again = inputs(
        table_of([example], list(example), params.data), params.data, params.featurize, known
    )
    assert again.keys["event_timestamp"].iloc[0] == row["event_timestamp"]


def test_days_of_a_worksheet_are_read_derived_and_written_by_every_fraction():
    for numbers in (43_000 + np.arange(100), 43_000 + np.arange(300) / 24):
        raw = table(numbers.astype(str)).rename(columns={"When?": "Order Date"})
        params, known, wanted = learned(raw)
        assert params.data.timestamp_format == "excel"
        row = wanted.iloc[-1]
        told = {"body_mass_g": row["body_mass_g"], "open": True, "Kind": None}
        example = raw_example(params.data, told, row["Shop"], row["event_timestamp"])
        assert example["Order Date"] == pytest.approx(numbers[-1])
        rows = table_of([example], list(example), params.data)
        again = inputs(rows, params.data, params.featurize, known)
        assert again.keys["event_timestamp"].iloc[0] == row["event_timestamp"]


def test_hours_to_24_are_read_derived_and_written():
    ends = pd.date_range("2024-02-27 01:00", periods=96, freq="h")
    days = (ends - pd.Timedelta(hours=1)).strftime("%d/%m/%Y")
    raw = table(np.array(days)).assign(Hour=np.repeat((np.arange(96) % 24 + 1).astype(str), 2))
    params, known, wanted = learned(raw)
    assert params.data.event_hours == "1-24"
    found = inputs(raw, params.data, params.featurize, known)
    assert found.keys["event_timestamp"].dt.tz_localize(None).tolist() == list(ends.repeat(2))
    for row in (wanted.iloc[-1], wanted.iloc[-5]):
        told = {"body_mass_g": row["body_mass_g"], "open": True, "Kind": None}
        example = raw_example(params.data, told, row["Shop"], row["event_timestamp"])
        assert example is not None
    assert (example["When?"], example["Hour"]) == ("01/03/2024", 22)
    assert raw_example(params.data, told, row["Shop"], ends[-1].tz_localize("UTC"))["Hour"] == 24
    wrong = raw.assign(Hour=raw["Hour"].where(raw["Hour"] != "24", "0"))
    with pytest.raises(ProjectError, match="not an hour from 1 to 24"):
        inputs(wrong, params.data, params.featurize, known)


@pytest.mark.parametrize("names", [("year", "month"), ("year", "month", "day")])
def test_times_of_several_columns(names):
    days = pd.Series(pd.date_range("2015-01-01", periods=60, freq="MS" if len(names) < 3 else "D"))
    parts = {name: np.repeat(getattr(days.dt, name).astype(str).to_numpy(), 2) for name in names}
    raw = table(days.astype(str).to_numpy(), **parts).drop(columns="When?")
    params, known, wanted = learned(raw)
    assert params.data.time_columns == names
    found = inputs(raw, params.data, params.featurize, known)
    assert (
        found.keys["event_timestamp"].tolist()
        == np.repeat(wanted["event_timestamp"][::2], 2).tolist()
    )
    row = wanted.iloc[-1]
    told = {"body_mass_g": row["body_mass_g"], "open": False, "Kind": "a"}
    example = raw_example(params.data, told, row["Shop"], row["event_timestamp"])
    assert set(example) == {*names, "Shop", "Body Mass (g)", "open", "Kind"}


def test_which_tables_are_like_the_one_adopted():
    params, _, wanted = learned(table(DAYS))
    raw = Raw(params.data, params.featurize, None)
    features = model_features(params.data, params.featurize)
    assert raw.fits(["extra", *raw.needed], features)
    assert raw.fits([*raw.needed, raw.target], features)
    assert not raw.fits(raw.needed[1:], features)
    assert not raw.fits([*wanted.columns], features)
