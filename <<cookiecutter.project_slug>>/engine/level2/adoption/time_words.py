"""Messages of `adopt` about the event time and about rows that share a time."""

from collections.abc import Sequence

from .columns import Decision
from .time_columns import When

WRITTEN: dict[str | None, str] = {
    None: "dates written as ISO 8601",
    "unix_s": "seconds since 1970 (unix_s)",
    "unix_ms": "milliseconds since 1970 (unix_ms)",
    "unix_us": "microseconds since 1970 (unix_us)",
    "unix_ns": "nanoseconds since 1970 (unix_ns)",
    "quarter": "quarters of a year, each its first day",
    "half_year": "half-years, each its first day",
    "excel": "days as Excel counts them (excel)",
    "iso_week": "ISO weeks, each its Monday",
    "year_quarter": "the first day of each quarter",
    "year_half": "the first day of each half-year",
    "year_week": "the Monday of each ISO week",
}

HALF = "read as a 24-hour clock, though no hour is above 12: write AM or PM if it is not"


def said(
    when: When,
    zone: str | None,
    alike: Sequence[str],
    hours: tuple[str | None, int],
    entity: str | None,
    why: str,
    shared: int,
) -> list[Decision]:
    """Messages about the decisions on the time and on rows that share one."""
    how = WRITTEN.get(when.pattern, f"dates written {when.pattern}")
    if len(when.columns) > 1:
        how = f"combined from {len(when.columns)} columns, {how}"
    how += f"; {when.note}" if when.note else ""
    found = [Decision(when.name, "event time", how)]
    if zone:
        same = f", as in {len(alike)} other zones" if alike else ""
        reason = f"the offsets match it{same}: calendar, periods and lags follow its clock"
        found.append(Decision(when.name, f"time zone {zone}", reason))
    if alike and not zone:
        reason = (
            f"offsets {', '.join(alike[:4])} match no single zone: calendar, periods and "
            "lags follow "
            "UTC, or the zone that data.timezone names"
        )
        found.append(Decision(when.name, "NO SINGLE TIME ZONE", reason))
    hour, first = hours
    if hour:
        beside = f"whole hours {first} to {first + 23} beside `{when.name}`"
        beside += ", 24 is the end of the day" if first else ""
        found.append(Decision(hour, "hour of the event time", beside))
    if shared:
        reason = (
            f"{shared:,} rows share a `{when.name}` and no column tells them apart: each row "
            "stands for itself, without lags; the time still orders them"
        )
        return [*found, Decision("", "independent rows", reason)]
    if entity:
        return [*found, Decision(entity, "entity", why)]
    return [*found, Decision("", "one series", f"no `{when.name}` comes twice")]
