"""Read and write Parquet, by column or in groups of rows to keep memory low."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ..base.errors import ProjectError
from ..base.files import shown

ROWS = 100_000  # of a row group
_WHOLE = {pa.int64(): pd.Int64Dtype(), pa.uint64(): pd.UInt64Dtype()}


def read(
    path: Path,
    columns: Sequence[str] | None = None,
    types: Callable[[pa.DataType], Any] | None = None,
    advice: str = "delete it and run again",
) -> pd.DataFrame:
    """Read one column after the other; `types` maps Arrow types to pandas types.

    Raises ProjectError with `advice` for a damaged file.
    """
    with _faults(path, advice), pq.ParquetFile(path, pre_buffer=False) as file:
        table = {
            name: _pandas(file.read([name], use_threads=False).column(name), types)
            for name in (file.schema_arrow.names if columns is None else columns)
        }
    return pd.DataFrame(table, copy=False)


def _pandas(column: pa.ChunkedArray, types: Callable[[pa.DataType], Any] | None) -> "pd.Series":
    """A column in pandas; whole numbers with gaps stay whole, because float64 rounds long ones."""
    mapped = _WHOLE.get if column.null_count and column.type in _WHOLE else types
    return column.to_pandas(types_mapper=mapped)


def names(path: Path, advice: str) -> list[str]:
    """Column names. Raises ProjectError with `advice` for a damaged file."""
    with _faults(path, advice):
        return list(pq.read_schema(path).names)


@contextmanager
def _faults(path: Path, advice: str) -> Iterator[None]:
    try:
        yield
    except (pa.ArrowInvalid, OSError) as error:
        reason = str(error).splitlines()[0]
        raise ProjectError(
            f"{shown(path)} is not a complete parquet file ({reason:.120}): {advice}"
        ) from error


def write(table: pd.DataFrame, path: Path) -> None:
    """Write a table, the same bytes for the same values; category order is not kept."""
    schema = pa.Schema.from_pandas(table, preserve_index=False)
    texts = [name for name, kind in table.dtypes.items() if kind == "object"]
    with pq.ParquetWriter(path, schema, compression="zstd", use_dictionary=texts) as writer:
        for start in range(0, max(len(table), 1), ROWS):
            rows = table.iloc[start : start + ROWS]
            writer.write_table(pa.Table.from_pandas(rows, schema, preserve_index=False))
