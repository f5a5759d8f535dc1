"""How dates are written in a column, decided by all of its values."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..digits import EXACT
from ..time_formats import plain_pattern, read_texts

SHARE = 0.9  # of values that must be dates; `ingest` then names the line of one that is not
MOST = 60  # texts that are tried first

_ISO = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{1,2}(:?\d{2}.*)?)?)?$|\d{8}T\d{4,6}")
_MONTH = re.compile(r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*$", re.I)
_WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*$", re.I)
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[\W_]")
_CLOCK = re.compile(
    r"(?:^|(?<=[T ,:_-]))(?P<hour>\d{1,2})"
    r"(?:(?P<sep>:|(?<=[T ,:]\d)\.|(?<=[T ,:]\d\d)\.)(?P<minute>\d{2})"
    r"(?:(?P=sep)(?P<second>\d{2}))?)?"
    r"(?P<fraction>[.,]\d+)?(?P<half>[ \u202f]?[ap](?:m|\. ?m)\.?)?"
    r"(?P<zone> ?(?:Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2}))?"
    r"(?=$|[ ,])",
    re.I,
)
_ENDS = {"st", "nd", "rd", "th"}
_SIGNS = {"年", "月", "日", "년", "월", "일"}  # year, month, day
_DIGITS = (
    ("%Y%m%d%H%M%S", 17_000_000_000_000, 23_000_000_000_000),
    ("%Y%m%d%H%M", 170_000_000_000, 230_000_000_000),
    ("%Y%m%d", 17_000_000, 23_000_000),
    ("%Y%m", 170_000, 230_000),
)
_ORDERS = ("mdY", "dmY", "Ymd", "mdy", "dmy", "ymd")


class Pattern(NamedTuple):
    """How times are written (see `time_formats`), None for ISO 8601, and what was unclear.

    `others` fit every value as well and nothing tells which is meant.
    """

    format: str | None
    note: str = ""
    others: tuple[str, ...] = ()


def date_pattern(texts: list[str]) -> Pattern | None:
    """Return how distinct texts, in order of appearance, are dates; None where they are not."""
    few = texts[:: max(1, len(texts) // 50)][:MOST]
    if not few or not any(character.isdigit() for character in few[0]):
        return None
    if _fits(few, _ISO) and _share(few, None) >= SHARE:
        return Pattern(None) if _share(texts, None) >= SHARE else None
    for name in ("quarter", "iso_week"):
        if _share(few, name) >= SHARE:
            return Pattern(name) if _share(texts, name) >= SHARE else None
    fitting = [item for item in _candidates(few) if _share(few, item) >= SHARE]
    shares = {item: _share(texts, item) for item in fitting}
    best = max(shares.values(), default=0.0)
    if best < SHARE:
        return None
    ways: dict[str, str] = {}
    for item in fitting:
        if shares[item] == best:
            ways.setdefault(plain_pattern(item), item)
    equal = list(ways.values())
    if all(_days_of_no_year(texts, item) for item in equal):
        return None
    return Pattern(equal[0]) if len(equal) == 1 else _decide(texts, equal)


def number_pattern(values: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> str | None:
    """How whole numbers are dates: 20241231, 202412, 2024, or an epoch in s, ms, us or ns."""
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    if _written_out(known, "%Y%m%d%H", 1_980_000_000, 2_060_000_000):
        return "%Y%m%d%H"  # 2024123123, which is also a second of the year 2034
    for name, unit in (("unix_s", 1e0), ("unix_ms", 1e3), ("unix_us", 1e6), ("unix_ns", 1e9)):
        if known.min() >= 315_532_800 * unit and known.max() < 2_840_140_800 * unit:
            return name  # 1980 to 2059
    if np.abs(known).max() >= EXACT:
        return None
    whole = known.astype(np.int64)
    for pattern, low, high in _DIGITS:
        if ((whole > low) & (whole < high)).all():
            return pattern if _written_out(known, pattern, low, high) else None
    return "%Y" if ((whole > 1700) & (whole < 2300)).all() and (whole == known).all() else None


def _written_out(
    known: "np.ndarray[tuple[int], np.dtype[np.float64]]", pattern: str, low: int, high: int
) -> bool:
    """Whether the digits of numbers between two bounds are a year, a month and so on."""
    if not ((known > low) & (known < high)).all():
        return False
    texts = pd.Series(np.unique(known).astype(np.int64)).astype(str)
    return bool(pd.to_datetime(texts, format=pattern, errors="coerce").notna().mean() >= SHARE)


def _days_of_no_year(texts: list[str], pattern: str) -> bool:
    """Whether `01-31` or `31 Jan`, read as a year and a month, are days of a year nobody says.

    Their numbers go from 1 or 2 to 28 and more, and as years they are out of order.
    """
    if "%y" not in pattern or "%d" in pattern:
        return False
    times = _parse(texts, pattern).dropna()
    years = times.dt.year - 2000
    inside = years.min() in {1, 2} and 28 <= years.max() <= 31
    return bool(inside) and _unevenness(times) == float("inf")


def fits(texts: list[str], pattern: str | None) -> bool:
    """Whether nearly all texts are times that are written so."""
    return bool(texts) and _share(texts, pattern) >= SHARE


def _fits(texts: list[str], shape: "re.Pattern[str]") -> bool:
    return sum(shape.match(text) is not None for text in texts) >= SHARE * len(texts)


def _candidates(few: list[str]) -> Iterator[str]:
    """Patterns that the shapes of a few texts allow, without asking their values."""
    found: dict[str, None] = {}
    for text in dict.fromkeys(_shape(text) for text in few):
        example = next(item for item in few if _shape(item) == text)
        for pattern in itertools.islice(_patterns(example), 24):
            found[pattern] = None
    return iter(found)


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d{3,}", "99", re.sub(r"\d+", "9", text)))


def _patterns(text: str) -> Iterator[str]:
    """Every pattern of one text: orders of the date, around the clock if there is one."""
    clock = next((item for item in _CLOCK.finditer(text) if item["minute"] or item["half"]), None)
    date = text if clock is None else f"{text[: clock.start()]}\0{text[clock.end() :]}"
    tokens = _TOKEN.findall(date.strip())
    places = [place for place, token in enumerate(tokens) if token.isdigit() or _MONTH.match(token)]
    words = [token for token in tokens if token.isalpha() and not _MONTH.match(token)]
    if not 1 < len(places) < 4 or any(not _known(word) for word in words):
        return
    for order in _orders([tokens[place] for place in places]):
        parts = [_literal(token, "b" in order) for token in tokens]
        for place, code in zip(places, order, strict=True):
            parts[place] = f"%{code}"
        yield re.sub(r"^[ ,.]+", "", "".join(parts)).replace("\0", _clock(clock))


def _literal(token: str, cleaned: bool) -> str:
    """What stands in a pattern for a token that is no part of the date."""
    if not token.isalpha():
        return token.replace("%", "%%")
    if _WEEKDAY.match(token):
        return "" if cleaned else "%a" if len(token) == 3 else "%A"
    return "" if cleaned and token.lower() in _ENDS else token


def _known(word: str) -> bool:
    """Whether a word may stand in a date: `st` of 1st, `M` of 2020M01, a day of the week."""
    return word.lower() in {*_ENDS, *_SIGNS, "m", "t"} or _WEEKDAY.match(word) is not None


def _orders(tokens: Sequence[str]) -> Iterator[str]:
    """Which of day, month and year each token may be, as codes of strptime."""
    named = [place for place, token in enumerate(tokens) if token.isalpha()]
    if len(named) > 1:
        return
    orders = _ORDERS if len(tokens) == 3 else ("mY", "Ym", "my", "ym") if len(tokens) == 2 else ()
    for order in orders:
        if named and order[named[0]] != "m":
            continue
        if all(_may_be(code, token) for code, token in zip(order, tokens, strict=True)):
            yield order.replace("m", "b") if named else order


def _may_be(code: str, token: str) -> bool:
    if token.isalpha():
        return code == "m"
    if code == "Y":
        return len(token) == 4
    if code == "y":
        return len(token) == 2
    return len(token) <= 2


def _clock(found: "re.Match[str] | None") -> str:
    """The strptime pattern of a time of day."""
    if found is None:
        return ""
    separator = found["sep"] or ""
    text = "%I" if found["half"] else "%H"
    text += f"{separator}%M" if found["minute"] else ""
    text += f"{separator}%S" if found["second"] else ""
    text += ".%f" if found["fraction"] else ""
    if found["half"]:
        text += " %p" if found["half"][0].isspace() else "%p"
    if found["zone"]:
        text += " %z" if found["zone"].startswith(" ") else "%z"
    return text


def _parse(texts: list[str], pattern: str | None) -> "pd.Series":
    return read_texts(pd.Series(texts, dtype=object).astype(str), pattern)


def _share(texts: list[str], pattern: str | None) -> float:
    return float(_parse(texts, pattern).notna().mean())


def _decide(texts: list[str], patterns: list[str]) -> Pattern:
    """Month or day first, where every value allows both: the one that makes an even series."""
    uneven = {item: _unevenness(_parse(texts, item)) for item in patterns}
    chosen = min(patterns, key=lambda item: uneven[item])  # the first where they are equal
    others = tuple(item for item in patterns if item != chosen)
    both = f"{chosen} and {', '.join(others)} both fit every value"
    if all(uneven[item] > uneven[chosen] for item in others):
        return Pattern(chosen, f"{both}, it makes the even series")
    return Pattern(chosen, both, others)


def _unevenness(times: "pd.Series") -> float:
    """How much longer the longest step is than the usual one; infinite for dates out of order."""
    steps = times.diff().dropna() / pd.Timedelta(days=1)
    if not len(steps) or (steps <= 0).any():
        return float("inf")
    return round(float(steps.max() / steps.median()), 1)
