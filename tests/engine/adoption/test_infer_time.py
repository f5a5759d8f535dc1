"""What says when a row happened, and how rows are divided."""

import numpy as np
import pandas as pd
import pytest
from test_infer import BASE, DAYS, RNG, N, X, adopted, panel, refused

from level2.model.naive import seasons

MONTHS = pd.date_range("2010-01-01", periods=120, freq="MS")


def years(name="year", stores=6):
    rows = [
        (f"s{s}", 1990 + y, RNG.normal(), RNG.normal()) for s in range(stores) for y in range(30)
    ]
    return pd.DataFrame(rows, columns=["store", name, "price", "y"])


def parts(**columns):
    frame = pd.DataFrame({"x": RNG.normal(size=120), "y": RNG.normal(size=120)})
    return frame.assign(**columns)


@pytest.mark.parametrize("name", ["year", "Year", "yr", "fiscal_year", "Fiscal Year", "yyyy", "FY"])
def test_a_year_orders_a_panel(name):
    params, table, said = adopted(years(name))
    assert (params.data.event_timestamp, params.data.timestamp_format) == (name, "%Y")
    assert (params.data.entity, params.data.frequency) == ("store", "YS")
    assert params.build_dataset.split == "time"
    assert params.featurize.lags == (1,)
    assert params.featurize.calendar == ()
    assert table["event_timestamp"].dt.year.min() == 1990
    assert said[name][0] == "event time: dates written %Y"


@pytest.mark.parametrize("name", ["year_built", "birth_year", "yr_renovated", "ModelYear"])
def test_a_year_that_may_be_something_else_is_named_loudly(name):
    frame = BASE.assign(**{name: RNG.integers(1900, 2020, N)})
    params, _, said = adopted(frame)
    assert params.data.event_timestamp is None
    assert params.build_dataset.split == "random"
    line = next(text for text in said[""] if text.startswith("SPLIT AT RANDOM"))
    assert f"say TIMESTAMP={name}" in line
    assert adopted(frame, timestamp=name)[0].build_dataset.split == "time"
    assert f"SPLIT=time needs an event time: say TIMESTAMP={name}" in refused(frame, split="time")


@pytest.mark.parametrize(
    ("columns", "pattern", "frequency"),
    [
        ({"year": MONTHS.year, "month": MONTHS.month}, "%Y %m", "MS"),
        ({"Month": MONTHS.strftime("%B"), "Year": MONTHS.year}, "%Y %b", "MS"),
        ({"yr": MONTHS.year, "mon": MONTHS.strftime("%b")}, "%Y %b", "MS"),
        ({"year": MONTHS.year, "month": MONTHS.strftime("M%m")}, "%Y M%m", "MS"),
        ({"MONTH_NAME": MONTHS.strftime("%b"), "Year": MONTHS.year}, "%Y %b", "MS"),
        ({"sale_year": MONTHS.year, "sale_month": MONTHS.strftime("%m")}, "%Y %m", "MS"),
    ],
)
def test_a_year_and_its_month_are_one_time(columns, pattern, frequency):
    params, table, said = adopted(parts(**columns))
    names = params.data.time_columns
    assert set(names) == set(columns)
    assert (params.data.timestamp_format, params.data.frequency) == (pattern, frequency)
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(MONTHS)
    assert said[",".join(names)][0].startswith("event time: combined from 2 columns")
    other = adopted(parts(**columns), timestamp=list(columns))[0]
    assert other.data.timestamp_format == pattern, "asked for in any order"


GERMAN = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember"


@pytest.mark.parametrize(
    ("year", "month"), [("jahr", "monat"), ("Jahr", "Name"), ("jaar", "maand")]
)
def test_months_by_name_in_a_column_of_their_own_are_no_entity(year, month):
    names = [GERMAN.split()[time.month - 1] for time in MONTHS]
    params, table, said = adopted(parts(**{year: MONTHS.year, month: names}))
    assert params.data.time_columns == (year, month)
    assert (params.data.entity, params.data.frequency) == (None, "MS")
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(MONTHS)
    assert said[f"{year},{month}"][0] == "event time: combined from 2 columns, dates written %Y %b"


