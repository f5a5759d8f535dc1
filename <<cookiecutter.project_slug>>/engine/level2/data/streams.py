"""Tables as streams: CSV and parquet, a few thousand rows at a time."""

import csv
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.csv as pc
import pyarrow.parquet as pq

from ..base.errors import ProjectError
from ..base.files import atomic, shown
from .dialects import delimiter
from .tables import header
from .unpack import KINDS, PACKED, PLAIN, plain

ROWS = 20_000
_WRITTEN = {".csv", ".parquet"}
_TEXT = pd.StringDtype("pyarrow")
_types = {pa.string(): _TEXT, pa.large_string(): _TEXT}.get


@contextmanager
def reading(
    path: Path, usual: str | None = None
) -> Iterator[tuple[pa.Schema, Iterator[pa.RecordBatch]]]:
    """Yield the schema and the batches; CSV values are texts. Raises ProjectError.

    `usual` is the delimiter if the file itself does not show it.
    """
    if path.suffix.lower() not in (*PLAIN, *PACKED):
        raise ProjectError(f"{shown(path)} is not {KINDS}: save the table as one of them")
    if not path.is_file():
        raise ProjectError(f"{shown(path)} is missing: name the table to predict")
    with plain(path) as file:
        suffix = file.suffix.lower()
        try:
            if suffix == ".parquet":
                with pq.ParquetFile(file, pre_buffer=False) as table:
                    yield table.schema_arrow, table.iter_batches(ROWS)
            else:
                mark = _mark(file, usual)
                names = header(file, mark)
                schema = pa.schema([(name, pa.string()) for name in names])
                yield schema, _csv(file, names, schema, mark)
        except pa.ArrowInvalid as error:
            reason = (str(error).splitlines() or [""])[0]
            raise ProjectError(
                f"{shown(path)} cannot be read as {suffix[1:]} ({reason:.160}): export it again"
            ) from error


@contextmanager
def writing(path: Path, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], Any]]:
    """Yield a function that writes a batch; the file is written atomically. Raises ProjectError."""
    writer = pq.ParquetWriter if _suffix(path) == ".parquet" else pc.CSVWriter
    with atomic(path) as temporary, writer(temporary, schema) as file:
        yield file.write_batch if isinstance(file, pq.ParquetWriter) else file.write


def frame(batch: pa.RecordBatch, names: list[str], start: int) -> pd.DataFrame:
    """The named columns of a batch in pandas; the index counts the rows of the whole table."""
    found = batch.select(names).to_pandas(types_mapper=_types)
    found.index = pd.RangeIndex(start + 1, start + 1 + len(found), name="row")
    return found


def extended(batch: pa.RecordBatch, columns: list[Any], schema: pa.Schema) -> pa.RecordBatch:
    """A batch with additional columns at its end."""
    more = [pa.array(column) for column in columns]
    return pa.RecordBatch.from_arrays([*batch.columns, *more], schema=schema)


def _csv(path: Path, names: list[str], schema: pa.Schema, mark: str) -> Iterator[pa.RecordBatch]:
    """Batches of texts. Arrow's own streaming reader uses memory that grows with the file."""
    with path.open(encoding="utf-8-sig", newline="") as stream:
        lines = csv.reader(stream, delimiter=mark, strict=True)
        try:
            next(lines)
            while rows := list(itertools.islice(lines, ROWS)):
                rows = [row for row in rows if row]  # an empty line is no row
                for row in rows:
                    if len(row) != len(names):
                        raise ProjectError(
                            f"{shown(path)} near line {lines.line_num}: a row has {len(row)} "
                            f"fields, the header {len(names)}: export the table again"
                        )
                columns = zip(*rows, strict=True) if rows else [[]] * len(names)
                arrays = [pa.array(column, pa.string()) for column in columns]
                yield pa.RecordBatch.from_arrays(arrays, schema=schema)
        except (csv.Error, UnicodeDecodeError) as error:
            raise ProjectError(
                f"{shown(path)} near line {lines.line_num} cannot be read as csv ({error!s:.160}): "
                "export the table again as UTF-8"
            ) from error


def _mark(path: Path, usual: str | None) -> str:
    try:
        return delimiter(path)
    except ProjectError:
        if usual is None:
            raise
        return usual


def _suffix(path: Path) -> str:
    suffix = path.suffix.lower()
    if suffix not in _WRITTEN:
        raise ProjectError(f"{shown(path)} is not a .csv or .parquet file: give it that ending")
    return suffix
