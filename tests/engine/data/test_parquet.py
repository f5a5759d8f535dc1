"""Parquet a column at a time: the same tables, the same bytes, one sentence for broken files."""

import numpy as np
import pandas as pd
import pytest

from level2.base.errors import ProjectError
from level2.data import parquet


def test_written_tables_are_the_same_bytes_and_read_back_equal(tmp_path, table):
    for name in ("one.parquet", "two.parquet"):
        parquet.write(table, tmp_path / name)
    one, two = tmp_path / "one.parquet", tmp_path / "two.parquet"
    assert one.read_bytes() == two.read_bytes()
    pd.testing.assert_frame_equal(parquet.read(one), table)
    names = list(table.columns[:2])
    pd.testing.assert_frame_equal(parquet.read(one, names), table[names])


def test_row_groups_change_nothing(tmp_path, monkeypatch):
    table = pd.DataFrame(
        {
            "number": np.where(np.arange(25) % 7 == 0, np.nan, np.arange(25.0)),
            "text": [None, "a", "b"] * 8 + ["c"],
            "a.dotted.name": np.arange(25, dtype="float32"),
            "split": pd.Categorical(["train", "test", "train", "train", "train"] * 5),
        }
    )
    monkeypatch.setattr(parquet, "ROWS", 10)
    parquet.write(table, tmp_path / "t.parquet")
    found = parquet.read(tmp_path / "t.parquet")
    found["split"] = found["split"].cat.set_categories(table["split"].cat.categories)
    pd.testing.assert_frame_equal(found, table)


def test_an_empty_table_keeps_its_columns(tmp_path):
    parquet.write(pd.DataFrame({"a": np.zeros(0)}), tmp_path / "t.parquet")
    assert list(parquet.read(tmp_path / "t.parquet").columns) == ["a"]


def test_a_damaged_file_is_one_sentence(tmp_path):
    (tmp_path / "t.parquet").write_bytes(b"PAR1")
    with pytest.raises(
        ProjectError,
        match=r"t.parquet is not a complete parquet file .*: "
        r"delete it",
    ):
        parquet.read(tmp_path / "t.parquet")
