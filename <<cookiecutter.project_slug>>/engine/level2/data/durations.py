"""Durations as settings write them: 7D, 12h, 30min."""

import re
from datetime import timedelta

_UNITS = {"D": "days", "h": "hours", "min": "minutes", "s": "seconds", "W": "weeks"}
_WRITTEN = re.compile(r"([1-9]\d{0,5})(D|h|min|s|W)")


def duration(text: str) -> timedelta:
    """The duration. Raises ValueError for another text."""
    found = _WRITTEN.fullmatch(text)
    if found is None:
        raise ValueError(f"`{text}` is not a duration like 1D, 12h or 30min")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
