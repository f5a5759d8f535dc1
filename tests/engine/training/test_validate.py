"""`validate` stops bad data with a named rule and writes what it found."""

import numpy as np
import pytest

from level2.base.errors import ProjectError
from level2.base.files import read_json
from level2.data import parquet
from level2.training.steps import validate


@pytest.fixture
def ready(table, context):
    ordered = table.assign(holiday=table.holiday.astype(float)).sort_values(
        ["event_timestamp", "area"], ignore_index=True
    )
    return ordered[context.params.data.columns()]


def checked(context, table, reference=None):
    context.workspace.ingested.parent.mkdir(parents=True, exist_ok=True)
    parquet.write(table, context.workspace.ingested)
    return validate.run(context, reference or {})


def stopped(context, table, reference=None):
    with pytest.raises(ProjectError) as caught:
        checked(context, table, reference)
    assert not context.workspace.validation.exists()
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_good_table(context, ready):
    ready.loc[:4, "temperature"] = np.nan
    assert checked(context, ready) == "30 checks passed · 1 warning: temperature 3.1 % missing"
    found = read_json(context.workspace.validation)
    assert len(found["checks"]) == 30
    assert all(check["ok"] for check in found["checks"])
    assert found["warnings"] == ["temperature 3.1 % missing"]
    assert found["profile"]["columns"]["temperature"]["missing"] == pytest.approx(0.03125)
    assert found["profile"]["end"].startswith("2024-03-20")


def test_several_warnings_show_the_first():
    assert validate.summary(3, []) == "3 checks passed"
    assert validate.summary(3, ["a", "b"]) == "3 checks passed · 2 warnings: a ..."


def test_range_names_rule_column_row_value_and_count(context, ready):
    ready.loc[[10, 12], "temperature"] = 71.5
    assert stopped(context, ready) == (
        "data/raw/small.csv: rule range: column `temperature` holds `71.5` for area `North` on "
        "2024-01-06 (2 of 160 rows), data.features.temperature allows -40 to 50"
    )


def test_other_rules(context, ready):
    assert "rule allowed: column `area` holds `East`" in stopped(
        context, ready.assign(area=ready.area.replace("South", "East"))
    )
    assert "rule not_null: column `holiday` holds nothing" in stopped(
        context, ready.assign(holiday=ready.holiday.where(ready.index != 3))
    )
    assert "rule min_rows: the table has 5 rows, at least 20" in stopped(context, ready.head(5))
    assert "rule empty_column: column `temperature` has no value" in stopped(
        context, ready.assign(temperature=np.nan)
    )
    assert "rule constant_target: the target `load` has the same" in stopped(
        context, ready.assign(load=1.0)
    )
    assert "rule finite: column `load` holds `inf`" in stopped(
        context, ready.assign(load=ready.load.where(ready.index != 3, np.inf))
    )
    twice = ready.copy()
    twice.loc[1, ["area", "event_timestamp"]] = ready.loc[0, ["area", "event_timestamp"]]
    assert (
        "rule unique_key: 2 rows share their area and event_timestamp, first for area"
        in stopped(context, twice)
    )


def test_several_broken_rules_are_counted(context, ready):
    broken = ready.assign(temperature=99.0, kind="z")
    assert stopped(context, broken).endswith("; rule allowed is violated too")
    assert stopped(context, broken.assign(holiday=2.0)).endswith("; 2 more rules are violated")


def test_leakage_names_columns_and_the_waiver(context, ready):
    sentence = stopped(context, ready.assign(temperature=ready.load / 10))
    assert "rule leakage: `10*temperature` equals the target `load` in 160 of 160 rows" in sentence
    assert "set data.allow_leakage: [temperature] in params.yaml and say why" in sentence
    data = context.params.data.model_copy(update={"allow_leakage": ("temperature",)})
    waived = type(context)(context.params.model_copy(update={"data": data}), context.workspace)
    assert "checks passed" in checked(waived, ready.assign(temperature=ready.load / 10))


def test_other_distribution_names_rule_and_knob(context, ready):
    checked(context, ready)
    reference = read_json(context.workspace.validation)["profile"]
    context.workspace.validation.unlink()
    assert checked(context, ready, reference).startswith("33 checks passed")
    context.workspace.validation.unlink()
    sentence = stopped(context, ready.assign(temperature=ready.temperature + 20), reference)
    assert "rule distribution: column `temperature` is distributed differently than" in sentence
    assert "correct the data, or raise the limit to accept it" in sentence
    gaps = ready.assign(temperature=ready.temperature.where(ready.index % 3 > 0))
    assert "rule missing_increase: column `temperature`" in stopped(context, gaps, reference)


def test_table_of_another_contract(context, ready):
    assert "has other columns than params.yaml names: run `ingest` again" in stopped(
        context, ready.drop(columns="kind")
    )
    context.workspace.ingested.unlink()
    with pytest.raises(ProjectError, match=r"data/ingested.parquet is missing: `ingest` makes it"):
        validate.run(context, {})
