"""Format a time the way the table of a contract writes its times."""

from typing import Any

import pandas as pd

from .contract import DataContract
from .time_names import EPOCHS, EXCEL, zone_of

_TWO = {"year_quarter", "year_half", "year_week"}
_ONE = {"quarter": "{}Q{}", "half_year": "{}-H{}", "iso_week": "{}-W{:02d}"}


def written(contract: DataContract, time: pd.Timestamp) -> dict[str, Any]:
    """The columns of an event time, given one with a zone, as the table has them."""
    clock = time.tz_convert(zone_of(contract.timezone)) if contract.timezone else time
    names = contract.time_columns
    hour = {contract.event_hour: clock.hour} if contract.event_hour else {}
    if contract.event_hour and clock.hour < contract.first_hour:  # the end of the day before
        clock -= pd.Timedelta(hours=1)
        hour = {contract.event_hour: 24}
    values = _values(clock, contract.timestamp_format, len(names), contract.event_hour is not None)
    return {**dict(zip(names, values, strict=False)), **hour}


def _values(clock: pd.Timestamp, form: str | None, columns: int, days: bool) -> list[Any]:
    """One value per column; `days`: the hour has its own column."""
    if form in EPOCHS:
        return [int(clock.value / 1_000 / EPOCHS[form])]
    if form == EXCEL:
        since = (clock.tz_localize(None) - pd.Timestamp("1899-12-30")) / pd.Timedelta(days=1)
        return [int(since) if days or since.is_integer() else since]
    if form in _TWO or form in _ONE:
        pair = _numbered(clock, form)
        if form in _ONE:
            return [_ONE[form].format(*pair)]
        return list(pair) if columns > 1 else ["{}-{}".format(*pair)]
    if form is None:
        whole = clock == clock.normalize() or days
        return [f"{clock:%Y-%m-%d}" if whole else clock.tz_localize(None).isoformat()]
    return [clock.strftime(part) for part in (form.split() if columns > 1 else [form])]


def _numbered(clock: pd.Timestamp, form: str) -> tuple[int, int]:
    """The year and the number of its week, quarter or half."""
    if "week" in form:
        year, week, _ = clock.isocalendar()
        return year, week
    return clock.year, clock.quarter if "quarter" in form else (clock.month + 5) // 6
