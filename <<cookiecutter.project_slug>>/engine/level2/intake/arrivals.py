"""Arriving tables: when a file is complete, and how its rows are merged."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..base.errors import ProjectError
from ..data.canonical import renamed, times
from ..data.columns import Column, keys, text_of
from ..data.contract import ALL, DataContract
from ..data.number_format import written
from ..data.time_names import NAMED
from ..data.time_written import written as written_time

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


def as_texts(table: pd.DataFrame, contract: DataContract) -> pd.DataFrame:
    """Numbers and times of a workbook in the notation of the contract's raw table."""
    forms = {name: item.format for name, item in contract.features.items()}
    forms[contract.target] = contract.target_format
    out = table.copy(deep=False)
    for column in table.columns:
        values, name = table[column], contract.rename.get(column, column)
        if isinstance(values.dtype, pd.StringDtype):
            continue
        form = forms.get(name)
        if pd.api.types.is_datetime64_any_dtype(values.dtype):
            texts = _moments(values, contract if name == contract.event_timestamp else None)
        elif form is not None:
            texts = [written(value, form) for value in values.astype("float64")]
        else:
            texts = [text_of(value) for value in values]
        out[column] = pd.array(texts, dtype=pd.StringDtype("pyarrow"))
    return out


def _moments(values: "pd.Series", contract: DataContract | None) -> list[str]:
    """Times of a workbook as texts: those of the event time in the contract's notation."""
    pattern = contract.timestamp_format if contract else None
    if contract is None or pattern not in NAMED:
        texts: list[str] = values.dt.strftime(pattern or "%Y-%m-%d %H:%M:%S").fillna("").tolist()
        return texts
    plain = contract.model_copy(update={"timezone": None, "event_hour": None})
    moments = values.dt.tz_localize("UTC") if values.dt.tz is None else values
    return ["" if time is pd.NaT else str(*written_time(plain, time).values()) for time in moments]


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
