"""Reading tables, and the one sentence for every way a file can be broken."""

import gzip
import io

import numpy as np
import pandas as pd
import pytest

from level2.base.errors import ProjectError
from level2.data.tables import read_raw, read_typed

GOOD = "a,b,y\n" + "".join(f"{i},x{i % 3},{i / 4}\n" for i in range(60))
FRAME = pd.read_csv(io.StringIO(GOOD))


def parquet_bytes(frame=FRAME):
    stream = io.BytesIO()
    frame.to_parquet(stream)
    return stream.getvalue()


def lines(text, number, new):
    """The text with one line replaced; lines are counted from 1."""
    parts = text.splitlines()
    parts[number - 1] = new
    return "\n".join(parts) + "\n"


BROKEN = {
    "empty": ("t.csv", b"", "t.csv is empty: it needs a header line and rows"),
    "header only": ("t.csv", b"a,b,y\n", "t.csv has a header and no rows: add rows below line 1"),
    "blank header": ("t.csv", b"\n\n", "t.csv line 1 is blank: the first line names the columns"),
    "binary": ("t.csv", bytes(range(256)), "t.csv holds binary data, not text"),
    "picture": (
        "t.csv",
        b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
        "t.csv holds binary data, not text",
    ),
    "late binary": ("t.csv", GOOD.encode() + b"\xff\xfe\x00,1,2\n", "t.csv holds binary data"),
    "Excel": (
        "t.csv",
        b"PK\x03\x04 and so on",
        "t.csv is a zip or Excel file: name it .zip or .xlsx",
    ),
    "gzip": ("t.csv", b"\x1f\x8b and so on", "t.csv is compressed by gzip: name it .csv.gz"),
    "parquet named csv": ("t.csv", parquet_bytes(), "t.csv is a parquet file: name it .parquet"),
    "UTF-16": ("t.csv", GOOD.encode("utf-16"), "t.csv is UTF-16 text: save it as UTF-8"),
    "Latin-1": (
        "t.csv",
        lines(GOOD, 31, "29,Köln,7.25").encode("latin-1"),
        "t.csv line 31 is not UTF-8 text (byte 0xf6, perhaps Latin-1): save the file as UTF-8",
    ),
    "Latin-1 header": (
        "t.csv",
        lines(GOOD, 1, "a,Größe,y").encode("latin-1"),
        "t.csv line 1 is not UTF-8 text",
    ),
    "long row of semicolons": (
        "t.csv",
        lines(GOOD, 12, "1,x,2,3").replace(",", ";").encode(),
        "t.csv line 12 has 4 values, the header names 3 columns: a semicolon is missing",
    ),
    "two delimiters": (
        "t.csv",
        "".join(f"a{n};b,c{n}|d\n" for n in range(60)).encode(),
        "t.csv line 1: commas and semicolons and bars each separate every line",
    ),
    "long row": (
        "t.csv",
        lines(GOOD, 12, "1,x,2,3").encode(),
        "t.csv line 12 has 4 values, the header names 3 columns",
    ),
    "short row": (
        "t.csv",
        lines(GOOD, 40, "1,x").encode(),
        "t.csv line 40 has 2 values, the header names 3 columns",
    ),
    "cut short": (
        "t.csv",
        GOOD[: -len("x2,14.75\n")].encode(),
        "t.csv line 61 has 2 values, the header names 3 columns",
    ),
    "open quote": (
        "t.csv",
        lines(GOOD, 9, '7,"x1,1.75').encode(),
        "line 9: a quoted value does not end",
    ),
    "column twice": (
        "t.csv",
        lines(GOOD, 1, "a,y,y").encode(),
        "t.csv line 1: column `y` appears twice (columns 2 and 3): give each column its own name",
    ),
    "extension": ("t.doc", b"x", "t.doc is not a .csv, .tsv, .txt, .parquet or .xlsx file, or a"),
    "no workbook": ("t.xlsx", b"x", "t.xlsx cannot be unpacked (File is not a zip file)"),
    "gzip cut short": (
        "t.csv.gz",
        gzip.compress(GOOD.encode())[:-9],
        "t.csv.gz cannot be unpacked (Compressed file ended",
    ),
    "broken line in gzip": (
        "t.csv.gz",
        gzip.compress(lines(GOOD, 12, "1,x,2,3").encode()),
        "t.csv.gz line 12 has 4 values, the header names 3 columns",
    ),
    "parquet cut short": (
        "t.parquet",
        parquet_bytes()[:-40],
        "t.parquet is not a complete parquet file",
    ),
    "junk named parquet": ("t.parquet", b"hello", "t.parquet is not a complete parquet file"),
    "parquet without rows": (
        "t.parquet",
        parquet_bytes(FRAME.iloc[:0]),
        "t.parquet has columns and no rows: add rows",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_broken_file_is_one_sentence(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    name, content, sentence = BROKEN[case]
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ProjectError) as caught:
        read_raw(tmp_path / name)
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(ProjectError):
        read_typed(tmp_path / name, ["a", "y"], ["b"], [])


def test_missing_file_and_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ProjectError, match=r"^t.csv is missing: put the table there"):
        read_raw(tmp_path / "t.csv")
    (tmp_path / "f.csv").mkdir()
    with pytest.raises(ProjectError, match=r"^f.csv is a folder: name the .csv or .parquet file"):
        read_raw(tmp_path / "f.csv")


def test_csv_is_text_as_it_stands_and_counts_lines(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b,\n007,NA,1\n 1.50,,2\n", encoding="utf-8-sig")
    raw = read_raw(path)
    assert list(raw.columns) == ["a", "b", "unnamed_3"]
    assert raw.astype(object).to_numpy().tolist() == [["007", "NA", "1"], [" 1.50", "", "2"]]
    assert list(raw.index) == [2, 3]
    assert raw.index.name == "line"


def test_lines_are_counted_through_blank_lines_and_values_of_several_lines(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text('a,b\n1,"two\nlines"\n\n2,x\n3,y\n')
    assert list(read_raw(path).index) == [2, 5, 6]


def test_typed_and_raw_reading_agree(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(lines(GOOD, 5, "?,x0, 0.75 "))
    typed = read_typed(path, ["a", "y"], ["b"], ["?"])
    raw = read_raw(path)
    assert np.isnan(typed["a"].iloc[3])
    numbers = pd.to_numeric(raw["a"].replace("?", None)).to_numpy(float, na_value=np.nan)
    np.testing.assert_array_equal(typed["a"], numbers)
    np.testing.assert_array_equal(typed["y"], raw["y"].astype(object).astype(float))
    assert list(typed["b"]) == list(raw["b"])
    assert list(typed.index) == list(raw.index)


def test_typed_reading_leaves_blame_to_raw_reading(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(lines(GOOD, 5, "many,x0,0.75"))
    assert read_typed(path, ["a", "y"], ["b"], []) is None
    assert read_typed(path, ["nowhere"], ["b"], []) is None


def test_parquet_keeps_types_and_forgets_the_index(tmp_path):
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": [1, 2], "t": pd.date_range("2024", periods=2)}).set_index("t").to_parquet(
        path
    )
    raw = read_raw(path)
    assert list(raw.columns) == ["a", "t"]
    assert raw["t"].dtype.kind == "M"
    assert list(raw.index) == [1, 2]
    assert raw.index.name == "row"
