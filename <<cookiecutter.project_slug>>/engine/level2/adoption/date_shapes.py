"""Derive candidate date patterns from the shape of texts, before checking the values."""

import itertools
import re
from collections.abc import Iterator, Sequence

_MONTH = re.compile(r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*$", re.I)
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


def candidates(few: list[str]) -> Iterator[str]:
    """Patterns that the shapes of a few texts allow, without checking the values."""
    found: dict[str, None] = {}
    for text in dict.fromkeys(_shape(text) for text in few):
        example = next(item for item in few if _shape(item) == text)
        for pattern in itertools.islice(_patterns(example), 24):
            found[pattern] = None
    return iter(found)


def _shape(text: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d{3,}", "99", re.sub(r"\d+", "9", text)))


def _patterns(text: str) -> Iterator[str]:
    """Every pattern of one text: possible orders of the date, with the clock if there is one."""
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
    """The pattern text for a token that is not part of the date."""
    if not token.isalpha():
        return token.replace("%", "%%")
    if _WEEKDAY.match(token):
        return "" if cleaned else "%a" if len(token) == 3 else "%A"
    return "" if cleaned and token.lower() in _ENDS else token


def _known(word: str) -> bool:
    """Whether a word may occur in a date: `st` of 1st, `M` of 2020M01, a weekday."""
    return word.lower() in {*_ENDS, *_SIGNS, "m", "t"} or _WEEKDAY.match(word) is not None


def _orders(tokens: Sequence[str]) -> Iterator[str]:
    """Which of day, month and year each token may be, as strptime codes."""
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
