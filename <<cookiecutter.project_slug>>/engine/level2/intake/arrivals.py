"""Arriving tables: when a file is complete, whether it has arrived before, how rows are merged."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..base.errors import ProjectError
from ..data.canonical import renamed, times
from ..data.columns import Column, keys
from ..data.contract import ALL, DataContract

TEXTS = (".csv", ".tsv", ".txt")
TABLES = (*TEXTS, ".parquet", ".xlsx", ".gz", ".zip")
SENT = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".filepart", ".download")
ENDS = {**dict.fromkeys(TEXTS, (b"\n", b"\r")), ".parquet": (b"PAR1",)}  # of a whole table
ZIPPED = (".zip", ".xlsx")
DIRECTORY = b"PK\x05\x06"  # begins the last record of a zip, which a comment of 64 KB may follow
ARCHIVE = b"PK\x03\x04"  # first bytes of a zip, and of what Excel writes


class Look(NamedTuple):
    """File properties that show whether it has changed."""

    modified: int  # nanoseconds
    size: int
    inode: int


class Stillness:
    """Finds files that have not changed for `seconds`."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._since: dict[str, tuple[Look, float]] = {}

    def look(self, found: Mapping[str, Look], now: float) -> list[str]:
        """Names of the unchanged files, the oldest first."""
        before, self._since = self._since, {}
        for name, look in found.items():
            known = before.get(name)
            self._since[name] = known if known and known[0] == look else (look, now)
        still = [name for name, (_, since) in self._since.items() if now - since >= self._seconds]
        return sorted(still, key=lambda name: (found[name].modified, name))


def is_table(name: str) -> bool:
    """Whether a name is that of a table, and not of a file still being sent."""
    return name.lower().endswith(TABLES) and not name.startswith((".", "~"))


def is_left(name: str) -> bool:
    """Whether a name is that of something else, and not of a file still being sent."""
    return not name.lower().endswith((*TABLES, *SENT)) and not name.startswith((".", "~"))


@dataclass(frozen=True)
class Arrived:
    """The record of tables by the digest of their content: name, time, and how their run ended.

    `run` is None while a table is placed, and "" until a run has used it.
    """

    tables: Mapping[str, dict[str, Any]]

    def again(self, key: str, name: str) -> str:
        """What to say of a table that arrives a second time, whatever its name; "" of a new one."""
        if key not in self.tables or self.begun(key):
            return ""
        return f"{name} has the content of {self.tables[key]['name']}: nothing to do"

    def begun(self, key: str) -> bool:
        """Whether a killed process has begun to place the table."""
        return key in self.tables and self.tables[key]["run"] is None

    def noted(self, key: str, name: str, at: str, run: str | None) -> "Arrived":
        """With a table noted."""
        return Arrived({**self.tables, key: {"name": name, "at": at, "run": run}})

    def waiting(self) -> list[str]:
        """Digests of the tables that were placed but not used in a run yet."""
        return [key for key, item in self.tables.items() if item["run"] == ""]

    def ended(self, keys: Iterable[str], run: str) -> "Arrived":
        """With how the run for these tables ended."""
        done = {key: {**self.tables[key], "run": run} for key in keys}
        return Arrived({**self.tables, **done})


@dataclass(frozen=True)
class Merged:
    """The raw table with the new rows."""

    table: pd.DataFrame
    added: int
    replaced: int
    changed: bool


def merge(old: pd.DataFrame | None, new: pd.DataFrame, contract: DataContract) -> Merged:
    """Add rows to the existing ones; a row with a known entity and time replaces the old one.

    Independent rows are added, except exact duplicates. Without entity and time, rows cannot be
    matched, so the new table replaces the old one. Raises ProjectError if the columns differ.
    """
    if old is None or not (contract.has_time or contract.entity):
        changed = old is None or not _same(old, new)
        return Merged(new, len(new), 0, changed)
    if set(old.columns) != set(new.columns):
        raise ProjectError(_differing(old, new, contract))
    new = new[list(old.columns)]
    if contract.independent_rows:
        fresh = new[~_there(old, new)]
        table = pd.concat([old, fresh], ignore_index=True)
        return Merged(table, len(fresh), 0, bool(len(fresh)))
    there, came = _named(old, contract), _named(new, contract)
    known = there.isin(came)
    replaced = int(came.isin(there).sum())
    added = len(new) - replaced
    same = not added and _same(_sorted(old[known], there[known]), _sorted(new, came))
    table = pd.concat([old[~known], new], ignore_index=True)
    return Merged(table, added, replaced, not same)


def _there(old: pd.DataFrame, new: pd.DataFrame) -> "pd.Series[bool]":
    """Which new rows are already in the old table, counted as often as they occur."""
    names = list(old.columns)

    def counted(table: pd.DataFrame) -> pd.MultiIndex:
        plain = table.astype("string").fillna("")
        return pd.MultiIndex.from_frame(plain.assign(_copy=plain.groupby(names).cumcount()))

    return pd.Series(counted(new).isin(counted(old)), index=new.index)


def _named(raw: pd.DataFrame, contract: DataContract) -> pd.MultiIndex:
    """The key of each row: entity and event time. Raises ProjectError if one is missing."""
    table = renamed(raw, contract)

    def column(name: str) -> Column:
        return Column(table[name], name, contract.source, contract.missing_markers)

    entity = keys(column(contract.entity)) if contract.entity else np.full(len(raw), ALL)
    return pd.MultiIndex.from_arrays([entity, times(table, contract)])


def _sorted(table: pd.DataFrame, names: pd.MultiIndex) -> pd.DataFrame:
    return table.iloc[names.argsort()]


def _same(one: pd.DataFrame, two: pd.DataFrame) -> bool:
    if list(one.columns) != list(two.columns):
        return False
    return bool(one.reset_index(drop=True).equals(two.reset_index(drop=True)))


def _differing(old: pd.DataFrame, new: pd.DataFrame, contract: DataContract) -> str:
    missing = [f"`{name}`" for name in old.columns if name not in new.columns]
    more = [f"`{name}`" for name in new.columns if name not in old.columns]
    parts = [f"lacks {', '.join(missing[:5])}"] if missing else []
    parts += [f"has {', '.join(more[:5])} too"] if more else []
    return (
        f"{contract.source} {' and '.join(parts)}: a new table needs the columns of the raw table"
    )
