"""Dates spread over columns: year and month, a day and its hour, a date and a time of day."""

import re
from collections.abc import Mapping, Sequence

import numpy as np

from ..data.month_names import month_of
from .looks import Look

WORDS = {
    "year": {"year", "yr", "yyyy", "jahr", "annee", "année", "año", "ano", "anno", "jaar"},
    "month": {
        "month",
        "mon",
        "mnth",
        "mo",
        "mm",
        "mth",
        "monat",
        "mois",
        "mes",
        "mês",
        "mese",
        "maand",
    },
    "day": {"day", "dd", "dom", "mday", "tag", "jour", "dia", "día", "giorno", "dag", "monthday"},
    "hour": {"hour", "hr", "hh", "hours", "stunde", "heure", "hora", "ora", "uur"},
    "minute": {"minute", "min", "minutes"},
    "quarter": {"quarter", "qtr", "q", "quartal", "trimestre", "kwartaal"},
    "half": {"half", "halfyear", "halbjahr", "hy", "semester", "semestre"},
    "week": {"week", "wk", "kw", "isoweek", "weekno", "woche", "semaine", "semana", "settimana"},
    "yearday": {"yday", "doy", "yearday", "dayofyear"},
}
RANGES = {
    "year": (1700, 2299),
    "month": (1, 12),
    "day": (1, 31),
    "hour": (0, 23),
    "minute": (0, 59),
    "quarter": (1, 4),
    "half": (1, 2),
    "week": (1, 53),
    "yearday": (1, 366),
}
CHAINS = {
    ("year", "month", "day", "hour", "minute"): "%Y %m %d %H %M",
    ("year", "month", "day", "hour"): "%Y %m %d %H",
    ("year", "month", "day"): "%Y %m %d",
    ("year", "month"): "%Y %m",
    ("year", "yearday"): "%Y %j",
    ("year", "week"): "year_week",
    ("year", "quarter"): "year_quarter",
    ("year", "half"): "year_half",
}
_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(:\d{2})?(\.\d+)?( ?[ap]m)?", re.I)
_CLOCK_NAME = re.compile(r"time|clock|uhr|hora|heure|hour|stunde|slot|(^|_)hr($|_)", re.I)
_LETTERED = re.compile(r"M\d{1,2}", re.I)

_FILLERS = {"name", "number", "num", "no", "nr", "text"}  # month_name, week_number

Parts = tuple[tuple[str, ...], str]


def spread(items: Sequence[Look]) -> Parts | None:
    """Columns named like parts of a date whose values fit, in order, and their joint pattern."""
    stems: dict[str, dict[str, Look]] = {}
    for item in items:
        stem, part = _named(item.name)
        if part is None and item.distinct > 2 and _by_name(item):  # whatever it is called
            stem, part = "", "month"
        if part and _fits(item, part):
            stems.setdefault(stem, {}).setdefault(part, item)
    for stem in sorted(stems, key=lambda text: (-len(stems[text]), text)):
        for chain, pattern in CHAINS.items():
            if set(chain) <= set(stems[stem]):
                return _written([stems[stem][part] for part in chain], pattern)
    return None


def joined_pattern(items: Sequence[Look]) -> Parts | None:
    """The pattern of columns that together form a time, in any order."""
    dated = [item for item in items if item.pattern is not None]
    if len(dated) == 1 and len(items) == 2:
        other = next(item for item in items if item is not dated[0])
        return with_clock(dated[0], other)
    parts = {_named(item.name)[1]: item for item in items}
    if None not in parts and len(parts) == len(items):
        named: Mapping[str | None, Look] = parts
        for chain, pattern in CHAINS.items():
            if set(chain) == set(named) and all(_fits(named[part], part) for part in chain):
                return _written([named[part] for part in chain], pattern)
    order = sorted(items, key=lambda item: not _fits(item, "year"))  # the year first
    chain = next((chain for chain in CHAINS if len(chain) == len(items)), ())
    if chain and all(_fits(item, part) for item, part in zip(order, chain, strict=True)):
        return _written(order, CHAINS[chain])
    return None


def with_clock(date: Look, other: Look) -> Parts | None:
    """A column of plain days together with one of times of day or whole hours."""
    if date.pattern is None:
        return None
    day = date.pattern.format or "%Y-%m-%d"
    if _fits(other, "hour"):
        return (date.name, other.name), f"{day} %H"
    texts = [text for text in other.texts if text]
    found = [_CLOCK.fullmatch(text) for text in texts[:200]]
    if not texts or other.missing or not all(found):
        return None
    first = found[0]
    if first is None:
        return None
    clock = "%I:%M" if first[5] else "%H:%M"
    clock += ":%S" if first[3] else ""
    clock += ".%f" if first[4] else ""
    if first[5]:
        clock += " %p" if first[5].startswith(" ") else "%p"
    return (date.name, other.name), f"{day} {clock}"


def clock_beside(date: Look, items: Sequence[Look]) -> Parts | None:
    """The column with the time of day that belongs to a column of plain days."""
    for item in items:
        if item is not date and _CLOCK_NAME.search(item.name) and item.numbers is None:
            found = with_clock(date, item)
            if found:
                return found
    return None


def _named(name: str) -> tuple[str, str | None]:
    """What a column is part of, and which part: `order_year` is the year of `order`."""
    words = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()
    tokens = [word for word in re.split(r"[^\w]+|_", words) if word]
    if tokens[-3:] in (["day", "of", "year"], ["day", "of", "month"]):
        tokens[-3:] = ["yearday" if tokens[-1] == "year" else "monthday"]
    for place in (len(tokens) - 1, 0):
        for part, known in WORDS.items():
            if tokens and tokens[place] in known:
                rest = tokens[:place] + tokens[place + 1 :]
                rest = [word for word in rest if word not in _FILLERS]
                return ("_".join(rest), part) if len(rest) <= 2 else ("", None)
    return "", None


def _fits(item: Look, part: str) -> bool:
    """Whether every value is valid for this part of a date."""
    if item.missing:
        return False
    low, high = RANGES[part]
    if item.numbers is not None:
        known = item.known_numbers
        whole = len(known) > 0 and bool((known == np.round(known)).all())
        return whole and bool(known.min() >= low) and bool(known.max() <= high)
    texts = [text for text in item.texts if text]
    if part == "month" and _by_name(item):
        return True
    if part in {"quarter", "half", "week"} or (part == "month" and _lettered(item)):
        texts = [text.upper().removeprefix(part[0].upper()) for text in texts]
    return bool(texts) and all(text.isdecimal() and low <= int(text) <= high for text in texts)


def _by_name(item: Look) -> bool:
    """Whether every value is the name of a month in any known language."""
    texts = [text for text in item.texts if text]
    return item.numbers is None and bool(texts) and all(month_of(text) for text in texts)


def _lettered(item: Look) -> bool:
    """Whether months are written as M01, M02."""
    texts = [text for text in item.texts if text]
    return bool(texts) and all(_LETTERED.fullmatch(text) for text in texts)


def _written(items: Sequence[Look], pattern: str) -> Parts:
    """The columns and their pattern, with month names if the months are written so."""
    if any(_lettered(item) for item in items):
        pattern = pattern.replace("%m", "M%m")
    if any(_by_name(item) for item in items):
        pattern = pattern.replace("%m", "%b")
    return tuple(item.name for item in items), pattern
