"""Event times of a raw table, in UTC to the microsecond."""

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from .columns import Column, encode, numbers

DTYPE = "datetime64[us, UTC]"
CONSTANT = pd.Timestamp("2000-01-01", tz="UTC")  # event time of rows that have none
_ZONED = re.compile(r"\d{1,2}:\d{2}.*(Z|UTC|[+-]\d{2}:?\d{2}|[+-]\d{2})$")


def constant(rows: int) -> "pd.Series":
    """The same event time for every row of a table without time."""
    return pd.Series(
        np.full(rows, CONSTANT.to_datetime64()), dtype="datetime64[us]"
    ).dt.tz_localize("UTC")


def event_times(column: Column, pattern: str | None, hour: Column | None) -> "pd.Series":
    """Return event times; a time without zone is UTC. Raises ProjectError naming line and value."""
    values = column.values
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        times = pd.Series(pd.to_datetime(values, utc=True).dt.tz_localize(None).to_numpy())
        column.first(times.isna().to_numpy(), "but every row needs its event time")
    else:
        times = _parsed(column, pattern)
    times = times.astype("datetime64[us]").dt.tz_localize("UTC")
    if hour is not None:
        hours = numbers(hour, integers=True)
        hour.first(~((hours >= 0) & (hours <= 23)), "not an hour from 0 to 23")
        times = times + pd.Series(hours.astype("timedelta64[h]").astype("timedelta64[us]"))
    return times.astype(DTYPE)


def _parsed(column: Column, pattern: str | None) -> "pd.Series":
    codes, texts = encode(column)
    column.first(codes < 0, "but every row needs its event time")
    if pattern is None and pd.api.types.is_numeric_dtype(column.values.dtype):
        column.first(
            np.ones(len(codes), dtype=bool),
            "a number and no date: say how to read it in data.timestamp_format, like %Y%m%d",
        )
    _refuse_zone_mix(column, codes, texts)
    found = pd.to_datetime(
        pd.Series(texts, dtype=object), format=pattern or "ISO8601", errors="coerce", utc=True
    )
    example = (
        "2024-12-31 or 2024-12-31 23:00"
        if pattern is None
        else f"{pattern} (data.timestamp_format)"
    )
    column.first(found.isna().to_numpy()[codes], f"not a date like {example}")
    return pd.Series(found.dt.tz_localize(None).to_numpy()[codes])


def _refuse_zone_mix(
    column: Column, codes: npt.NDArray[np.intp], texts: npt.NDArray[np.object_]
) -> None:
    zoned = np.array([_ZONED.search(text) is not None for text in texts], dtype=bool)
    if zoned.any() and not zoned.all():
        first = bool(zoned[codes[0]])
        column.first(
            zoned[codes] != first,
            f"{'without' if first else 'with'} a time zone where the rows before it have "
            f"{'one' if first else 'none'}: write all times with a zone, or none",
        )