def test_an_entity_that_may_be_the_months_of_a_year_is_said_to_be_one():
    polish = [f"miesiąc {'abcdefghijkl'[time.month - 1]}" for time in MONTHS]
    frame = parts(year=MONTHS.year, okres=polish)
    params, _, said = adopted(frame)
    assert params.data.entity == "okres"
    assert "if they are months, number them and say TIMESTAMP=year,okres" in said["okres"][0]
    numbered = adopted(frame.assign(okres=MONTHS.month), timestamp=["year", "okres"])[0]
    assert (numbered.data.timestamp_format, numbered.data.frequency) == ("%Y %m", "MS")
    assert "if they are" not in adopted(years(stores=6))[2]["store"][0]


def test_parts_down_to_the_hour_and_quarters_and_weeks():
    hours = pd.date_range("2024-02-27", periods=120, freq="h")
    frame = parts(year=hours.year, month=hours.month, day=hours.day, hour=hours.hour)
    params, table, _ = adopted(frame)
    assert params.data.timestamp_format == "%Y %m %d %H"
    assert params.data.frequency == "1h"
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(hours)
    quarters = pd.date_range("1990-01-01", periods=120, freq="QS")
    params, table, _ = adopted(parts(year=quarters.year, quarter=quarters.quarter))
    assert (params.data.timestamp_format, params.data.frequency) == ("year_quarter", "QS")
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(quarters)
    weeks = pd.date_range("2018-01-01", periods=120, freq="7D")
    iso = weeks.isocalendar()
    params, table, _ = adopted(parts(year=iso.year.to_numpy(), week=iso.week.to_numpy()))
    assert (params.data.timestamp_format, params.data.frequency) == ("year_week", "7D")
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(weeks)


@pytest.mark.parametrize("name", ["hour", "HourEnding", "hr", "Stunde", "HE", "hour_of_day"])
def test_hours_1_to_24_are_the_ends_of_hours_and_no_entity(name):
    ends = pd.date_range("2024-02-27 01:00", periods=120, freq="h")
    days = (ends - pd.Timedelta(hours=1)).normalize()
    hours = np.arange(120) % 24 + 1
    expected = list(ends)
    for columns in ({"date": days}, {"year": days.year, "month": days.month, "day": days.day}):
        frame = parts(**columns, **{name: hours})
        params, table, said = adopted(frame)
        assert (params.data.event_hour, params.data.event_hours) == (name, "1-24")
        assert (params.data.entity, params.data.frequency) == (None, "1h")
        assert table["event_timestamp"].dt.tz_localize(None).tolist() == expected
        line = f"whole hours 1 to 24 beside `{','.join(columns)}`, 24 is the end of the day"
        assert said[name][0] == f"hour of the event time: {line}"
        asked, again, _ = adopted(frame, timestamp=[*columns, name])
        assert asked.data == params.data
        assert again.equals(table)
    zero = parts(date=ends.normalize(), **{name: ends.hour})
    params, table, _ = adopted(zero)
    assert params.data.event_hours == "0-23"
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == expected
    params, table, _ = adopted(parts(date=days, slot=hours), timestamp=["date", "slot"])
    assert (params.data.event_hour, params.data.entity) == ("slot", None)


def test_a_clock_that_may_be_half_of_one_is_said():
    half = pd.date_range("2024-01-01 01:00", periods=120, freq="25h")
    half = pd.Series(half[half.hour.isin(range(1, 13))])
    days = pd.Series(pd.date_range("2024-01-01", periods=120))
    note = "read as a 24-hour clock, though no hour is above 12: write AM or PM if it is not"
    for written in ("%d.%m.%Y %H:%M", "%Y-%m-%d %H:%M", "%b %d, %Y %H:%M"):
        frame = parts().head(len(half)).assign(when=half.dt.strftime(written))
        assert note in adopted(frame)[2]["when"][0]
    beside = parts().head(len(half)).assign(day=half.dt.strftime("%Y-%m-%d"))
    assert note in adopted(beside.assign(time=half.dt.strftime("%H:%M")))[2]["day,time"][0]
    assert note in adopted(beside.assign(hour=half.dt.hour))[2]["day"][0]
    for texts in (
        days.dt.strftime("%d.%m.%Y"),
        (days + pd.Timedelta("8h")).dt.strftime("%Y-%m-%d %H:%M"),
        pd.Series(pd.date_range("2024-01-01", periods=120, freq="h")).dt.strftime("%Y-%m-%d %H:%M"),
        pd.Series(half).dt.strftime("%m/%d/%Y %I:%M %p").reindex(range(120)).ffill(),
    ):
        assert note not in " ".join(adopted(parts(when=texts))[2]["when"])


