"""The plain table in a file: unpacked from gzip or zip, or read from an Excel workbook."""

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, time
from pathlib import Path
from typing import IO, Any, BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq

from ..base.errors import ProjectError
from ..base.files import shown

TEXTS = (".csv", ".tsv", ".txt")
PLAIN = (*TEXTS, ".parquet")
PACKED = (".gz", ".zip", ".xlsx")
KINDS = "a .csv, .tsv, .txt, .parquet or .xlsx file, or a .gz or .zip of one"
FREE = 64 * 2**20  # bytes that may always be unpacked
TIMES = 200  # times the packed size that may be beyond: tables are 5 to 50
MOST = 16 * 2**30
_BLOCK = 2**20


def kind(path: Path) -> str:
    """The extension that says how to read the plain table; for packed files that of the content."""
    endings = [ending.lower() for ending in path.suffixes[-2:]]
    if endings[-1:] == [".gz"]:
        return endings[0] if len(endings) == 2 and endings[0] in PLAIN else ".csv"
    return endings[-1] if endings else ""


@contextmanager
def plain(path: Path) -> Iterator[Path]:
    """Yield a plain .csv, .tsv, .txt or .parquet file for `path`, possibly `path` itself.

    A workbook becomes parquet, because its numbers and dates are not texts. Errors about the
    unpacked file name `path`. Raises ProjectError if it cannot be unpacked.
    """
    if path.suffix.lower() not in PACKED or not path.is_file():
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        made = _unpacked(path, Path(folder))
        try:
            yield made
        except ProjectError as error:
            said = str(error).replace(str(shown(made)), str(shown(path)))
            raise ProjectError(said.replace(str(made), str(shown(path)))) from error


def _unpacked(path: Path, folder: Path) -> Path:
    try:
        if path.suffix.lower() == ".gz":
            made = folder / f"table{kind(path)}"
            with gzip.open(path) as stream:
                _copy(cast(BinaryIO, stream), made, path)
            return made
        if path.suffix.lower() == ".zip":
            return _from_zip(path, folder)
        return _workbook(path, folder)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise ProjectError(
            f"{shown(path)} cannot be unpacked ({reason:.120}): copy or export it again"
        ) from error


def _copy(stream: BinaryIO | IO[bytes], made: Path | None, path: Path, before: int = 0) -> int:
    """Unpack to `made`, or only count the bytes. Raises ProjectError if there are far too many."""
    most = min(MOST, FREE + TIMES * path.stat().st_size)
    size = before
    with (made or Path("/dev/null")).open("wb") as out:
        while block := stream.read(_BLOCK):
            size += len(block)
            if size > most:
                raise ProjectError(
                    f"{shown(path)} unpacks to more than {most >> 20:,} MB, over {TIMES} times its "
                    "size: it is taken for a decompression bomb, unpack it yourself if it is not"
                )
            out.write(block)
    return size


def _from_zip(path: Path, folder: Path) -> Path:
    with zipfile.ZipFile(path) as archive:
        names = [
            item for item in archive.infolist() if not item.is_dir() and not _hidden(item.filename)
        ]
        tables = [item for item in names if Path(item.filename).suffix.lower() in (*PLAIN, ".xlsx")]
        if len(tables) != 1:
            held = ", ".join(item.filename for item in names[:5]) or "nothing"
            raise ProjectError(
                f"{shown(path)} holds {len(tables)} tables ({held}): pack only one table"
            )
        if tables[0].flag_bits & 1:
            raise ProjectError(f"{shown(path)} is encrypted: unpack it with its password first")
        made = folder / f"table{Path(tables[0].filename).suffix.lower()}"
        with archive.open(tables[0]) as stream:
            _copy(stream, made, path)
    return _workbook(made, folder) if made.suffix == ".xlsx" else made


def _hidden(name: str) -> bool:
    return name.startswith("__MACOSX/") or Path(name).name.startswith(".")


def _workbook(path: Path, folder: Path) -> Path:
    """The only sheet with values, as parquet."""
    from python_calamine import CalamineError, CalamineWorkbook, PasswordError

    with zipfile.ZipFile(path) as archive:  # before a reader holds it all in memory
        size = 0
        for item in archive.infolist():
            with archive.open(item) as stream:
                size = _copy(stream, None, path, size)
    try:
        with CalamineWorkbook.from_path(str(path)) as book:
            sheets = {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    except PasswordError:
        raise ProjectError(f"{shown(path)} is encrypted: save it without a password") from None
    except CalamineError as error:
        raise ProjectError(
            f"{shown(path)} is not an Excel workbook that can be read ({error!s:.120}): "
            "save it again"
        ) from error
    filled = {name: rows for name, rows in sheets.items() if rows}
    if not filled:
        raise ProjectError(f"{shown(path)} is empty: it needs a header line and rows")
    if len(filled) > 1:
        names = ", ".join(f"`{name}`" for name in list(filled)[:5])
        raise ProjectError(
            f"{shown(path)} has {len(filled)} sheets with values ({names}): keep one, or save the "
            "sheet as CSV"
        )
    made = folder / "sheet.parquet"
    pq.write_table(_sheet(next(iter(filled.values()))), made)
    return made


def _sheet(rows: list[list[Any]]) -> pa.Table:
    """The first row names the columns; a column is numbers, times, booleans or texts."""
    head, *body = rows
    body = [row for row in body if any(cell != "" for cell in row)]
    names = [str(_text(name) or "").strip() or f"unnamed_{n}" for n, name in enumerate(head, 1)]
    columns = zip(*body, strict=True) if body else [()] * len(names)
    return pa.Table.from_arrays([_column(list(cells)) for cells in columns], names=names)


def _column(cells: list[Any]) -> pa.Array:
    known = [cell for cell in cells if cell != ""]
    kinds = {type(cell) for cell in known}
    values = [None if cell == "" else cell for cell in cells]
    if kinds and kinds <= {int, float}:
        whole = all(float(value).is_integer() and abs(value) < 1e15 for value in known)
        if whole and len(known) == len(cells):
            return pa.array([int(value) for value in known], pa.int64())
        return pa.array([None if value is None else float(value) for value in values], pa.float64())
    if kinds == {bool}:
        return pa.array(values, pa.bool_())
    if kinds and kinds <= {date, datetime}:
        return pa.array([_moment(value) for value in values], pa.timestamp("us"))
    return pa.array([None if value is None else _text(value) for value in values], pa.string())


def _moment(value: date | None) -> datetime | None:
    if value is None or isinstance(value, datetime):
        return value
    return datetime.combine(value, time())


def _text(value: Any) -> str:
    """A cell in a text column: whole numbers without a decimal point, dates as ISO 8601."""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)
