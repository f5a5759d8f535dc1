"""Names of time formats and zones, available without pandas."""

import functools
from datetime import timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

EPOCHS = {"unix_s": 1_000_000, "unix_ms": 1_000, "unix_us": 1, "unix_ns": 1e-3}  # in microseconds
EXCEL = "excel"  # days as a worksheet counts them: 45292 is 2024-01-01
NAMED = (
    *EPOCHS,
    EXCEL,
    "quarter",
    "half_year",
    "iso_week",
    "year_quarter",
    "year_half",
    "year_week",
)


@functools.cache
def zone_of(name: str) -> tzinfo:
    """A zone by its IANA name or a fixed offset like +05:30. Raises ValueError."""
    if name[:1] in {"+", "-"}:
        sign = -1 if name[0] == "-" else 1
        hours, _, minutes = name[1:].partition(":")
        if hours.isdecimal() and (minutes or "0").isdecimal():
            return timezone(sign * timedelta(hours=int(hours), minutes=int(minutes or 0)))
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"`{name}` is not a time zone like Europe/Berlin or +05:30") from None