def test_a_date_and_a_time_of_day_are_one_time():
    halves = pd.date_range("2024-01-01", periods=120, freq="30min")
    frame = parts(Date=halves.strftime("%d/%m/%Y"), Time=halves.strftime("%H:%M:%S"))
    frame.loc[119, "Date"] = "13/01/2024"
    params, table, _ = adopted(frame)
    assert params.data.time_columns == ("Date", "Time")
    assert params.data.timestamp_format == "%d/%m/%Y %H:%M:%S"
    assert table["event_timestamp"].dt.tz_localize(None).tolist()[:119] == list(halves[:119])


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        (
            {"year": MONTHS.year, "price": RNG.normal(size=120)},
            "`year`, `price` (TIMESTAMP) do not form a",
        ),
        (
            {"year": [1] * 120, "month": MONTHS.month},
            "`year`, `month` (TIMESTAMP) do not form a date",
        ),
    ],
)
def test_columns_that_are_no_date_together_are_refused(columns, sentence):
    assert sentence in refused(parts(**columns), timestamp=list(columns))


@pytest.mark.parametrize("unit", [1, 1_000, 1_000_000, 1_000_000_000])
@pytest.mark.parametrize("name", ["timestamp", "t", "created_at"])
def test_epochs_are_times(unit, name):
    seconds = 1_700_000_000 + 600 * np.arange(N)
    params, table, said = adopted(BASE.assign(**{name: seconds * unit}))
    assert params.data.event_timestamp == name
    assert params.data.frequency == "10min"
    assert "since 1970" in said[name][0]
    assert table["event_timestamp"].astype("int64").tolist() == (seconds * 1_000_000).tolist()


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("customer_id", 1_700_000_000 + 7919 * np.arange(N)),
        ("phone", RNG.integers(10**9, 2 * 10**9, N)),
        ("population", RNG.integers(3 * 10**8, 14 * 10**8, N)),
        ("amount", RNG.integers(170_000, 230_000, N)),
    ],
)
def test_other_large_numbers_are_no_times(name, values):
    assert adopted(BASE.assign(**{name: values}))[0].data.event_timestamp is None


def test_a_day_first_or_a_month_first_that_nothing_decides_is_asked_for():
    days = pd.date_range("2024-01-01", periods=N, freq="h")
    texts = [f"{1 + n % 12:02d}/{1 + n % 11:02d}/2024" for n in range(N)]
    sentence = refused(BASE.assign(when=texts))
    assert "column `when`: %m/%d/%Y and %d/%m/%Y both fit every value" in sentence
    assert "say FORMAT='%m/%d/%Y' or FORMAT='%d/%m/%Y'" in sentence
    params, table, _ = adopted(BASE.assign(when=texts), pattern="%d/%m/%Y")
    assert params.data.timestamp_format == "%d/%m/%Y"
    assert table["event_timestamp"].dt.day.max() == 12
    assert len(days) == N
    assert "FORMAT=dmy is not known" in refused(BASE, pattern="dmy")


def test_offsets_of_one_zone_are_recorded_and_followed():
    clock = pd.date_range("2022-01-01", periods=730)
    texts = [str(time) for time in clock.tz_localize("Europe/Berlin")]
    frame = pd.DataFrame({"day": texts, "x": RNG.normal(size=730), "y": RNG.normal(size=730)})
    params, table, said = adopted(frame)
    assert params.data.timezone == "Europe/Berlin"
    assert params.data.frequency == "1D"
    assert params.featurize.calendar == ("weekday", "day_of_year"), "no hour that is an offset"
    assert any(line.startswith("time zone Europe/Berlin") for line in said["day"])
    assert str(table["event_timestamp"][0]) == "2021-12-31 23:00:00+00:00"


