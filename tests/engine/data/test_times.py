"""Times as people write them, and the clock of their zone."""

from datetime import datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from level2.adoption.date_patterns import date_pattern
from level2.adoption.number_patterns import number_pattern
from level2.base.errors import ProjectError
from level2.data import month_names
from level2.data.columns import Column
from level2.data.month_names import month_of
from level2.data.time_formats import read_texts
from level2.data.times import event_times, shown, zone_shown
from level2.data.zones import instants, later, local

DAYS = pd.date_range("2000-01-25", periods=200)
HOURS = pd.date_range("2000-01-25", periods=200, freq="7h")
MONTHS = pd.date_range("1999-01-01", periods=80, freq="MS")
WEEKS = pd.date_range("1999-01-04", periods=80, freq="7D")


def column(values, name="t"):
    lines = pd.RangeIndex(2, len(values) + 2, name="line")
    return Column(pd.Series(values).set_axis(lines), name, "t.csv")


@pytest.mark.parametrize(
    ("pattern", "times"),
    [
        ("%Y-%m-%d", DAYS),
        ("%b %-d %Y", DAYS),
        ("%b %d, %Y", DAYS),
        ("%B %-d, %Y", DAYS),
        ("%-d. %B %Y", DAYS),
        ("%a, %d %b %Y", DAYS),
        ("%A %d %B %Y", DAYS),
        ("%d%b%Y", DAYS),
        ("%d/%m/%Y", DAYS),
        ("%m/%d/%y", DAYS),
        ("%Y/%m/%d", DAYS),
        ("%a %d/%m/%Y", DAYS),
        ("%a, %d.%m.%Y", DAYS),
        ("%d.%m.%Y %H:%M", HOURS),
        ("%d/%m/%Y, %H:%M", HOURS),
        ("%d-%b-%Y %H.%M", HOURS),
        ("%d-%b-%y %I.%M.%S %p", HOURS),
        ("%m/%d/%Y %I:%M:%S %p", HOURS),
        ("%m/%d/%Y %I:%M%p", HOURS),
        ("%Y-%m-%d %I:%M %p", HOURS),
        ("%H:%M %d/%m/%Y", HOURS),
        ("%a %b %d %H:%M:%S %Y", HOURS),
        ("%Y%m%dT%H%M%S", HOURS),
        ("%Y/%m/%d-%H:%M", HOURS),
        ("%d.%m.%Y_%H:%M", HOURS),
        ("%Y-%m-%d %H:%M:%S,%f", HOURS),
        ("%d.%m.%Y %H:%M:%S,%f", HOURS),
        ("%a %b  %d %H:%M:%S %Y", HOURS),
        ("%Y年%m月%d日", DAYS),
        ("%Y-%m-%dT%H:%M:%S.%fZ", HOURS),
        ("%Y-%m-%d %H:%M:%S UTC", HOURS),
        ("%d/%b/%Y:%H:%M:%S +0000", HOURS),
        ("%Y-%j", DAYS),
        ("%Y/%j", DAYS),
        ("%j/%Y", DAYS),
        ("%Y-%jT%H:%M", HOURS),
        ("%Y-%m", MONTHS),
        ("%YM%m", MONTHS),
        ("%m/%Y", MONTHS),
        ("%b-%y", MONTHS),
        ("%B %Y", MONTHS),
        ("%Y %b", MONTHS),
        ("%G-W%V", WEEKS),
        ("%GW%V", WEEKS),
        ("W%V %G", WEEKS),
        ("KW %V / %G", WEEKS),
        ("%G-W%V-%u", DAYS),
    ],
)
def test_the_way_times_are_written_is_found_and_reads_every_one_back(pattern, times):
    texts = list(times.strftime(pattern))
    found = date_pattern(list(dict.fromkeys(texts)))
    assert found is not None, texts[0]
    read = event_times(column(texts), found.format)
    assert read.dt.tz_localize(None).tolist() == list(times)


@pytest.mark.parametrize(
    ("am", "pm"),
    [(" a.m.", " p.m."), (" a. m.", " p. m."), ("\u202fAM", "\u202fPM"), ("a.m.", "p.m.")],
)
def test_halves_of_a_day_with_dots_and_narrow_spaces(am, pm):
    texts = [f"{time:%m/%d/%Y %I:%M}{am if time.hour < 12 else pm}" for time in HOURS]
    found = date_pattern(texts)
    assert found is not None
    assert event_times(column(texts), found.format).dt.tz_localize(None).tolist() == list(HOURS)


