"""`ingest`: the raw table into typed, sorted rows, one per (entity, event_timestamp)."""

from pathlib import Path

import pandas as pd

from ...base import s3
from ...base.amounts import plural
from ...base.files import atomic, digest, write_json
from ...data import parquet
from ...data.canonical import needed, ordered, typed
from ...data.contract import ROW_ID, SERIES, TIMESTAMP, DataContract
from ...data.tables import read_raw, read_typed
from ...data.times import shown
from ...project import Context
from .. import source_tables


def run(context: Context) -> str:
    """Write the ingested table; return a one-line summary."""
    contract = context.params.data
    table, rows = read(context, fetched(context))
    with atomic(context.workspace.ingested) as temporary:
        parquet.write(table, temporary)
    return summary(table, contract, rows - len(table))


def read(context: Context, path: Path) -> tuple[pd.DataFrame, int]:
    """The raw table typed and in order, with the columns of its sources, and its number of rows.

    Raises ProjectError.
    """
    contract = context.params.data.alone
    raw = read_typed(path, *needed(contract), contract.missing_markers, contract.delimiter)
    if raw is None:  # something does not fit: the slow reader finds the value to blame
        raw = read_raw(path, contract.delimiter)
    rows = len(raw)
    table, lines = typed(raw, contract, context.params.validate_.max_missing)
    del raw  # ordered holds one table then, not two
    table = ordered(table, lines, contract)
    if context.params.data.sources:
        table = source_tables.joined(context.workspace, context.params, table)
    return table, rows


def fetched(context: Context) -> Path:
    """The raw table as a file, downloaded if it is an object; records its address and digest."""
    source, path = context.params.data.source, context.workspace.source(context.params)
    remote = context.params.data.remote
    version = s3.download(source, path) if remote else None
    if path.is_file():
        origin = {"source": source, "md5": digest(path, "md5"), "version": version}
        further = source_tables.fetched(context.workspace, context.params.data)
        write_json(context.workspace.raw, {**origin, **({"sources": further} if further else {})})
    return path


def summary(table: pd.DataFrame, contract: DataContract, dropped: int = 0) -> str:
    """Rows, entities and period of an ingested table."""
    parts = [plural(len(table), "row")]
    if contract.entity_column not in {ROW_ID, SERIES}:
        parts.append(plural(table[contract.entity_column].nunique(), contract.entity_column))
    if contract.has_time:
        ends = (shown(table[TIMESTAMP].iloc[place], contract.timezone)[:10] for place in (0, -1))
        parts.append(" … ".join(ends))
    else:
        parts.append(plural(len(contract.features), "feature"))
    if dropped:
        parts.append(f"{dropped:,} without target dropped")
    return " · ".join(parts)