def test_a_few_rows_that_share_a_time_make_events_not_a_refusal():
    times = pd.Series(pd.Timestamp("2024-05-01") + pd.to_timedelta(37 * np.arange(N), unit="s"))
    times[50] = times[49]
    params, table, said = adopted(BASE.assign(pickup=times))
    assert params.data.independent_rows
    assert params.build_dataset.split == "time"
    assert len(table) == N
    assert "2 rows share a `pickup`" in " ".join(said[""])


def test_an_entity_that_does_not_tell_rows_apart_is_refused_where_it_was_asked_for():
    twice = pd.concat([panel(), panel().iloc[[5]]])
    sentence = refused(twice, entity="store")
    assert "both have store `north` and date 2020-01-06: keep one, or leave ENTITY out" in sentence


GROUPS = BASE.assign(patient=[f"p{n % 23:02d}" for n in range(N)])


def test_groups_are_kept_apart_and_are_no_feature():
    params, table, said = adopted(GROUPS, by="patient")
    assert (params.build_dataset.split, params.data.group) == ("group", "patient")
    assert "patient" not in params.data.features
    assert table.columns[-1] == "patient"
    assert said["patient"][0] == "split by group: 23 groups, each on one side only"
    assert adopted(GROUPS, by="patient", split="group")[0] == params


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"split": "sideways"}, "SPLIT=sideways is not known, use time, random or group"),
        ({"split": "group"}, "SPLIT=group needs the column of the groups: say BY=column"),
        ({"split": "time"}, "SPLIT=time needs an event time: say TIMESTAMP=column"),
        ({"split": "random", "by": "patient"}, "BY=patient goes with SPLIT=group"),
        ({"by": "patients"}, "has no column `patients` (BY=patients): did you mean `patient`?"),
        ({"by": "y"}, "BY=y is the target"),
        ({"by": "few"}, "`few` (BY) has 3 groups, at least 5"),
        ({"by": "gaps"}, "`gaps` (BY) is empty in 20 rows"),
    ],
)
def test_a_division_that_cannot_be_is_refused(asked, sentence):
    gaps = ["" if n % 10 == 0 else f"g{n % 9}" for n in range(N)]
    frame = GROUPS.assign(few=[f"f{n % 3}" for n in range(N)], gaps=gaps)
    assert sentence in refused(frame, **asked)


def test_a_random_split_beside_a_time_is_said_loudly():
    frame = BASE.assign(date=pd.date_range("2020-01-01", periods=N))
    params, _, said = adopted(frame, split="random")
    assert params.build_dataset.split == "random"
    assert "requested by SPLIT, although `date` orders the rows" in " ".join(said[""])


def test_lags_and_the_calendar_are_features_enough():
    frame = pd.DataFrame({"month": MONTHS.strftime("%Y-%m"), "y": X[:120]})
    params, table, _ = adopted(frame)
    assert params.data.features == {}
    assert params.featurize.lags == (1, 12)
    assert list(table.columns) == ["series", "event_timestamp", "y"]


@pytest.mark.parametrize("name", ["hour", "slot", "time_of_day"])
def test_a_clock_beside_a_day_is_its_time_whatever_it_is_called(name):
    hours = pd.date_range("2020-02-27", periods=N, freq="h")
    frame = BASE.assign(date=hours.strftime("%Y-%m-%d"), **{name: hours.strftime("%H:%M")})
    params, table, _ = adopted(frame)
    assert (params.data.time_columns, params.data.frequency) == (("date", name), "1h")
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(hours)


@pytest.mark.parametrize(("dates", "held"), [(["2024-01-31"], "1 time"), (["2023", "2024"], "2")])
def test_a_time_that_cannot_divide_the_rows_does_not_claim_to(dates, held):
    frame = BASE.assign(as_of_date=np.resize([f"{d}-01-31"[:10] for d in dates], N))
    params, _, said = adopted(frame)
    assert params.build_dataset.split == "random"
    assert any(f"`as_of_date` holds {held}" in line for line in said[""])
    assert "at least 3 are needed" in refused(frame, split="time")


def test_two_digits_of_a_year_are_offered_and_read():
    frame = BASE.assign(model_year=np.resize(np.arange(70, 83), N))
    params, _, said = adopted(frame)
    assert any("say TIMESTAMP=model_year" in line for line in said[""])
    params, table, _ = adopted(frame, timestamp="model_year")
    assert params.build_dataset.split == "time"
    assert sorted(table["event_timestamp"].dt.year.unique()) == list(range(1970, 1983))


