"""The further tables of the contract: fetched, typed, written for Feast, joined to the main one."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..base import s3
from ..base.errors import ProjectError
from ..base.files import atomic, digest
from ..data import parquet
from ..data.contract import DataContract
from ..data.featurize import Featurize
from ..data.raw_rows import Raw
from ..data.source_columns import columns_of, join_keys, read_of, windowed
from ..data.source_rows import typed
from ..data.tables import read_raw, read_typed
from ..features.feast_project import Knobs
from ..features.known_from import usable
from ..features.windows import changes
from ..workspace import Workspace

Lookup = Callable[[pd.DataFrame], pd.DataFrame]


class Sections(NamedTuple):
    """The two sections that define the features, as a model recorded them."""

    data: DataContract
    featurize: Featurize


def fetched(workspace: Workspace, contract: DataContract) -> dict[str, dict[str, Any]]:
    """By source its address, MD5 and version in its store, as files that are now there.

    An object is downloaded again. Raises ProjectError if one cannot be had.
    """
    found = {}
    for name, item in contract.sources.items():
        path = workspace.source_file(item.path)
        version = s3.download(item.path, path) if item.remote else None
        if path.is_file():
            md5 = digest(path, "md5")
            found[name] = {"source": item.path, "md5": md5, "version": version}
    return found


def written(workspace: Workspace, contract: DataContract) -> dict[str, pd.DataFrame]:
    """By source its typed table; written where Feast's views read it, at the times that count.

    Raises ProjectError for a table that does not fit the contract.
    """
    found = {}
    for name in contract.sources:
        table = typed(_read(workspace, contract, name), contract, name)
        if windowed(contract, name):
            table = changes(table, columns_of(contract, name))
        with atomic(workspace.sources / f"{name}.parquet") as temporary:
            parquet.write(usable(table, contract, name), temporary)
        found[name] = table
    return found


def joined(workspace: Workspace, sections: Knobs, table: pd.DataFrame) -> pd.DataFrame:
    """The main table with the sources' columns as known at each row's time. Raises ProjectError."""
    whole = {**table, **_lookup(workspace, sections)(table)}
    return pd.DataFrame({name: whole[name] for name in sections.data.columns()}, copy=False)


@contextmanager
def lookup(root: Path, raw: Raw | None) -> Iterator[Lookup | None]:
    """A function that gives the sources' columns of typed rows; None if a model has no sources.

    It works apart from the project in `root`, whose tables it reads, and reads them when it is
    called first. Raises ProjectError.
    """
    if raw is None or not raw.contract.sources:
        yield None
        return
    sections = Sections(raw.contract, raw.settings)
    with tempfile.TemporaryDirectory() as folder:
        opened: list[Lookup] = []

        def known(table: pd.DataFrame) -> pd.DataFrame:
            if not opened:
                opened.append(_lookup(Workspace(root, Path(folder)), sections))
            return opened[0](table)

        yield known


def _lookup(workspace: Workspace, sections: Knobs) -> Lookup:
    from ..features import feast  # seconds: only for a contract with sources

    written(workspace, sections.data)
    store = feast.open_store(workspace, sections)
    return lambda table: feast.join_sources(store, sections, table)


def _read(workspace: Workspace, contract: DataContract, name: str) -> pd.DataFrame:
    """The columns of a source as they are in its file."""
    item = contract.sources[name]
    path = workspace.source_file(item.path)
    if not path.is_file():
        if not item.remote:
            raise ProjectError(
                f"{item.path} (data.sources.{name}) is missing: `make pull` fetches it"
            )
        s3.download(item.path, path)
    numbers, texts = _kinds(contract, name)
    raw = read_typed(path, numbers, texts, item.missing_markers, item.delimiter)
    return read_raw(path, item.delimiter) if raw is None else raw


def _kinds(contract: DataContract, name: str) -> tuple[list[str], list[str]]:
    """Columns of the file to read as numbers and as texts."""
    item, features = contract.sources[name], read_of(contract, name)
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
