"""Find what is wrong with a CSV file, and in which line, after the fast reader failed."""

import csv
from pathlib import Path

import pandas as pd

from ..base.amounts import plural
from ..base.errors import ProjectError
from ..base.files import shown
from .dialects import WORDS

_HEAD = 1 << 16
_MAGIC = {
    b"PAR1": "is a parquet file: name it .parquet",
    b"PK\x03\x04": "is a zip or Excel file: name it .zip or .xlsx",
    b"\xd0\xcf\x11\xe0": "is an old Excel file: save it as .xlsx or CSV",
    b"\x1f\x8b": "is compressed by gzip: name it .csv.gz",
    b"\xff\xfe": "is UTF-16 text: save it as UTF-8",
    b"\xfe\xff": "is UTF-16 text: save it as UTF-8",
}


def check_head(path: Path) -> None:
    """Refuse a file whose first bytes are not UTF-8 text. Raises ProjectError."""
    with path.open("rb") as stream:
        head = stream.read(_HEAD)
    for magic, problem in _MAGIC.items():
        if head.startswith(magic):
            raise ProjectError(f"{shown(path)} {problem}")
    control = sum(head.count(byte) for byte in [*range(9), *range(14, 32)])
    if 0 in head or control > len(head) * 0.02:
        raise ProjectError(f"{shown(path)} holds binary data, not text: export the table as CSV")
    first = head.removeprefix(b"\xef\xbb\xbf").splitlines()[0] if head.strip() else b""
    if not first.strip():
        raise ProjectError(f"{shown(path)} line 1 is blank: the first line names the columns")
    _check_encoding(path, first, 1)


def explain(path: Path, width: int, mark: str = ",") -> None:
    """Raise a ProjectError naming the first faulty line; return if none is found."""
    with path.open("rb") as stream:
        for number, content in enumerate(stream, start=1):
            _check_encoding(path, content, number)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, delimiter=mark, strict=True)
        line = 0
        try:
            for record in reader:
                line, last = reader.line_num, line
                if record and len(record) != width:
                    raise ProjectError(
                        f"{shown(path)} line {last + 1} has {plural(len(record), 'value')}, "
                        f"the header names {plural(width, 'column')}: a {WORDS[mark]} is "
                        "missing, or there is one too many outside quotes"
                    )
        except csv.Error as error:
            raise ProjectError(
                f"{shown(path)} line {line + 1}: a quoted value does not end as it should "
                f"({error}): close the quote"
            ) from None


def line_numbers(path: Path, rows: int, width: int, mark: str = ",") -> pd.Index:
    """The line in which each record starts; the header is line 1."""
    lines, last = 0, b"\n"
    with path.open("rb") as stream:
        while block := stream.read(1 << 22):
            lines += block.count(b"\n")
            last = block[-1:]
    if lines + (last != b"\n") == rows + 1:
        return pd.RangeIndex(2, rows + 2, name="line")
    explain(path, width, mark)  # blank lines, or values of several lines: is every quote closed?
    numbers, line = [], 0
    with path.open(encoding="utf-8-sig", newline="") as stream:
        reader = csv.reader(stream, delimiter=mark)
        for record in reader:
            if record:
                numbers.append(line + 1)
            line = reader.line_num
    found = numbers[1:]
    if len(found) != rows:  # two readers that do not agree on what a row is
        return pd.RangeIndex(1, rows + 1, name="row")
    return pd.Index(found, name="line")


def _check_encoding(path: Path, line: bytes, number: int) -> None:
    try:
        line.decode("utf-8")
    except UnicodeDecodeError as error:
        byte = line[error.start]
        raise ProjectError(
            f"{shown(path)} line {number} is not UTF-8 text (byte 0x{byte:02x}, perhaps Latin-1): "
            "save the file as UTF-8"
        ) from None