def test_offsets_of_no_one_zone_are_said():
    hours = pd.date_range("2021-03-10", periods=N, freq="h", tz="Europe/Berlin")
    texts = [str(t if n % 2 else t.tz_convert("Europe/London")) for n, t in enumerate(hours)]
    params, _, said = adopted(BASE.assign(at=texts))
    assert params.data.timezone is None
    assert any(
        line.startswith("NO SINGLE TIME ZONE: offsets +00:00, +01:00") for line in said["at"]
    )


def test_advice_to_leave_the_entity_out_is_for_those_who_named_one():
    frame = years()
    frame = pd.concat([frame, frame.iloc[[7]]], ignore_index=True)
    assert refused(frame).endswith("keep one")
    assert "leave ENTITY out" in refused(frame, entity="store")


@pytest.mark.parametrize(("name", "time"), [("key", False), ("ts", True)])
def test_long_ids_within_a_second_are_no_times_unless_their_name_says_so(name, time):
    ids = 10**18 + np.random.default_rng(1).permutation(10**8)[:N]
    params, _, _ = adopted(BASE.assign(**{name: ids}))
    assert (params.data.event_timestamp == name) == time
    assert name not in params.data.features


def test_parts_of_a_date_named_at_length_are_one_time():
    columns = {
        "arrival_date_year": DAYS.year,
        "arrival_date_month": DAYS.strftime("%B"),
        "arrival_date_week_number": DAYS.isocalendar().week.to_numpy(),
        "arrival_date_day_of_month": DAYS.day,
    }
    params, table, _ = adopted(BASE.assign(**columns))
    names = ("arrival_date_year", "arrival_date_month", "arrival_date_day_of_month")
    assert params.data.time_columns == names
    assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(DAYS)


@pytest.mark.parametrize("name", ["population", "Revenue (USD)", "total_volume"])
def test_amounts_in_the_range_of_seconds_are_no_times(name):
    amounts = np.random.default_rng(2).integers(1_000_000_000, 2_000_000_000, N)
    assert adopted(BASE.assign(**{name: amounts}))[0].data.event_timestamp is None
    assert adopted(BASE.assign(seen=amounts))[0].data.event_timestamp == "seen"


UNREAD = {
    "Stamp": [f"{1 + n % 28}.{1 + n % 12}. im Jahr {n}" for n in range(N)],
    "Fiscal Year": [f"{2009 + n % 9}/{10 + n % 9}" for n in range(N)],
    "Year": 1995 + np.arange(N) / 4,
    "seen": 2_024_001 + np.arange(N),  # or numbers that count on
    "seen_on": [f"Mo., {1 + n % 28:02d}.{1 + n % 12:02d}.2024" for n in range(N)],
    "Tag": [f"{1 + n % 28} {('stycznia', 'lutego')[n % 2]} 2024" for n in range(N)],
}


@pytest.mark.parametrize("name", UNREAD)
def test_a_column_that_seems_a_time_and_cannot_be_read_is_named_loudly(name):
    params, _, said = adopted(BASE.assign(**{name: UNREAD[name]}))
    assert params.build_dataset.split == "random"
    line = next(text for text in said[""] if text.startswith("SPLIT AT RANDOM"))
    assert f"say TIMESTAMP={name}" in line


