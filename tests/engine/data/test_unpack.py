"""Tables as people send them: dialects, gzip, zip, Excel; and a bomb."""

import gzip
import io
import zipfile
from datetime import date, datetime

import openpyxl
import pandas as pd
import pytest

from level2.base.errors import ProjectError
from level2.data import streams, unpack
from level2.data.tables import read_raw, read_typed, write_table

ROWS = [
    ["day", "price", "sold"],
    *([f"2024-01-{n:02d}", f"{n},5", str(3 * n)] for n in range(1, 29)),
]
TEXT = {mark: "\n".join(mark.join(row) for row in ROWS) + "\n" for mark in ";\t|"}


def workbook(path, *sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for number, rows in enumerate(sheets):
        sheet = book.create_sheet(f"Sheet{number}")
        for row in rows:
            sheet.append(row)
    book.save(path)


def zipped(path, **files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), content)


def write(folder, name):
    path = folder / name
    text = TEXT[{"s": ";", "t": "\t", "b": "|"}[name[0]]]
    if name.endswith(".gz"):
        path.write_bytes(gzip.compress(text.encode()))
    elif name.endswith(".zip"):
        zipped(path, **{"in__table_dot_csv": text, "__MACOSX__._table_dot_csv": "x"})
    else:
        path.write_text(text, encoding="utf-8-sig" if name[0] == "b" else "utf-8")
    return path


@pytest.mark.parametrize(
    "name", ["s.csv", "t.tsv", "b.txt", "s.csv.gz", "t.tsv.gz", "s.zip", "t.csv"]
)
def test_every_door_reads_the_same(tmp_path, name):
    path = write(tmp_path, name)
    raw = read_raw(path)
    assert [list(raw.columns), *raw.to_numpy().tolist()] == ROWS
    assert list(raw.index) == list(range(2, 30))
    typed = read_typed(path, ["sold"], ["day", "price"], [])
    assert typed["sold"].tolist() == [3.0 * n for n in range(1, 29)]
    with streams.reading(path) as (schema, batches):
        assert schema.names == ROWS[0]
        assert [list(row.values()) for batch in batches for row in batch.to_pylist()] == ROWS[1:]


def test_a_workbook_keeps_numbers_dates_and_texts(tmp_path):
    path = tmp_path / "t.xlsx"
    body = [
        [datetime(2024, 1, 1, 6), date(2024, 1, 1), 1.5, 7, True, "007", "", 3],
        [datetime(2024, 1, 2, 7), date(2024, 1, 2), None, 8, False, "x", "", "?"],
    ]
    workbook(path, [["at", "day", "f", "i", "b", "t", None, "mixed"], *body, [None] * 8], [])
    raw = read_raw(path)
    assert list(raw.columns) == ["at", "day", "f", "i", "b", "t", "unnamed_7", "mixed"]
    assert len(raw) == 2, "an empty row is no row"
    assert raw["at"].tolist() == [pd.Timestamp(row[0]) for row in body]
    assert raw["day"].tolist() == [pd.Timestamp(row[1]) for row in body]
    assert (raw["f"].dtype, raw["i"].dtype, raw["b"].dtype) == ("float64", "int64", "bool")
    assert raw["t"].tolist() == ["007", "x"]
    assert raw["mixed"].tolist() == ["3", "?"]
    with streams.reading(path) as (schema, batches):
        assert schema.names == list(raw.columns)
        assert sum(len(batch) for batch in batches) == 2


def test_a_zip_may_hold_a_workbook(tmp_path):
    stream = io.BytesIO()
    workbook(stream, [["a", "b"], [1, 2.5]])
    zipped(tmp_path / "t.zip", t_dot_xlsx=stream.getvalue())
    assert read_raw(tmp_path / "t.zip").to_numpy().tolist() == [[1, 2.5]]


REFUSED = {
    "two tables": (
        lambda path: zipped(path, a_dot_csv="a\n1\n", b_dot_csv="a\n1\n"),
        "t.zip",
        "t.zip holds 2 tables (a.csv, b.csv): pack only one table",
    ),
    "no table": (lambda path: zipped(path, a_dot_doc="x"), "t.zip", "t.zip holds 0 tables (a.doc)"),
    "two sheets": (
        lambda path: workbook(path, [["a"], [1]], [["b"], [2]]),
        "t.xlsx",
        "t.xlsx has 2 sheets with values (`Sheet0`, `Sheet1`): keep one",
    ),
    "no sheet": (lambda path: workbook(path, []), "t.xlsx", "t.xlsx is empty"),
    "header alone": (lambda path: workbook(path, [["a"]]), "t.xlsx", "t.xlsx has columns and no"),
    "twice": (
        lambda path: workbook(path, [["a", "a"], [1, 2]]),
        "t.xlsx",
        "t.xlsx: column `a` appears twice",
    ),
    "not gzip": (
        lambda path: path.write_bytes(b"a,b\n"),
        "t.csv.gz",
        "t.csv.gz cannot be unpacked",
    ),
    "damaged": (
        lambda path: path.write_bytes(gzip.compress(b"a,b\n" * 999)[:20] + bytes(30)),
        "t.csv.gz",
        "t.csv.gz cannot be unpacked",
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_unpacked_is_one_sentence_with_its_name(tmp_path, monkeypatch, case):
    monkeypatch.chdir(tmp_path)
    make, name, sentence = REFUSED[case]
    make(tmp_path / name)
    for door in (read_raw, lambda path: streams.reading(path).__enter__()):
        if case in {"header alone", "twice"} and door is not read_raw:
            continue
        with pytest.raises(ProjectError) as caught:
            door(tmp_path / name)
        assert str(caught.value).startswith(sentence)
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["t.csv.gz", "t.zip", "t.xlsx"])
def test_a_bomb_is_refused_before_it_fills_the_disk(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    zeros = b"1,2\n" * 25_000_000
    if name.endswith(".gz"):
        (tmp_path / name).write_bytes(gzip.compress(zeros, 9))
    else:
        zipped(tmp_path / name, t_dot_csv=zeros)
    with pytest.raises(ProjectError, match=rf"^{name} unpacks to more than \d+ MB, over 200 times"):
        read_raw(tmp_path / name)


def test_a_table_that_packs_well_is_no_bomb(tmp_path):
    path = tmp_path / "t.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000))
    assert path.stat().st_size * unpack.TIMES < 4_000_000 < unpack.FREE, "beyond the usual ratio"
    assert len(read_raw(path)) == 1_000_000


@pytest.mark.parametrize("name", ["t.csv", "t.tsv", "t.csv.gz", "t.zip", "t.parquet"])
def test_what_is_written_is_read_again(tmp_path, name):
    raw = read_raw(write(tmp_path, "s.csv"))
    write_table(raw, tmp_path / name, ";")
    again = read_raw(tmp_path / name)
    pd.testing.assert_frame_equal(again.reset_index(drop=True), raw.reset_index(drop=True))
    first = (tmp_path / name).read_bytes()
    if not name.endswith(".zip"):
        write_table(raw, tmp_path / name, ";")
        assert (tmp_path / name).read_bytes() == first, "the same bytes for the same table"


def test_a_workbook_is_not_written(tmp_path):
    with pytest.raises(ProjectError, match="workbook, which cannot be written"):
        write_table(read_raw(write(tmp_path, "s.csv")), tmp_path / "t.xlsx", ",")
