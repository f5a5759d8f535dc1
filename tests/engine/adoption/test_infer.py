"""A contract for tables nobody described."""

import io
import re

import numpy as np
import pandas as pd
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from level2.adoption.columns import bounds
from level2.adoption.infer import infer, model_name
from level2.adoption.plain_names import names_for, plain
from level2.base.errors import ProjectError
from level2.data.canonical import canonical
from level2.model.naive import seasons
from level2.params.config import parse_params

N = 200
RNG = np.random.default_rng(0)
X = RNG.normal(size=N)
BASE = pd.DataFrame({"x": X, "z": RNG.integers(0, 50, N), "y": 2 * X + RNG.normal(size=N)})
DAYS = pd.date_range("2020-01-01", periods=N)


def texts(frame):
    """The frame as `read_raw` gives it after a CSV."""
    stream = io.StringIO(frame.to_csv(index=False))
    raw = pd.read_csv(stream, dtype=pd.StringDtype("pyarrow"), keep_default_na=False)
    raw.index = pd.RangeIndex(2, len(raw) + 2, name="line")
    return raw


def adopted(frame, target="y", **asked):
    """The checked params of a table, its canonical table, and column -> decisions."""
    raw = texts(frame)
    tree, decisions = infer(raw, target, **asked, source="t.csv")
    params = parse_params(tree)
    said = {}
    for decision in decisions:
        said.setdefault(decision.column, []).append(f"{decision.decision}: {decision.reason}")
    return params, canonical(raw, params.data), said


def refused(frame, target="y", **asked):
    with pytest.raises(ProjectError) as caught:
        infer(texts(frame), target, **asked, source="t.csv")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_numbers_that_look_like_codes_are_offered_as_categories():
    frame = BASE.assign(
        origin=[1, 2, 3, 1] * 50,
        grade=[0, 1, 2, 3] * 50,
        gaps=[1, 2, None, 3] * 50,
        cylinders=[4, 6, 8, 5] * 50,
        year=[70, 71, 72, 73] * 50,
        hour=list(range(20)) * 10,
    )
    params, _, said = adopted(frame)
    offered = {name: lines[-1] for name, lines in said.items() if "or a category" in lines[-1]}
    assert set(offered) == {"origin", "grade", "gaps"}
    assert params.data.features["origin"].type == "int", "the user decides"
    for name, line in offered.items():
        entry = yaml.safe_load(line.partition("write ")[2])
        tree, _ = infer(texts(frame), "y", source="t.csv")
        tree["data"]["features"][name] = entry
        changed = parse_params(tree)
        values = canonical(texts(frame), changed.data)[name]
        assert set(values.dropna()) == set(changed.data.features[name].categories), line
        assert changed.data.features[name].nullable == (name == "gaps")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("prediction", True),
        ("Predicted", True),
        ("y_hat", True),
        ("yhat", True),
        ("forecast", True),
        ("predicted_sales", True),
        ("SalesForecast", True),
        ("temperature_forecast", False),
        ("predictor", False),
        ("salesman", False),
        ("score", False),
    ],
)
def test_a_feature_that_may_be_another_models_answer_is_said(name, told):
    frame = BASE.rename(columns={"y": "sales"}).assign(**{name: RNG.normal(size=N)})
    _, _, said = adopted(frame, "sales")
    lines = [line for line in said[name] if line.startswith("perhaps a prediction")]
    assert bool(lines) == told
    assert all(f"leave it out with EXCLUDE={name} unless" in line for line in lines)
    _, _, said = adopted(frame, "sales", exclude=[name])
    assert said[name] == ["excluded: requested by EXCLUDE"]