def test_halves_of_years_make_a_series_of_their_own():
    halves = [f"{1930 + n // 2}-H{n % 2 + 1}" for n in range(N)]
    params, table, said = adopted(BASE.assign(period=halves))
    assert (params.data.timestamp_format, params.data.frequency) == ("half_year", "2QS")
    assert (params.featurize.lags, params.featurize.calendar) == ((1, 2), ("month",))
    assert said["period"][0] == "event time: half-years, each its first day"
    assert seasons("2QS") == (2,)
    columns = {"year": 1930 + np.arange(N) // 2, "semester": np.arange(N) % 2 + 1}
    params, other, _ = adopted(BASE.assign(**columns))
    assert params.data.timestamp_format == "year_half"
    assert other["event_timestamp"].tolist() == table["event_timestamp"].tolist()


def test_quarters_without_their_letter_are_asked_for():
    frame = BASE.assign(when=[f"{1950 + n // 4}-{n % 4 + 1}" for n in range(N)])
    sentence = refused(frame)
    assert (
        "column `when`: every number beside the year is at most 4, months or quarters" in sentence
    )
    assert "say FORMAT='%Y-%m' or FORMAT='year_quarter'" in sentence
    params, table, _ = adopted(frame, pattern="year_quarter")
    assert (params.data.event_timestamp, params.data.frequency) == ("when", "QS")
    assert table["event_timestamp"].dt.strftime("%Y-%m").iloc[-1] == "1999-10"
    months, _, _ = adopted(frame, timestamp="when", pattern="%Y-%m")
    assert months.data.frequency is None


def test_days_of_a_worksheet_are_taken_where_the_name_says_so_and_nowhere_else():
    days = 45_000 + np.arange(N)
    for name in ("date", "OrderDate", "order_date", "saledate", "Datum"):
        params, table, said = adopted(BASE.assign(**{name: days}))
        assert (params.data.event_timestamp, params.data.timestamp_format) == (name, "excel")
        assert said[name][0] == "event time: days as Excel counts them (excel)"
        assert str(table["event_timestamp"].iloc[0].date()) == "2023-03-15"
    for name in ("response_time", "salary", "last_update", "x2", "visits_per_day"):
        frame = BASE.assign(**{name: RNG.permutation(days)})
        assert adopted(frame)[0].data.event_timestamp is None, name
        sentence = refused(frame, timestamp=name)
        assert f"`{name}` (TIMESTAMP) holds numbers, which may be days as Excel" in sentence
        assert adopted(frame, timestamp=name, pattern="excel")[0].data.frequency == "1D"
        assert adopted(frame, pattern="excel")[0].data.event_timestamp == name


def test_a_day_of_the_year_beside_its_year_is_a_date():
    days = pd.date_range("2019-06-01", periods=N)
    for name, written in (("d", "%Y-%j"), ("date", "%Y%j"), ("julian", "%Y%j")):
        params, table, _ = adopted(BASE.assign(**{name: days.strftime(written)}))
        assert (params.data.event_timestamp, params.data.frequency) == (name, "1D")
        assert table["event_timestamp"].dt.tz_localize(None).tolist() == list(days)
    two_years = pd.date_range("2019-06-01", periods=N, freq="3D")  # to the end of each year
    assert adopted(BASE.assign(k=two_years.strftime("%Y%j")))[0].data.event_timestamp == "k"
    counted = [2_019_001 + 1_000 * (n // 50) + n % 50 for n in range(N)]
    assert adopted(BASE.assign(k=counted))[0].data.event_timestamp is None


def test_a_format_finds_its_column_or_is_refused():
    frame = BASE.assign(note="x", when=pd.date_range("2020-01-01", periods=N).strftime("%Y|%d|%m"))
    params, table, _ = adopted(frame, pattern="%Y|%d|%m")
    assert params.data.event_timestamp == "when"
    assert table["event_timestamp"].iloc[-1] == pd.Timestamp("2020-07-18", tz="UTC")
    sentence = refused(frame, pattern="%d. %B %Y")
    assert "no column is written like FORMAT=%d. %B %Y: correct it, or name the column" in sentence
    seconds = BASE.assign(t=1_700_000_000 + RNG.integers(0, 9**8, N))
    params, _, _ = adopted(seconds, pattern="unix_s")
    assert (params.data.event_timestamp, params.data.timestamp_format) == ("t", "unix_s")


def test_groups_of_one_row_are_no_groups():
    frame = BASE.assign(date=RNG.choice(pd.date_range("2020-01-01", periods=40), N))
    frame["order"] = RNG.permutation(9999)[:N]
    assert "every `order` (the entity) is one row" in refused(frame, split="group")
    assert "every `order` (BY) is one row" in refused(frame, by="order")


def test_an_hour_that_comes_twice_is_refused_with_what_to_write():
    hours = pd.date_range("2024-10-20", periods=N, freq="h", tz="Europe/Berlin").tz_localize(None)
    sentence = refused(BASE.assign(time=hours))
    assert "both have time 2024-10-27 02:00:00: keep one (where a clock was set back" in sentence