@pytest.mark.parametrize("pattern", ["%Y%m%d%H", "%Y%m%d%H%M", "%Y%m%d%H%M%S"])
def test_digits_down_to_the_hour_are_no_seconds_since_1970(pattern):
    hours = HOURS + pd.DateOffset(years=20)
    texts = list(hours.strftime(pattern))
    assert number_pattern(np.array(texts, dtype=np.float64)) == pattern
    assert event_times(column(texts), pattern).dt.tz_localize(None).tolist() == list(hours)
    seconds = np.arange(1_990_000_000, 1_990_400_000, 997, dtype=np.float64)  # of 2033
    assert number_pattern(seconds) == "unix_s"


@pytest.mark.parametrize("pattern", ["%m-%d", "%d-%m", "%a %d %b", "%d %b"])
def test_days_without_a_year_are_not_taken_for_months_of_one(pattern):
    year = pd.date_range("2024-01-01", periods=300)
    assert date_pattern(list(year.strftime(pattern))) is None
    months = pd.date_range("2001-01-01", periods=360, freq="MS")
    assert date_pattern(list(months.strftime("%b-%y"))).format == "%b-%y"


@pytest.mark.parametrize(
    "written",
    [
        "{y}-Q{q}E",
        "{y}Q{q} (P)",
        "{y}Q{q}",
        "{y}-Q{q}",
        "Q{q} {y}",
        "Q{q}/{y}",
        "{q}Q{y}",
        "Q{q}-{s}",
    ],
)
def test_quarters(written):
    texts = [
        written.format(y=1990 + n // 4, q=n % 4 + 1, s=f"{(90 + n // 4) % 100:02d}")
        for n in range(60)
    ]
    found = date_pattern(texts)
    assert found.format == "quarter"
    expected = pd.date_range("1990-01-01", periods=60, freq="QS")
    assert event_times(column(texts), "quarter").dt.tz_localize(None).tolist() == list(expected)


@pytest.mark.parametrize("written", ["{y}-H{h}", "{y}H{h}", "H{h} {y}", "{h}H{y}", "{y}S{h}"])
def test_half_years(written):
    texts = [written.format(y=1990 + n // 2, h=n % 2 + 1) for n in range(60)]
    assert date_pattern(texts).format == "half_year"
    expected = pd.date_range("1990-01-01", periods=60, freq="2QS")
    assert event_times(column(texts), "half_year").dt.tz_localize(None).tolist() == list(expected)


@pytest.mark.parametrize(
    ("most", "name", "other"), [(4, "quarter", "year_quarter"), (2, "half-year", "year_half")]
)
@pytest.mark.parametrize("written", ["{y}-{n}", "{y}/{n}", "{n}/{y}", "{y}.{n}"])
def test_months_that_may_be_quarters_or_halves_are_left_to_choose(most, name, other, written):
    texts = [written.format(y=1990 + n // most, n=n % most + 1) for n in range(40)]
    found = date_pattern(texts)
    assert found.others == (other,)
    assert f"every number beside the year is at most {most}, months or {name}s" in found.note
    begins = event_times(column(texts), other).dt.month.unique()
    assert begins.tolist() == [1, 4, 7, 10] if most == 4 else [1, 7]
    twelve = [written.format(y=1990 + n // 12, n=n % 12 + 1) for n in range(40)]
    assert date_pattern(twelve).others == ()
    two_years = texts[: 2 * most]
    assert date_pattern(two_years).others == ()


def test_months_with_a_zero_are_months_and_what_else_they_may_be_is_said():
    found = date_pattern([f"{1990 + n // 4}-0{n % 4 + 1}" for n in range(40)])
    assert (found.format, found.others) == (None, ())
    assert "read as months, or say FORMAT=year_quarter" in found.note


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["45292", "45293.0"], ["2024-01-01 00:00", "2024-01-02 00:00"]),
        (["45292.0208333333", "36526.75"], ["2024-01-01 00:30", "2000-01-01 18:00"]),
        ([45292, 45657], ["2024-01-01 00:00", "2024-12-31 00:00"]),
    ],
)
def test_days_as_excel_counts_them(values, expected):
    read = event_times(column(values), "excel")
    assert read.dt.strftime("%Y-%m-%d %H:%M").tolist() == expected
    for wrong in ("2024-01-01", "0", "59", "-3", "9999999"):
        with pytest.raises(ProjectError, match=rf"holds `{wrong}`, not a date like 45292"):
            event_times(column([values[0], wrong]), "excel")


def test_days_of_the_year_as_one_number():
    days = pd.date_range("2019-06-01", periods=400)
    texts = list(days.strftime("%Y%j"))
    assert number_pattern(np.array(texts, dtype=np.float64)) == "%Y%j"
    assert event_times(column(texts), "%Y%j").dt.tz_localize(None).tolist() == list(days)
    assert number_pattern(np.array([2019001.0, 2019367, 2019003])) is None


LONG = {
    "german": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "french": "janvier février mars avril mai juin juillet août septembre octobre novembre "
    "décembre",
    "spanish": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre "
    "diciembre",
    "italian": "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre "
    "novembre dicembre",
    "dutch": "januari februari maart april mei juni juli augustus september oktober november "
    "december",
    "portuguese": "janeiro fevereiro março abril maio junho julho agosto setembro outubro "
    "novembro dezembro",
}
SHORT = {
    "german": "Jan. Feb. März Apr. Mai Juni Juli Aug. Sept. Okt. Nov. Dez.",
    "french": "janv. févr. mars avr. mai juin juil. août sept. oct. nov. déc.",
    "spanish": "ene feb mar abr may jun jul ago sept oct nov dic",
    "italian": "gen feb mar apr mag giu lug ago set ott nov dic",
    "dutch": "jan feb mrt apr mei jun jul aug sep okt nov dec",
    "portuguese": "jan. fev. mar. abr. mai. jun. jul. ago. set. out. nov. dez.",
}
DAY_NAMES = {  # a Monday first
    "german": "Montag, Dienstag, Mittwoch, Donnerstag, Freitag, Samstag, Sonntag,",
    "french": "lun. mar. mer. jeu. ven. sam. dim.",
    "spanish": "lunes martes miércoles jueves viernes sábado domingo",
    "italian": "lun mar mer gio ven sab dom",
    "dutch": "ma di wo do vr za zo",
    "portuguese": "segunda-feira, terça-feira, quarta-feira, quinta-feira, sexta-feira, sábado, "
    "domingo,",
}


@pytest.mark.parametrize("names", [LONG, SHORT], ids=["long", "short"])
@pytest.mark.parametrize("language", LONG)
@pytest.mark.parametrize(
    "written",
    [
        "{day} {month} {year}",
        "{day}. {month} {year}",
        "{day}-{month}-{short:02d}",
        "{weekday} {day} {month} {year}",
        "{day} de {month} de {year}",
        "{month} {year}",
        "{month}-{short:02d}",
        "{day}. {month} {year} 14:30 Uhr",
    ],
)
def test_months_by_name_in_other_languages(names, language, written):
    months, weekdays = names[language].split(), DAY_NAMES[language].split()
    times = DAYS if "day" in written else MONTHS
    texts = [
        written.format(
            day=time.day,
            month=months[time.month - 1],
            year=time.year,
            short=time.year % 100,
            weekday=weekdays[time.weekday()],
        )
        for time in times
    ]
    expected = times + pd.Timedelta("14h30min") if "14:30" in written else times
    found = date_pattern(list(dict.fromkeys(texts)))
    assert found is not None, texts[0]
    read = event_times(column(texts), found.format)
    assert read.dt.tz_localize(None).tolist() == list(expected)
    alone = [event_times(column([text]), found.format)[0] for text in texts[::9]]
    assert alone == read[::9].tolist(), "one row of a request is read as it is among others"


def test_no_word_is_two_months_and_words_are_found_without_their_accents():
    words = [word for line in month_names._NAMES for word in line.split()]
    assert len(set(words)) == len(words)
    assert [month_of(word) for word in ("AOÛT", "aout", "März", "Maerz", "Jänner", "déc.")] == [
        8, 8, 3, 3, 1, 12,
    ]  # fmt: skip
    assert [month_of(word) for word in ("Monat", "lundi", "may be", "", "3")] == [None] * 5


def test_months_written_in_several_ways_in_one_column():
    texts = [
        "May 1st, 2000",
        "June 2nd 2000",
        "Sept. 3rd, 2000",
        "September 4 2000",
        "Sep 23, 2000",
    ]
    found = date_pattern([*texts, *(f"Oct {day}, 2000" for day in range(5, 20))])
    times = read_texts(pd.Series(texts, dtype=object), found.format)
    assert times.dt.strftime("%m-%d").tolist() == ["05-01", "06-02", "09-03", "09-04", "09-23"]


@pytest.mark.parametrize(
    "texts",
    [
        ["10-20", "20-30", "30-40"],
        ["192.168.0.1", "10.0.0.1"],
        ["3/4", "1/2"],
        ["12:30", "13:45"],
        ["a1", "b2"],
        ["1.2.3", "1.2.4"],
        ["2020-13-45", "2020-14-45"],
        ["Q5 2000", "Q6 2000"],
        ["may be 2000", "mar 12"],
        ["set 10", "set 12", "set 24"],
        ["out 12", "out 13"],
        ["lot 12", "lot 13"],
        ["do 10", "fr 12"],
        ["model S 2020", "model T 2021"],
        ["", "-"],
    ],
)
def test_other_texts_are_no_dates(texts):
    assert date_pattern(texts) is None


@pytest.mark.parametrize(
    ("unit", "name"),
    [(1, "unix_s"), (1_000, "unix_ms"), (1_000_000, "unix_us"), (10**9, "unix_ns")],
)
def test_epochs_are_read_to_the_microsecond(unit, name):
    seconds = [1_700_000_000 + 600 * n for n in range(40)]
    values = np.array([second * unit for second in seconds], dtype=np.float64)
    assert number_pattern(values) == name
    texts = [str(second * unit + (unit // 1_000_000 if unit > 1_000 else 0)) for second in seconds]
    read = event_times(column(texts), name)
    extra = pd.Timedelta(microseconds=1 if unit > 1_000 else 0)
    assert read.tolist() == [pd.Timestamp(second, unit="s", tz="UTC") + extra for second in seconds]


def test_a_fraction_of_a_second_is_kept():
    read = event_times(column(["1700000000.25", "1700000000"]), "unix_s")
    assert (read[0] - read[1]).total_seconds() == 0.25


def test_a_value_that_is_not_written_so_is_blamed():
    with pytest.raises(
        ProjectError, match=r"t.csv line 3: column `t` holds `soon`, not a date like 2024Q4"
    ):
        event_times(column(["1990Q1", "soon"]), "quarter")
    with pytest.raises(
        ProjectError, match=r"line 3: column `year, month` holds `2020 13`, not a date"
    ):
        event_times([column(["2020", "2020"], "year"), column(["1", "13"], "month")], "%Y %m")
    with pytest.raises(ProjectError, match=r"line 2: column `year, month` is empty"):
        event_times([column(["2020", "2020"], "year"), column(["", "13"], "month")], "%Y %m")


def test_whole_numbers_written_with_a_fraction_are_read_all_the_same():
    read = event_times([column(["2020.0", "2021.0"]), column(["1.0", "12.0"])], "%Y %m")
    assert read.dt.strftime("%Y-%m").tolist() == ["2020-01", "2021-12"]
    assert event_times(column(["2020.0"]), "%Y")[0].year == 2020
    both = [column(["2020.0"]), column(["4.0"])]
    assert event_times(both, "year_quarter")[0].month == 10


def test_columns_are_joined_row_by_row():
    year, month, day = (
        column(texts) for texts in (["2020", "2021"] * 3, list("123123"), list("445566"))
    )
    read = event_times([year, month, day], "%Y %m %d")
    assert read.dt.strftime("%Y-%m-%d").tolist() == [
        f"{2020 + n % 2}-0{n % 3 + 1}-0{n // 2 + 4}" for n in range(6)
    ]


def berlin(naive):
    """Texts with the offset that Berlin's clock had."""
    zone = ZoneInfo("Europe/Berlin")
    return [time.replace(tzinfo=zone).isoformat() for time in naive]


def test_mixed_offsets_of_one_zone_are_that_zone():
    texts = berlin([datetime(2022, 1, 1) + timedelta(days=n) for n in range(730)])
    zone, alike = zone_shown(column(texts), None)
    assert zone == "Europe/Berlin"
    assert "Europe/Paris" in alike
    clock = local(event_times(column(texts), None), zone)
    assert (clock == clock.dt.normalize()).all()
    assert clock.dt.weekday.tolist()[:3] == [5, 6, 0]


@pytest.mark.parametrize(
    "name", ["America/New_York", "Australia/Sydney", "Europe/London", "Asia/Tehran"]
)
def test_a_zone_is_known_by_what_its_clock_showed(name):
    zone = ZoneInfo(name)
    texts = [
        (datetime(2019, 1, 1, 12) + timedelta(days=n)).replace(tzinfo=zone).isoformat()
        for n in range(900)
    ]
    assert zone_shown(column(texts), None)[0] == name


@pytest.mark.parametrize(
    ("texts", "zone"),
    [
        (["2024-01-01T00:00:00Z", "2024-07-01T00:00:00Z"], None),
        (["2024-01-01 00:00", "2024-07-01 00:00"], None),
        (["2024-01-01T00:00:00+05:30", "2024-07-01T00:00:00+05:30"], "+05:30"),
        (["2024-01-01T00:00:00-0300", "2024-07-01T00:00:00-0300"], "-03:00"),
        (["2024-01-01T00:00:00 CET", "2024-07-01T00:00:00 CEST"], "Europe/Berlin"),
        (["2024-01-01T00:00:00+09:00", "2024-01-02T00:00:00-07:00"], None),
    ],
)
def test_zones_of_a_few_texts(texts, zone):
    assert zone_shown(column(texts), None)[0] == zone


def test_a_typed_column_says_its_zone():
    typed = pd.Series(pd.date_range("2024-01-01", periods=3, tz="Europe/Berlin"))
    assert zone_shown(column(typed), None) == ("Europe/Berlin", [])
    assert zone_shown(column(typed.dt.tz_convert("UTC")), None) == (None, [])
    assert event_times(column(typed), None)[0] == pd.Timestamp("2023-12-31 23:00", tz="UTC")


@pytest.mark.parametrize(("offset", "zone"), [("+05:30", "+05:30"), ("+00:00", None)])
def test_a_typed_column_of_a_fixed_offset_says_it(offset, zone):
    read = pa.table({"t": pa.array([0, 86_400], pa.timestamp("s", offset))}).to_pandas()["t"]
    assert zone_shown(column(read), None) == (zone, [])
    hours, minutes = map(int, offset.split(":"))
    made = read.dt.tz_convert(timezone(timedelta(hours=hours, minutes=minutes)))
    assert zone_shown(column(made), None) == (zone, [])


def test_offsets_of_no_one_zone_are_named():
    texts = ["2024-01-01T00:00:00+09:00", "2024-01-02T00:00:00-07:00"]
    assert zone_shown(column(texts), None) == (None, ["-07:00", "+09:00"])


def test_times_without_offset_are_of_the_zone_that_the_contract_names():
    read = event_times(column(["2024-01-01", "2024-07-01"]), None, None, "Europe/Berlin")
    assert [str(time) for time in read] == [
        "2023-12-31 23:00:00+00:00",
        "2024-06-30 22:00:00+00:00",
    ]
    assert shown(read[0], "Europe/Berlin") == "2024-01-01"
    assert shown(read[0], None) == "2023-12-31 23:00"


def test_a_day_and_a_month_follow_the_clock_and_an_hour_does_not():
    clock = pd.Series(pd.to_datetime(["2024-03-30", "2024-10-26", "2024-03-01"]))
    times = instants(clock, "Europe/Berlin")
    next_day = local(later(times, pd.offsets.Day(1), "Europe/Berlin"), "Europe/Berlin")
    assert next_day.tolist() == (clock + pd.Timedelta("1D")).tolist()
    next_month = local(later(times[2:], pd.offsets.MonthBegin(1), "Europe/Berlin"), "Europe/Berlin")
    assert next_month.tolist() == [pd.Timestamp("2024-04-01")]
    hours = later(times, pd.offsets.Hour(30), "Europe/Berlin") - times
    assert (hours == pd.Timedelta("30h")).all()


@given(
    st.datetimes(datetime(1980, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "+05:30", None]),
)
def test_the_clock_and_back_is_the_same_time_or_the_other_of_an_hour_that_comes_twice(time, zone):
    times = pd.Series([pd.Timestamp(time, tz="UTC")]).astype("datetime64[us, UTC]")
    again = instants(local(times, zone), zone)
    assert abs(again[0] - times[0]) <= pd.Timedelta("1h")
    assert local(again, zone).tolist() == local(times, zone).tolist()
