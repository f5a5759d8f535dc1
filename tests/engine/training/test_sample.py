"""The sample table: same arguments same bytes, new days append, a shock touches the last days."""

from datetime import date

import numpy as np
import pandas as pd
import pytest

from level2.training import sample

SHORT = date(2016, 6, 30)
LATER = date(2017, 3, 1)


def as_bytes(table):
    return table.to_csv(index=False).encode()


def test_the_same_arguments_give_the_same_bytes():
    for shock in (None, "lockdown"):
        first, again = (sample.generate(SHORT, shock) for _ in range(2))
        assert as_bytes(first) == as_bytes(again)


def test_another_seed_gives_other_numbers():
    first, other = (sample.generate(SHORT, seed=seed) for seed in (0, 1))
    assert (first["load"] != other["load"]).mean() > 0.9
    pd.testing.assert_frame_equal(first[["area", "date"]], other[["area", "date"]])


@pytest.mark.parametrize("later", [date(2016, 7, 1), date(2016, 12, 31), LATER])
def test_a_later_until_only_appends(later):
    early, late = sample.generate(SHORT), sample.generate(later)
    assert as_bytes(late).startswith(as_bytes(early))
    assert late["date"].max() == pd.Timestamp(later)
    assert (late["date"].iloc[len(early) :] > pd.Timestamp(SHORT)).all()


@pytest.mark.parametrize("shock", sample.SHOCKS)
def test_a_shock_changes_the_last_days_and_only_them(shock):
    calm, shaken = sample.generate(SHORT), sample.generate(SHORT, shock)
    late = calm["date"] > pd.Timestamp(SHORT) - pd.Timedelta(days=sample.SHOCK_DAYS)
    assert late.sum() == 4 * sample.SHOCK_DAYS
    pd.testing.assert_frame_equal(calm[~late], shaken[~late])
    changed = (calm[late] != shaken[late]).any(axis=1)
    assert changed.all()
    assert shaken.dtypes.equals(calm.dtypes)


def test_each_shock_does_what_its_name_says():
    calm = sample.generate(SHORT)
    late = calm["date"] > pd.Timestamp(SHORT) - pd.Timedelta(days=sample.SHOCK_DAYS)
    hot = sample.generate(SHORT, "heat_wave")[late]
    assert hot["temperature"].to_numpy() == pytest.approx(calm[late]["temperature"] + 14)
    assert (hot["load"] > calm[late]["load"]).all()
    shut = sample.generate(SHORT, "lockdown")[late]
    assert shut["load"].to_numpy() == pytest.approx(calm[late]["load"] * 0.8, abs=0.1)
    fahrenheit = sample.generate(SHORT, "unit_change")[late]["temperature"]
    assert fahrenheit.to_numpy() == pytest.approx(calm[late]["temperature"] * 1.8 + 32, abs=0.15)


def test_there_is_one_row_per_area_and_day():
    table = sample.generate(SHORT)
    assert len(table) == 4 * ((SHORT - sample.START).days + 1)
    assert not table.duplicated(["area", "date"]).any()
    assert not table.isna().any().any()
    assert set(table["area"]) == set(sample.AREAS)
    assert table["holiday"].dtype == bool


def test_holidays_are_those_of_the_areas_state():
    table = sample.generate(SHORT).set_index(["date", "area"])["holiday"]
    christmas, corpus_christi = pd.Timestamp("2015-12-25"), pd.Timestamp("2016-05-26")
    assert table.loc[christmas].all()
    assert table.loc[corpus_christi].to_dict() == {
        "50Hertz": False,
        "Amprion": True,
        "TenneT": False,
        "TransnetBW": True,
    }


def test_the_load_has_its_week_its_winter_and_its_growth():
    table = sample.generate()
    amprion = table[(table["area"] == "Amprion") & ~table["holiday"]].set_index("date")["load"]
    weekdays = amprion.groupby(amprion.index.weekday).mean()
    assert weekdays[6] < weekdays[5] < weekdays[:5].min()
    months = amprion.groupby(amprion.index.month).mean()
    assert months[1] > 1.05 * months[7]
    years = amprion.groupby(amprion.index.year).mean()
    assert np.diff(years).min() > 0


@pytest.mark.parametrize("until", [sample.START, date(1999, 1, 1)])
def test_a_date_before_the_start_is_refused(until):
    with pytest.raises(ValueError, match=f"--until {until} must be after 2015-01-01"):
        sample.generate(until)


def test_an_unknown_shock_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match="--shock flood is unknown, use one of heat_wave, lock"):
        sample.generate(SHORT, "flood")
