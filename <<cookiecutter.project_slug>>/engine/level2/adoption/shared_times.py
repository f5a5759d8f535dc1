"""Rows that share a time: independent events, or mistakes in a regular series."""

import re

import numpy as np
import pandas as pd

from ..data.columns import Column, encode
from .spans import frequency_of
from .time_columns import When

REGULAR_SHARE = 0.99  # of rows with a time of their own: the others are slips of the pen
_PERIOD = r"(1|7)D|B|\d+h|(1|5|10|15|20|30)min|(M|2?Q|Y)[SE](-\w+)?"


def groups_of(
    raw: pd.DataFrame, entity: str | None
) -> tuple["np.ndarray[tuple[int], np.dtype[np.intp]]", tuple[str, ...]]:
    """Entity codes of shape (n,), 0 for a single series; and the sorted entity names."""
    if entity is None:
        return np.zeros(len(raw), dtype=np.intp), ()
    codes, texts = encode(Column(raw[entity], entity, ""))
    return np.where(codes < 0, 0, codes), tuple(sorted(text for text in texts if text))


def shared_rows(raw: pd.DataFrame, times: "pd.Series", entity: str | None) -> int:
    """Rows that share their time, and entity if there is one, with another row."""
    table = pd.DataFrame({"time": times.astype("int64").to_numpy()})
    if entity is not None:
        table["entity"] = encode(Column(raw[entity], entity, ""))[0]
    return int(table.duplicated(keep=False).sum())


def slips(raw: pd.DataFrame, clock: "pd.Series", entity: str | None, shared: int) -> bool:
    """Whether the few rows that share a time are mistakes in a regular series, not events."""
    frequency = frequency_of(clock, groups_of(raw, entity)[0])
    usual = frequency is not None and re.fullmatch(_PERIOD, frequency) is not None
    return usual and shared <= 2 * (1 - REGULAR_SHARE) * len(raw)


def twice(
    raw: pd.DataFrame,
    times: "pd.Series",
    when: When,
    entity: str | None,
    source: str,
    asked: bool,
) -> str:
    """A sentence about the first two rows with the same time and entity, given or found."""
    table = pd.DataFrame({"time": times.astype("int64").to_numpy()})
    table["entity"] = encode(Column(raw[entity], entity, ""))[0] if entity else 0
    groups = table.groupby(["time", "entity"], sort=False).indices
    first, other = next(rows for rows in groups.values() if len(rows) > 1)[:2]
    word = raw.index.name or "row"
    who = f"{entity} `{raw[entity].iloc[first]}` and " if entity else ""
    moment = " ".join(str(raw[name].iloc[first]) for name in when.columns)
    hint = ", or leave ENTITY out to take rows as independent" if asked else ""
    if ":" in moment:
        hint += " (where a clock was set back, write times with their offset from UTC)"
    return (
        f"{source} {word}s {raw.index[first]} and {raw.index[other]} both have {who}"
        f"{when.name} {moment}: keep one{hint}"
    )
