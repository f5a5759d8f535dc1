"""The DuckDB that Feast reads features with, through Ibis: limited in memory, closed after use."""

import contextlib
import glob
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import ibis

SPARE = 128 * 2**20  # bytes DuckDB may use beside what the tables ask for


@contextlib.contextmanager
def limited(*tables: Path, copies: Mapping[str, Path] | None = None) -> Iterator[None]:
    """Feast's DuckDB with memory of a few times the tables' size.

    Beyond that it spills to disk, beside the first table. Feast opens one without a limit and
    leaves it open, with everything that it has read. A path names one file here: DuckDB treats `?`,
    `*` and `[` in it as a pattern and would read the table of a similarly named folder. `copies`
    are read in place of the objects that name them.
    """
    limit = SPARE + 2 * sum(table.stat().st_size for table in tables)
    with tempfile.TemporaryDirectory(dir=tables[0].parent, prefix=".duckdb-") as spill:
        backend = ibis.duckdb.connect(
            memory_limit=f"{limit // 2**20}MiB",
            temp_directory=spill,
            preserve_insertion_order=False,
        )
        read = backend.read_parquet

        def literally(path: str, **words: Any) -> ibis.Table:
            return read(glob.escape(str((copies or {}).get(path, path))), **words)

        backend.read_parquet = literally
        ibis.options.default_backend = backend
        try:
            yield
        finally:
            ibis.options.default_backend = None
            del backend.read_parquet
            backend.disconnect()
