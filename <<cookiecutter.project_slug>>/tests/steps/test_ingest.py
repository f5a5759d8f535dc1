"""`ingest` writes the canonical table, and nothing where the file is at fault."""

import pandas as pd
import pytest

from mlproject.adapters.files import digest
from mlproject.errors import ProjectError
from mlproject.steps import ingest


@pytest.fixture
def source(context, table):
    """The small table as the CSV the contract names."""
    path = context.workspace.source(context.params)
    path.parent.mkdir(parents=True)
    table.assign(event_timestamp=table.event_timestamp.dt.strftime("%Y-%m-%d")).rename(
        columns={"event_timestamp": "date"}
    ).to_csv(path, index=False)
    return path


@pytest.mark.usefixtures("source")
def test_table_and_summary(context, table):
    assert ingest.run(context) == "160 rows · 2 areas · 2024-01-01 … 2024-03-20"
    written = pd.read_parquet(context.workspace.ingested)
    expected = table.assign(holiday=table.holiday.astype(float))
    expected = expected.sort_values(["event_timestamp", "area"], ignore_index=True)
    pd.testing.assert_frame_equal(written, expected[context.params.data.columns()])


def test_same_bytes_and_csv_like_parquet(context, source):
    ingest.run(context)
    first = digest(context.workspace.ingested)
    ingest.run(context)
    assert digest(context.workspace.ingested) == first
    pd.read_csv(source, float_precision="round_trip").to_parquet(source.with_suffix(".parquet"))
    data = context.params.data.model_copy(update={"source": "data/raw/small.parquet"})
    params = context.params.model_copy(update={"data": data})
    ingest.run(type(context)(params, context.workspace))
    assert digest(context.workspace.ingested) == first


def test_a_fault_names_the_line_and_keeps_the_old_table(context, source):
    ingest.run(context)
    before = digest(context.workspace.ingested)
    text = source.read_text().splitlines()
    text[20] = text[20].replace(text[20].split(",")[2], "warm")
    source.write_text("\n".join(text))
    with pytest.raises(ProjectError) as caught:
        ingest.run(context)
    assert "data/raw/small.csv line 21: column `temperature` holds `warm`" in str(caught.value)
    assert digest(context.workspace.ingested) == before


def test_dropped_rows_are_counted(context, source):
    frame = pd.read_csv(source)
    frame.loc[:4, "load"] = None
    frame.to_csv(source, index=False)
    assert ingest.run(context).endswith("· 5 without target dropped")


def test_missing_table(context, monkeypatch):
    monkeypatch.chdir(context.workspace.root)
    with pytest.raises(ProjectError, match=r"^data/raw/small.csv is missing: put the table there"):
        ingest.run(context)


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (1, "area", "1 area"),
        (2, "city", "2 cities"),
        (3, "day", "3 days"),
        (2, "series", "2 series"),
    ],
)
def test_plural(number, noun, text):
    assert ingest.plural(number, noun) == text