def test_a_target_that_is_a_running_number_is_said():
    frame = BASE.assign(y=np.arange(5, N + 5))
    assert "A RUNNING NUMBER from 5 to 204, which only counts rows" in adopted(frame)[2]["y"][0]
    shuffled = BASE.assign(y=RNG.permutation(N))
    assert "A RUNNING NUMBER from 0 to 199" in adopted(shuffled)[2]["y"][0]
    for values in (np.arange(N) * 2, np.arange(N) // 2, np.arange(N) + 0.5):
        assert "RUNNING" not in adopted(BASE.assign(y=values))[2]["y"][0]


def test_one_row_is_said_as_one():
    frame = BASE.astype(object)
    frame.loc[3, "y"] = ""
    assert "; 1 row without it is left out" in adopted(frame)[2]["y"][0]
    frame.loc[4, "y"] = ""
    assert "; 2 rows without it are left out" in adopted(frame)[2]["y"][0]


def test_types_and_ranges():
    frame = BASE.assign(
        b01=RNG.integers(0, 2, N),
        byes=RNG.choice(["Yes", "no"], N),
        c=RNG.choice(["red", "blue"], N),
        code=RNG.choice(["007", "012"], N),
    )
    params, table, _ = adopted(frame)
    types = {name: feature.type for name, feature in params.data.features.items()}
    assert types == {
        "x": "float",
        "z": "int",
        "b01": "bool",
        "byes": "bool",
        "c": "category",
        "code": "category",
    }
    z = params.data.features["z"]
    assert (z.min, z.max) == (0, 74)
    assert params.data.features["c"].categories == ("blue", "red")
    assert table["x"].between(params.data.features["x"].min, params.data.features["x"].max).all()
    assert not any(feature.nullable for feature in params.data.features.values())


def test_missing_markers_are_found_and_said():
    frame = BASE.astype(object)
    frame.loc[3:8, "x"] = "?"
    frame.loc[9, "x"] = ""
    frame.loc[20:24, "z"] = "not measured"
    frame["c"] = ["N/A" if i % 5 == 0 else f"k{i % 3}" for i in range(N)]
    params, table, said = adopted(frame)
    assert params.data.missing_markers == ("?", "N/A", "not measured")
    assert table.isna().sum()[["x", "z", "c"]].tolist() == [7, 5, 40]
    assert "7 missing written `?`" in said["x"][0]
    assert params.data.features["c"].categories == ("k0", "k1", "k2")
    assert all(params.data.features[name].nullable for name in ("x", "z", "c"))


def test_columns_of_no_use_are_left_out_with_reasons():
    frame = BASE.assign(
        instant=range(1, N + 1),
        PassengerId=RNG.permutation(9 * N)[:N],
        name=[f"Mr. {i} of Somewhere" for i in range(N)],
        ticket=[f"T{i % 150}" for i in range(N)],
        empty="",
        same=7,
        nearly_empty=["" if i % 10 else "1.5" + str(i) for i in range(N)],
        price=[f"1,{i:03}.50" if i else "a lot" for i in range(N)],
    )
    params, _, said = adopted(frame)
    assert list(params.data.features) == ["x", "z"]
    assert said["instant"] == ["excluded: is an identifier: it counts the rows"]
    assert said["PassengerId"] == [
        "excluded: is an identifier by its name, and all values are different"
    ]
    assert said["name"] == ["excluded: is an identifier or free text: all values are different"]
    assert said["ticket"] == ["excluded: is free text or names: 150 different values in 200 rows"]
    assert said["empty"] == ["excluded: is empty"]
    assert said["same"] == ["excluded: has the same value in every row that has one"]
    assert said["nearly_empty"] == ["excluded: is missing in 90% of the rows"]
    assert said["price"] == [
        "excluded: holds numbers in a local format like `1,001.50`, but also `a lot`: write all of "
        "them alike"
    ]


def test_ten_thousand_categories_are_left_out():
    frame = pd.DataFrame({"c": [f"c{i % 10_000}" for i in range(30_000)]})
    frame["x"] = np.arange(30_000) % 977
    frame["y"] = np.arange(30_000) % 1009 / 2
    _, _, said = adopted(frame)
    assert said["c"] == ["excluded: is free text or names: 10,000 different values in 30,000 rows"]


def test_one_feature_that_counts_is_kept():
    params, _, _ = adopted(pd.DataFrame({"k": range(N), "y": X}))
    assert list(params.data.features) == ["k"]


@pytest.mark.parametrize(
    ("values", "task", "classes"),
    [
        (X, "regression", None),
        (RNG.integers(0, 500, N), "regression", None),
        (RNG.choice([0.5, 1.5], N), "regression", None),
        (RNG.integers(0, 2, N), "binary", ("0", "1")),
        (RNG.choice(["no", "yes"], N), "binary", ("no", "yes")),
        (RNG.choice([10, 9, 2], N), "multiclass", ("2", "9", "10")),
        (RNG.choice(["c", "a", "b"], N), "multiclass", ("a", "b", "c")),
    ],
)
def test_task_follows_the_target(values, task, classes):
    params, table, _ = adopted(BASE.assign(y=values))
    assert (params.data.task, params.data.classes) == (task, classes)
    family = params.tune.families["linear"]
    assert set(family) == ({"alpha"} if task == "regression" else {"C"})
    assert params.promote.worst_slice_ratio == 2.5
    assert params.promote.thresholds == {}
    if classes:
        assert set(table["y"]) == set(range(len(classes)))


def test_a_task_may_be_asked_for():
    few = BASE.assign(y=RNG.integers(0, 3, N))
    assert adopted(few)[0].data.task == "multiclass"
    assert adopted(few, task="regression")[0].data.task == "regression"
    assert refused(few, task="guess") == (
        "TASK=guess is not known, use regression, binary or multiclass"
    )
    assert "TASK=binary needs 2 classes, the target `y` has 3" in refused(few, task="binary")
    words = BASE.assign(y=RNG.choice(["a", "b"], N))
    assert "holds text like `" in refused(words, task="regression")
    assert "has 2 classes: use TASK=binary" in refused(words, task="multiclass")


@pytest.mark.parametrize(
    ("pattern", "stored"),
    [
        ("%Y-%m-%d", None),
        ("%Y-%m-%dT%H:%M:%SZ", None),
        ("%d/%m/%Y", "%d/%m/%Y"),
        ("%m/%d/%Y", "%m/%d/%Y"),
        ("%m/%d/%Y %H:%M", "%m/%d/%Y %H:%M"),
        ("%d.%m.%y", "%d.%m.%y"),
        ("%d-%b-%Y", "%d-%b-%Y"),
        ("%b %d, %Y", "%b %d, %Y"),
        ("%Y%m%d", "%Y%m%d"),
        ("%m/%d/%Y %I:%M %p", "%m/%d/%Y %I:%M %p"),
    ],
)
def test_dates_as_people_write_them(pattern, stored):
    params, table, _ = adopted(BASE.assign(date=DAYS.strftime(pattern)))
    assert params.data.event_timestamp == "date"
    assert params.data.timestamp_format == stored
    assert params.data.frequency == "1D"
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(DAYS)
    assert params.featurize.lags == (1, 7)
    assert seasons(params.data.frequency) == (7,), "the baseline knows the week by itself"
    assert params.build_dataset.split == "time"


def test_dates_without_leading_zeros():
    written = [f"{day.month}/{day.day}/{day.year}" for day in DAYS]
    params, table, _ = adopted(BASE.assign(when=written))
    assert params.data.timestamp_format == "%m/%d/%Y"
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(DAYS)


def test_ambiguous_dates_are_decided_and_said():
    months = pd.date_range("2005-01-01", periods=N, freq="MS").strftime("%d/%m/%Y")
    params, _, said = adopted(BASE.assign(date=months))
    assert (params.data.timestamp_format, params.data.frequency) == ("%d/%m/%Y", "MS")
    assert (
        "%d/%m/%Y and %m/%d/%Y both fit every value, it gives a regular series" in said["date"][0]
    )
    assert params.featurize.calendar == ("month",)


def test_day_and_hour_columns_make_a_time():
    hours = pd.date_range("2020-01-01", periods=24 * 40, freq="h")
    frame = pd.DataFrame({"dteday": hours.strftime("%Y-%m-%d"), "hr": hours.hour})
    frame["x"] = RNG.normal(size=len(hours))
    frame["y"] = frame.x + RNG.normal(size=len(hours))
    params, table, said = adopted(frame)
    assert (params.data.event_timestamp, params.data.event_hour) == ("dteday", "hr")
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(hours)
    assert params.featurize.lags == (24, 168)
    assert params.featurize.calendar == ("hour", "weekday")
    assert seasons(params.data.frequency) == (24, 168)
    assert "hr" not in params.data.features
    assert said["hr"][0].startswith("hour of the event time")


def test_own_weekday_column_is_not_overwritten():
    params, _, _ = adopted(BASE.assign(date=DAYS, weekday=RNG.integers(0, 7, N)))
    assert "weekday" in params.data.features
    assert "weekday" not in params.featurize.calendar


def panel(names=("north", "south", "east")):
    days = DAYS[:100].strftime("%Y-%m-%d")
    rng = np.random.default_rng(1)
    parts = [
        pd.DataFrame(
            {"store": name, "date": days, "x": rng.normal(size=100), "y": rng.normal(size=100)}
        )
        for name in names
    ]
    return pd.concat(parts, ignore_index=True)


@pytest.mark.parametrize("names", [("north", "south", "east"), (1, 2, 3)])
def test_panels_get_their_entity(names):
    params, table, said = adopted(panel(names))
    assert params.data.entity == "store"
    assert params.data.entities == tuple(sorted(str(name) for name in names))
    assert params.featurize.entity_as_feature
    assert params.evaluate.slices[0] == "store_key"
    assert len(table) == 300
    assert said["store"] == ["entity: 3 values that tell rows of one time apart"]


def test_a_row_twice_in_a_series_or_panel_is_blamed_not_hidden():
    series = BASE.assign(date=DAYS)
    twice = pd.concat([series, series.iloc[[40]]])
    with pytest.raises(ProjectError, match=r"t.csv lines 42 and 202 both have date 2020-02-10"):
        adopted(twice)
    with pytest.raises(ProjectError, match=r"lines 7 and 302 both have store `north` and date"):
        adopted(pd.concat([panel(), panel().iloc[[5]]]))


def test_bad_dates_and_mixed_zones_are_blamed_not_hidden():
    dates = DAYS.strftime("%Y-%m-%d %H:%M").to_numpy(dtype=object)
    dates[30] = "soon"
    with pytest.raises(
        ProjectError, match=r"t.csv line 32: column `date` holds `soon`, not a date"
    ):
        adopted(BASE.assign(date=dates))
    dates[30] = "2020-01-31 00:00+05:00"
    with pytest.raises(
        ProjectError, match=r"line 32: column `date` holds .*with a time zone where"
    ):
        adopted(BASE.assign(date=dates))


def test_an_id_that_names_each_row_is_the_entity_and_the_way_without_it_is_said():
    ids = [f"flat-{number}" for number in range(N)]
    frame = BASE.assign(date=RNG.choice(DAYS[:40], N), listing=ids)
    params, _, said = adopted(frame)
    assert params.data.entity == "listing"
    assert "EXCLUDE=listing if new rows have no such value" in str(said)
    params, _, _ = adopted(frame, exclude=["listing"])
    assert (params.data.entity, params.data.independent_rows) == (None, True)


def test_events_are_rows_of_their_own_and_their_time_divides_them():
    frame = BASE.assign(date=RNG.choice(DAYS[:40], N))
    params, table, said = adopted(frame)
    assert params.data.event_timestamp == "date"
    assert (params.data.independent_rows, params.data.entity_column) == (True, "row_id")
    assert params.build_dataset.split == "time"
    assert params.featurize.lags == ()
    assert table["event_timestamp"].is_monotonic_increasing
    assert table["row_id"].tolist() == list(range(N))
    assert "rows share a `date` and no column tells them apart" in said[""][0]
    assert adopted(frame, timestamp="date")[0] == params
    params, _, _ = adopted(frame.assign(order_id=RNG.permutation(9999)[:N]))
    assert (params.data.entity, params.data.event_timestamp) == ("order_id", "date")
    assert params.data.entities is None


def test_entity_without_time():
    assert adopted(BASE.assign(id=range(N)), entity="id")[0].data.entity == "id"
    assert "name it with TIMESTAMP=..." in refused(BASE.assign(g=RNG.integers(0, 3, N)), entity="g")


def test_names_are_made_plain_and_told_apart():
    frame = BASE.rename(columns={"x": "class", "z": "Wind+Solar"}).assign(
        prediction=RNG.normal(size=N), Y=RNG.normal(size=N), y_lag_1=RNG.normal(size=N)
    )
    frame["1st (°C)"] = RNG.normal(size=N)
    frame["größe"] = RNG.normal(size=N)
    params, table, said = adopted(frame)
    assert params.data.rename == {
        "class": "class_",
        "Wind+Solar": "wind_solar",
        "prediction": "prediction_2",
        "Y": "Y_2",
        "y_lag_1": "y_lag_1_2",
        "1st (°C)": "c_1st_c",
        "größe": "grosse",
    }
    assert set(params.data.rename.values()) <= set(table.columns)
    assert said["Wind+Solar"][0] == "called wind_solar: the name is reserved, taken or not plain"


@given(st.lists(st.text(max_size=70), min_size=1, max_size=12, unique=True))
def test_every_name_becomes_plain_and_unlike_the_others(columns):
    names = names_for(columns, columns[0], columns[-1] if len(columns) > 1 else None)
    assert all(plain(name) for name in names.values())
    assert len({name.lower() for name in names.values()}) == len(columns)


@pytest.mark.parametrize(
    ("columns", "target", "entity", "classes", "name"),
    [
        (["y", "shop", "Y_LAG_12"], "y", "shop", (), "Y_LAG_12_2"),
        (["shop", "y", "Shop_Key"], "y", "shop", (), "Shop_Key_2"),
        (["shop", "shop_key"], "shop_key", "shop", (), "shop_key_2"),
        (["shop_key", "shop"], "shop_key", "shop", (), "shop_2"),
        (["x_lag_3", "x"], "x", "x_lag_3", (), "x_lag_3"),
        (["y", "series_key"], "y", None, (), "series_key_2"),
        (["y", "P_Yes"], "y", None, ("no", "yes"), "P_Yes_2"),
        (["y", "p_yes"], "y", None, (), "p_yes"),
        (["y", "Wind+Solar"], "y", None, (), "wind_solar_2"),
        (["y", "Model_Version"], "y", None, (), "Model_Version_2"),
        (["y", "rn"], "y", None, (), "rn_2"),
        (["y", "shop", "shop_YYYY"], "y", "shop", (), "shop_YYYY_2"),
        (["y", "a" * 70 + "1", "a" * 70 + "2"], "y", None, (), "a" * 50 + "_2"),
    ],
)
def test_no_name_meets_one_that_is_made(columns, target, entity, classes, name):
    others = {"wind_solar"}  # a column that is left out keeps its name in the file
    names = names_for(columns, target, entity, "series", others, classes)
    assert name in names.values()
    own = [found.lower() for found in names.values()]
    made_up = [f"{names[target]}_lag_{lag}".lower() for lag in (1, 3, 12)]
    made_up += [f"{names.get(entity, 'series')}_key".lower(), *(f"p_{item}" for item in classes)]
    assert not {*own} & {*made_up, *others}
    assert len({*own}) == len(columns)


def test_a_calendar_feature_gives_way_to_a_column_of_its_name_in_any_case():
    days = pd.date_range("2023-01-01", periods=N, freq="D")
    frame = BASE.assign(date=days.strftime("%Y-%m-%d"), Weekday=days.day_name())
    params, _, _ = adopted(frame)
    assert "Weekday" in params.data.features
    assert "weekday" not in params.featurize.calendar


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9), st.booleans())
def test_bounds_hold_what_was_seen(low, spread, whole):
    bottom, top = bounds(low, low + spread, whole)
    assert bottom <= low
    assert top >= low + spread * (1 - 1e-9)
    assert bottom >= 0 or low < 0


