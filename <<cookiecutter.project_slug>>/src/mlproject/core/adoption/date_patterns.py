"""How dates are written in a column, decided by all of its values."""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import pandas as pd

from ..month_names import english, foreign
from ..time_formats import plain_pattern, read_texts

SHARE = 0.9  # of values that must be dates; `ingest` then names the line of one that is not
MOST = 60  # texts that are tried first
MANY_YEARS = 3  # with few numbers beside them, and these may be months, quarters or halves

_ISO = re.compile(r"\d{4}-\d{2}(-\d{2}([T ]\d{1,2}(:?\d{2}.*)?)?)?$|\d{8}T\d{4,6}")
_MONTH = re.compile(r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*$", re.I)
_YEAR_MONTH = re.compile(r"\d{4}[-_/ .]\d{1,2}|\d{1,2}[-_/ .]\d{4}")
_WEEKDAY = re.compile(r"(mon|tue|wed|thu|fri|sat|sun)[a-z]*$", re.I)
_TOKEN = re.compile(r"\d+|[^\W\d_]+|[\W_]")
_CLOCK = re.compile(
    r"(?:^|(?<=[T ,:_-]))(?P<hour>\d{1,2})"
    r"(?:(?P<sep>:|(?<=[T ,:]\d)\.|(?<=[T ,:]\d\d)\.)(?P<minute>\d{2})"
    r"(?:(?P=sep)(?P<second>\d{2}))?)?"
    r"(?(second)(?P<fraction>[.,]\d+)?)(?P<half>[ \u202f]?[ap](?:m|\. ?m)\.?)?"
    r"(?P<zone> ?(?:Z|[A-Z]{3,4}|[+-]\d{2}:?\d{2}))?"
    r"(?=$|[ ,])",
    re.I,
)
_ENDS = {"st", "nd", "rd", "th"}
_SIGNS = {"年", "月", "日", "년", "월", "일"}  # year, month, day
_PAIRS = ("mY", "Ym", "my", "ym", "Yj", "jY")
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
    if foreign(few):
        texts, few = english(texts), english(few)
    if not few or not any(character.isdigit() for character in few[0]):
        return None
    if _fits(few, _ISO) and _share(few, None) >= SHARE:
        return _months(texts, Pattern(None)) if _share(texts, None) >= SHARE else None
    for name in ("quarter", "half_year", "iso_week"):
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
    return _months(texts, Pattern(equal[0])) if len(equal) == 1 else _decide(texts, equal)


def _months(texts: list[str], found: Pattern) -> Pattern:
    """The pattern of months, and what else these may be: `1995-1` to `1995-4` of many years.

    Written `1995-01` they are months; without the zero nothing tells.
    """
    if not all(_YEAR_MONTH.fullmatch(text) for text in texts):
        return found
    times = _parse(texts, found.format).dropna()
    most = int(times.dt.month.max()) if len(times) else 1
    if not 1 < most <= 4 or times.dt.year.nunique() < MANY_YEARS:
        return found
    name, other = ("half_year", "year_half") if most <= 2 else ("quarter", "year_quarter")
    note = f"every number beside the year is at most {most}, months or {name.replace('_', '-')}s"
    if found.format is None:
        return Pattern(None, f"{note}: read as months, or say FORMAT={other}")
    return Pattern(found.format, note, (other,))


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
    orders = _ORDERS if len(tokens) == 3 else _PAIRS if len(tokens) == 2 else ()
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
    if code in "yj":  # a day of the year is written 001 to 366
        return len(token) == (2 if code == "y" else 3)
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
