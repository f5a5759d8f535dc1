"""The further tables of the contract: fetched, typed, written for Feast, joined to the main one."""

from pathlib import Path
from typing import Any

import pandas as pd

from ..base import s3
from ..base.files import atomic, digest
from ..data import parquet
from ..data.contract import DataContract
from ..data.source_rows import columns_of, join_keys, typed
from ..data.tables import read_raw, read_typed
from ..project import Context


def fetched(context: Context) -> dict[str, dict[str, Any]]:
    """By source its address, MD5 and version in its store, as files that are now there.

    An object is downloaded again. Raises ProjectError if one cannot be had.
    """
    found = {}
    for name, item in context.params.data.sources.items():
        path = context.workspace.source_file(item.path)
        version = s3.download(item.path, path) if item.remote else None
        if path.is_file():
            md5 = digest(path, "md5")
            found[name] = {"source": item.path, "md5": md5, "version": version}
    return found


def written(context: Context) -> dict[str, pd.DataFrame]:
    """By source its typed table, also written where Feast's views read it.

    Raises ProjectError for a table that does not fit the contract.
    """
    found = {}
    for name in context.params.data.sources:
        table = typed(_read(context, name), context.params.data, name)
        with atomic(context.workspace.sources / f"{name}.parquet") as temporary:
            parquet.write(table, temporary)
        found[name] = table
    return found


def joined(context: Context, table: pd.DataFrame) -> pd.DataFrame:
    """The main table with the sources' columns as known at each row's time. Raises ProjectError."""
    from ..features import feast  # seconds: only for a contract with sources

    written(context)
    store = feast.open_store(context.workspace, context.params)
    found = feast.join_sources(store, context.params, table)
    whole = {**table, **found}
    return pd.DataFrame({name: whole[name] for name in context.params.data.columns()}, copy=False)


def _read(context: Context, name: str) -> pd.DataFrame:
    """The columns of a source as they are in its file."""
    contract = context.params.data
    item, path = contract.sources[name], _here(context, name)
    numbers, texts = _kinds(contract, name)
    raw = read_typed(path, numbers, texts, item.missing_markers, item.delimiter)
    return read_raw(path, item.delimiter) if raw is None else raw


def _here(context: Context, name: str) -> Path:
    """The file of a source; an object is downloaded if this workspace does not have it yet."""
    item = context.params.data.sources[name]
    path = context.workspace.source_file(item.path)
    if item.remote and not path.is_file():
        s3.download(item.path, path)
    return path


def _kinds(contract: DataContract, name: str) -> tuple[list[str], list[str]]:
    """Columns of the file to read as numbers and as texts."""
    item, features = contract.sources[name], columns_of(contract, name)
    plain = [
        column
        for column, feature in features.items()
        if feature.type in {"float", "int"} and feature.format is None
    ]
    keys = [*join_keys(contract, item).values()] if item.entity else []
    times = [known for known in (item.event_timestamp, item.created_timestamp) if known]
    texts = dict.fromkeys([*keys, *times, *(column for column in features if column not in plain)])
    return [item.raw.get(known, known) for known in plain], [
        item.raw.get(known, known) for known in texts
    ]