def test_model_names():
    assert model_name("data/raw/Bike Sharing_hourly.csv", "cnt") == "bike-sharing-hourly-cnt"
    assert model_name("Ä.csv", "Ö") == "model"
    assert model_name("data/auto_mpg.csv", "mpg") == "auto-mpg"
    assert model_name("rentals.csv", "Rentals") == "rentals"
    assert model_name("compg.csv", "mpg") == "compg-mpg", "a word, not the end of one"
    assert model_name("mpg_auto.csv", "mpg") == "mpg-auto-mpg"
    assert model_name("t.csv", "Ö") == "t"
    assert len(model_name("x" * 300 + ".csv", "y")) == 63


def test_many_gaps_are_allowed_for_and_said():
    frame = BASE.assign(q=[str(i / 7) if i % 5 < 2 else "" for i in range(N)])
    params, _, said = adopted(frame)
    assert params.validate_.max_missing == 0.7
    assert "60% missing is more than the usual half" in said["q"][-1]


def test_a_gap_just_above_half_is_shown_with_the_digit_that_says_so():
    filled = N // 2 - 1
    frame = BASE.assign(q=[str(i / 7) if i < filled else "" for i in range(N)])
    said = adopted(frame)[2]["q"][-1]
    share = re.search(r"([\d.]+)% missing is more than the usual half", said)[1]
    assert 50 < float(share) <= 50.5


