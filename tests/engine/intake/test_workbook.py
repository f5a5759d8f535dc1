"""A workbook's cells as the raw table writes them."""

import pandas as pd
import pytest

from level2.data.contract import DataContract
from level2.intake.workbook import as_texts

LOAD = {
    "name": "load",
    "source": "march.csv",
    "entity": "area",
    "event_timestamp": "day",
    "target": "load",
    "task": "regression",
    "features": {"heat": {"type": "float"}},
}


@pytest.mark.parametrize(
    ("form", "written"),
    [
        ("excel", ["43466", "43739.75", ""]),
        ("quarter", ["2019Q1", "2019Q4", ""]),
        ("half_year", ["2019-H1", "2019-H2", ""]),
        ("year_quarter", ["2019-1", "2019-4", ""]),
        ("iso_week", ["2019-W01", "2019-W40", ""]),
        ("unix_s", ["1546300800", "1569952800", ""]),
        ("%d/%m/%Y", ["01/01/2019", "01/10/2019", ""]),
        (None, ["2019-01-01 00:00:00", "2019-10-01 18:00:00", ""]),
    ],
)
def test_dates_of_a_workbook_are_written_as_the_table_writes_them(form, written):
    moments = pd.to_datetime(["2019-01-01 00:00", "2019-10-01 18:00", None])
    contract = DataContract.model_validate(LOAD | {"timestamp_format": form})
    texts = as_texts(pd.DataFrame({"day": moments}), contract)
    assert texts["day"].tolist() == written
