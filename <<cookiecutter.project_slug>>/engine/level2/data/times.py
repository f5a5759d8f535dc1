"""Event times of a raw table, in UTC to the microsecond."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from .column_numbers import numbers
from .columns import Column, encode
from .time_formats import OFFSET, plainer, read_texts
from .time_names import EPOCHS, NAMED
from .zones import fixed, instants, local, zone_of_offsets

DTYPE = "datetime64[us, UTC]"
CONSTANT = pd.Timestamp("2000-01-01", tz="UTC")  # event time of rows that have none
EXAMPLES: dict[str | None, str] = {
    None: "2024-12-31 or 2024-12-31 23:00",
    "excel": "45292, a day as Excel counts them (excel)",
    "quarter": "2024Q4 or Q4 2024",
    "half_year": "2024-H2",
    "iso_week": "2024-W52",
    "year_quarter": "2024-4, year and quarter (year_quarter)",
    "year_half": "2024-2, year and half (year_half)",
    "year_week": "2024-52, year and week (year_week)",
    **{name: f"a whole number ({name})" for name in EPOCHS},
}


def constant(rows: int) -> "pd.Series":
    """The same event time for every row of a table without time."""
    return pd.Series(
        np.full(rows, CONSTANT.to_datetime64()), dtype="datetime64[us]"
    ).dt.tz_localize("UTC")


def event_times(
    columns: Column | Sequence[Column],
    pattern: str | None,
    hour: Column | None = None,
    zone: str | None = None,
    first_hour: int = 0,
) -> "pd.Series":
    """Return event times of shape (n,), in UTC.

    Several columns are joined by a space and read as one text. A time without an offset is in
    `zone`, or UTC if that is None. `hour` holds whole hours of a day, 0 to 23, or 1 to 24 if
    `first_hour` is 1: then 24 is the end of the day. Raises ProjectError naming line and value.
    """
    column = joined([columns] if isinstance(columns, Column) else list(columns))
    values = column.values
    if pd.api.types.is_datetime64_any_dtype(values.dtype):
        aware = values.dt.tz is not None
        column.first(values.isna().to_numpy(), "but every row needs its event time")
        naive = pd.to_datetime(values, utc=True).dt.tz_localize(None).to_numpy("datetime64[us]")
        times = pd.Series(naive).dt.tz_localize("UTC")
    else:
        times, aware = _parsed(column, pattern)
    if hour is not None:
        hours = numbers(hour, integers=True)
        last = first_hour + 23
        outside = ~((hours >= first_hour) & (hours <= last))
        hour.first(outside, f"not an hour from {first_hour} to {last}")
        times = times + pd.Series(hours.astype("timedelta64[h]").astype("timedelta64[us]"))
    if zone is not None and not aware:
        times = instants(local(times, None), zone)
    return times.astype(DTYPE)


def joined(columns: Sequence[Column]) -> Column:
    """Several columns joined as texts: `2024`, `Jan` become `2024 Jan`; empty if one is."""
    if len(columns) == 1:
        return columns[0]
    codes, texts = encode(columns[0])
    for column in columns[1:]:
        more, others = encode(column)
        width = len(others) + 1
        pairs, keys = pd.factorize(codes * width + np.where(more < 0, width - 1, more))
        texts = np.array([_pair(texts, others, int(key), width) for key in keys], dtype=object)
        codes = np.where((codes < 0) | (more < 0), -1, pairs).astype(np.intp)
    first = columns[0]
    words = np.array([*texts, None], dtype=object)[codes]
    values = pd.Series(words, index=first.values.index, dtype=object)
    return Column(values, ", ".join(item.name for item in columns), first.source)


def _pair(texts: "np.ndarray", words: "np.ndarray", key: int, width: int) -> str:
    one, other = divmod(key, width)
    return f"{texts[one]} {words[other]}" if one >= 0 and other < width - 1 else ""


def shown(time: pd.Timestamp, zone: str | None) -> str:
    """A time in its zone's local time; midnight is omitted."""
    clock = local(pd.Series([time]), zone).iloc[0]
    return f"{clock:%Y-%m-%d %H:%M}".removesuffix(" 00:00")


def _parsed(column: Column, pattern: str | None) -> tuple["pd.Series", bool]:
    """Times in UTC, and whether they had an offset."""
    codes, texts = encode(column)
    column.first(codes < 0, "but every row needs its event time")
    if pattern is None and pd.api.types.is_numeric_dtype(column.values.dtype):
        column.first(
            np.ones(len(codes), dtype=bool),
            "a number, not a date: say how to read it in data.timestamp_format, like %Y%m%d",
        )
    zoned = _zoned(column, codes, texts, pattern)
    found = read_texts(pd.Series(texts, dtype=object).astype(str), pattern)
    example = EXAMPLES.get(pattern, f"{pattern} (data.timestamp_format)")
    column.first(found.isna().to_numpy()[codes], f"not a date like {example}")
    micros = found.dt.tz_localize(None).to_numpy("datetime64[us]")[codes]
    return pd.Series(micros).dt.tz_localize("UTC"), zoned


def _zoned(
    column: Column, codes: npt.NDArray[np.intp], texts: npt.NDArray[np.object_], pattern: str | None
) -> bool:
    """Whether times have an offset. Raises ProjectError if only some do."""
    if pattern in EPOCHS:
        return True
    if pattern in NAMED:
        return False
    plain = plainer(pd.Series(texts, dtype=object).astype(str), pattern)
    zoned = np.array([OFFSET.search(text) is not None for text in plain], dtype=bool)
    if zoned.any() and not zoned.all():
        first = bool(zoned[codes[0]])
        column.first(
            zoned[codes] != first,
            f"{'without' if first else 'with'} a time zone where the rows before it have "
            f"{'one' if first else 'none'}: write all times with a zone, or none",
        )
    return bool(zoned.any())


def zone_shown(column: Column, pattern: str | None) -> tuple[str | None, list[str]]:
    """The zone implied by a column's offsets or type, and others like it.

    If the offsets match no single zone: None, and the offsets.
    """
    values = column.values
    if isinstance(values.dtype, pd.DatetimeTZDtype):
        if "FixedOffset" in (name := str(values.dtype.tz)):  # as pytz and Arrow call +05:30
            name = fixed(int(values.dropna().iloc[0].utcoffset().total_seconds() // 60))
        return (
            None if name.upper() in {"UTC", "ETC/UTC", "+00:00"} else name.removeprefix("UTC")
        ), []
    if pattern in NAMED or pd.api.types.is_datetime64_any_dtype(values.dtype):
        return None, []
    texts = pd.Series(encode(column)[1], dtype=object).astype(str)
    found = plainer(texts, pattern).str.extract(OFFSET)
    known = (found[0].notna() | found[1].notna()).to_numpy()
    times = read_texts(texts, pattern)
    known &= times.notna().to_numpy()
    if not known.any():
        return None, []
    minutes = found[2].fillna("0").astype(int) * 60 + found[3].fillna("0").astype(int)
    signed = minutes.where(found[1] != "-", -minutes)[known]
    moments = times[known].dt.tz_localize(None).to_numpy("datetime64[us]").tolist()
    return zone_of_offsets(moments, signed.tolist())
