"""`ingest` writes the canonical table, and nothing where the file is at fault."""

import hashlib

import pandas as pd
import pytest

from level2.base.errors import ProjectError
from level2.base.files import digest, read_json
from level2.params.config import parse_params
from level2.registry import lineage
from level2.training.steps import ingest


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


def test_it_writes_down_which_bytes_it_read(context, source):
    ingest.run(context)
    before = digest(source, "md5")
    assert read_json(context.workspace.raw)["md5"] == before
    source.write_text(source.read_text() + "North,2025-01-01,1,0,x,1\n")
    assert lineage.data_origin(context)["data.hash"] == before, "those trained on count"


def test_an_object_is_fetched_and_named_with_its_version(context, source, monkeypatch, tree):
    content = source.read_bytes()
    source.unlink()
    asked = []

    def download(uri, path):
        asked.append(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return "v7"

    monkeypatch.setattr(ingest.s3, "download", download)
    tree["data"]["source"] = "s3://bucket/tables/small.csv"
    remote = type(context)(parse_params(tree), context.workspace)
    with pytest.raises(ProjectError, match="has not been ingested here: run `ingest` first"):
        lineage.data_origin(remote)
    assert ingest.run(remote).startswith("160 rows")
    assert asked == ["s3://bucket/tables/small.csv"]
    assert lineage.data_origin(remote) == {
        "data.source": "s3://bucket/tables/small.csv",
        "data.hash": hashlib.md5(content, usedforsecurity=False).hexdigest(),
        "data.version": "v7",
    }


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