REFUSED = {
    "five rows": (BASE.head(5), {}, "t.csv has 5 rows: at least 50 are needed for training"),
    "constant": (BASE.assign(y=3), {}, "the target `y` is `3` in every row that has one"),
    "one class": (BASE.assign(y="a"), {}, "the target `y` is `a` in every row that has one"),
    "empty target": (BASE.assign(y=""), {}, "the target `y` is empty in every row"),
    "dates": (BASE.assign(y=DAYS), {}, "the target `y` holds dates"),
    "names": (
        BASE.assign(y=[f"n{i}" for i in range(N)]),
        {},
        "the target `y` has 200 different values, at most 50 can be classes",
    ),
    "dressed numbers": (
        BASE.assign(y=[f"{i},5" if i else "free" for i in range(N)]),
        {},
        "the target `y` holds numbers in a local format like `1,5`, but also `free`",
    ),
    "rare class": (
        BASE.assign(y=["a"] * 150 + ["b"] * 48 + ["c"] * 2),
        {},
        "class `c` of the target `y` has 2 rows, at least 5 are needed",
    ),
    "rarest class": (
        BASE.assign(y=["a", "b"] * (N // 2 - 1) + ["a", "c"]),
        {},
        "class `c` of the target `y` has 1 row, at least 5 are needed",
    ),
    "no feature": (BASE[["y"]], {}, "no column is left to predict `y` from, the table needs"),
    "only names": (
        BASE[["y"]].assign(name=[f"n {i}" for i in range(N)]),
        {},
        "no column is left to predict `y` from: `name` is an identifier or free text",
    ),
    "other case": (BASE, {"target": "Y"}, "t.csv has no column `Y` (TARGET=Y): did you mean `y`?"),
    "no column": (BASE, {"exclude": ["q"]}, "t.csv has no column `q` (EXCLUDE=q): it has `x`, `z`"),
    "excluded role": (BASE, {"exclude": ["y"]}, "EXCLUDE=y names a column that has a role"),
    "two roles": (BASE, {"timestamp": "y"}, "TARGET, ENTITY and TIMESTAMP must be different"),
    "no date": (BASE, {"timestamp": "x"}, "column `x` (TIMESTAMP) does not look like dates"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_tables_that_cannot_be_learned_from(case):
    frame, asked, sentence = REFUSED[case]
    assert sentence in refused(frame, **{"target": "y", **asked})


UNIQUE = np.random.default_rng(5)
NUMBERS = UNIQUE.choice(np.arange(10_000_000, 99_999_999), N, replace=False)
IDENTIFIERS = {
    "customer numbers": NUMBERS,
    "customer numbers, sorted oddly": np.sort(NUMBERS)[UNIQUE.permutation(N)],
    "negative": -NUMBERS,
    "hex": [f"{number:08x}f" for number in NUMBERS],
    "uuids": [f"{number:08x}-0000-4000-8000-{n:012x}" for n, number in enumerate(NUMBERS)],
    "20 digits": [f"9{number:011d}{n:08d}" for n, number in enumerate(NUMBERS)],
}


@pytest.mark.parametrize("kind", IDENTIFIERS)
@pytest.mark.parametrize("classes", [False, True])
def test_identifiers_that_do_not_count_are_left_out_and_said(kind, classes):
    frame = BASE.assign(code=IDENTIFIERS[kind])
    if classes:
        frame["y"] = np.where(frame["y"] > 0, "up", "down")
    params, _, said = adopted(frame)
    assert list(params.data.features) == ["x", "z"]
    assert "excluded: is an identifier" in said["code"][0]


BENDS = UNIQUE.choice([-1, 1], N)
MEASURED = {
    "fractions": 1e6 + UNIQUE.normal(size=N),
    "order": (5e6 + 1e6 * BASE["y"]).round().astype(int) + np.arange(N),
    "falling": (5e6 - 3e5 * BASE["y"]).round().astype(int) + np.arange(N),
    "bend": (5e6 + BENDS * 3e5 * (BASE["y"] + 9)).round().astype(int) + np.arange(N),
    "small": UNIQUE.permutation(9 * N)[:N],
}


@pytest.mark.parametrize("kind", MEASURED)
def test_unique_measurements_are_no_identifiers(kind):
    params, _, _ = adopted(BASE.assign(amount=MEASURED[kind]))
    assert "amount" in params.data.features


@pytest.mark.parametrize("word", ["-999", "-999.0", "-9.99e2"])
@pytest.mark.parametrize("written", ["-999", "-999.0", "-999.00"])
def test_a_number_that_means_missing_does_so_however_it_is_written(word, written):
    frame = BASE.assign(t=[f"{v:.1f}" for v in X], y=[f"{v:.1f}" for v in BASE["y"]])
    frame.loc[[3, 7], "t"] = written
    frame.loc[9, "y"] = written
    params, table, said = adopted(frame, missing=[word])
    assert params.data.missing_markers == tuple({word, written} & {*params.data.missing_markers})
    assert int(table["t"].isna().sum()) == 2
    assert len(table) == N - 1
    assert table["t"].min() > -5
    assert table["y"].min() > -50
    assert any(f"2 missing written `{written}`" in line for line in said["t"])


def test_amounts_of_money_are_no_names_of_rows():
    amounts = np.random.default_rng(3).permutation(np.arange(150_000, 4_000_000, 7_919))[:N]
    frame = BASE.assign(price=[f"${v:,}" for v in amounts], account=amounts)
    params, table, said = adopted(frame)
    assert table["price"].tolist() == amounts.tolist()
    assert "account" not in params.data.features
    assert any("is an identifier" in line for line in said["account"])


def test_long_decimals_are_judged_as_written():
    frame = BASE.assign(key=[f"{10**18 + n // 100}.{n % 100:02d}" for n in range(7, 7 + 7 * N, 7)])
    params, _, said = adopted(frame)
    assert "key" not in params.data.features
    assert said["key"][0].startswith("excluded: is an identifier: numbers of up to 22 digits")


def test_a_target_that_float64_merges_is_refused():
    frame = BASE.assign(y=[str(2**63 + 3 * n) for n in range(N)])
    assert "`y` has more digits than the model's numbers (float32) hold" in refused(frame)
