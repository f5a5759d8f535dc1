"""Calendars of time zones: local times, periods, and the zone implied by offsets."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np
import pandas as pd

from .time_names import zone_of

# Where several zones have the same clock, the one most people know it by.
KNOWN = (
    "Europe/Berlin", "Europe/London", "Europe/Helsinki", "Europe/Lisbon", "Europe/Istanbul",
    "Europe/Moscow", "America/New_York", "America/Chicago", "America/Denver", "America/Phoenix",
    "America/Los_Angeles", "America/Halifax", "America/Sao_Paulo", "America/Bogota", "Asia/Kolkata",
    "Asia/Shanghai", "Asia/Tokyo", "Asia/Dubai", "Asia/Singapore", "Asia/Jerusalem",
    "Australia/Sydney", "Australia/Brisbane", "Australia/Adelaide", "Pacific/Auckland",
    "Africa/Johannesburg", "Africa/Lagos", "Africa/Cairo",
)  # fmt: skip


def local(times: "pd.Series[pd.Timestamp]", zone: str | None) -> "pd.Series[pd.Timestamp]":
    """Local times of the zone, without zone, for times in UTC."""
    if zone is not None:
        times = times.dt.tz_convert(zone_of(zone))
    return times.dt.tz_localize(None)


def instants(clock: "pd.Series[pd.Timestamp]", zone: str | None) -> "pd.Series[pd.Timestamp]":
    """The inverse of `local`. A repeated hour is its first occurrence, a skipped one the next."""
    if zone is None:
        return clock.dt.tz_localize("UTC")
    places, times = pd.factorize(clock, use_na_sentinel=False)  # a zone costs 8 us for each
    distinct = pd.DatetimeIndex(times)
    first = np.ones(len(distinct), dtype=bool)
    aware = distinct.tz_localize(zone_of(zone), ambiguous=first, nonexistent="shift_forward")
    return pd.Series(aware.tz_convert("UTC")[places], index=clock.index, name=clock.name)


def later(
    times: "pd.Series[pd.Timestamp]", offset: "pd.tseries.offsets.BaseOffset", zone: str | None
) -> "pd.Series[pd.Timestamp]":
    """Times in UTC moved by periods: days and longer by the zone's calendar, others exactly."""
    if zone is None or _exact(offset):
        return times + offset
    return instants(local(times, zone) + offset, zone)


def _exact(offset: "pd.tseries.offsets.BaseOffset") -> bool:
    tick, day = pd.tseries.offsets.Tick, pd.tseries.offsets.Day
    return isinstance(offset, tick) and not isinstance(offset, day)


def zone_of_offsets(
    times: Sequence[datetime], minutes: Sequence[int]
) -> tuple[str | None, list[str]]:
    """The zone that had these offsets from UTC (in minutes) at these times (UTC).

    Returns its name, `+02:00` if there is only one offset, None if it is UTC; and the other zones
    with the same offsets. If no zone fits: None, and the offsets.
    """
    distinct = sorted(set(minutes))
    if distinct == [0]:
        return None, []
    if len(distinct) == 1:
        return fixed(distinct[0]), []
    order = np.argsort(np.asarray(times, dtype="datetime64[us]"), kind="stable")
    places = _changes([minutes[place] for place in order])
    some = [(times[order[place]], minutes[order[place]]) for place in places]
    fitting = [name for name in sorted(available_timezones()) if _fits(name, some)]
    whole = list(zip(times, minutes, strict=True))
    for name in [*(name for name in KNOWN if name in fitting), *fitting]:
        if _fits(name, whole):
            return name, [other for other in fitting if other != name]
    return None, [fixed(offset) for offset in distinct]


def _changes(minutes: Sequence[int]) -> list[int]:
    """Positions before and after each change of the offset, and both ends."""
    change = np.flatnonzero(np.diff(minutes))
    return sorted({0, len(minutes) - 1, *change.tolist(), *(change + 1).tolist()})


def _fits(name: str, seen: Sequence[tuple[datetime, int]]) -> bool:
    try:
        zone = ZoneInfo(name)
    except (ValueError, OSError):  # a file of the system's own that is no zone
        return False
    return all(
        time.replace(tzinfo=UTC).astimezone(zone).utcoffset() == timedelta(minutes=offset)
        for time, offset in seen
    )


def fixed(minutes: int) -> str:
    """A fixed offset as text: 120 is `+02:00`."""
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}:{rest:02d}"
