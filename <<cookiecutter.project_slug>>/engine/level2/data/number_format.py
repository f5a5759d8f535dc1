"""The number format of a column: decimal mark, thousands, unit, negatives."""

import re
import unicodedata
from collections.abc import Callable, Collection
from math import nan
from typing import Literal

from pydantic import BaseModel, ConfigDict, model_validator

LARGEST = 3.4028234663852886e38  # of a float32, which is what the model sees
LARGEST_TARGET = LARGEST**0.5  # its square, which a loss adds up, is still one
_CODES = {"USD", "EUR", "GBP", "CHF", "JPY", "CNY", "INR", "SEK", "NOK", "DKK", "PLN", "US$"}
_CODES |= {"CAD", "AUD", "BRL", "R$", "kr", "zł", "Fr.", "pct"}
_SPACES = re.compile(r"[\s\u00a0\u2009\u202f]+")
_TOKENS = str.maketrans({"\u2019": "'", "\u2212": "-"})
_BODY = re.compile(r"[\d.,'\s()+-]+")
_POWER = re.compile(r"(?<=\d)[eE][+-]?\d+$")
_MARKS = [(".", ""), (",", ""), (".", ","), (",", ".")]
_MARKS += [(decimal, group) for group in (" ", "'") for decimal in (".", ",")]


class NumberFormat(BaseModel):
    """Key `format` of a feature: the marks and signs of its numbers in the raw table."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    decimal: Literal[".", ","] = "."
    thousands: Literal["", ",", ".", " ", "'"] = ""
    symbol: str = ""

    @model_validator(mode="after")
    def _coherent(self) -> "NumberFormat":
        if self.decimal == self.thousands:
            raise ValueError(f"decimal and thousands are both `{self.decimal}`")
        if self.symbol != self.symbol.strip() or any(c.isdigit() for c in self.symbol):
            raise ValueError("symbol is the sign beside each number, like $ or %")
        return self

    @property
    def example(self) -> str:
        """An example number in this format, for messages."""
        whole = f"1{self.thousands}234{self.decimal}5"
        return f"{whole} {self.symbol}".rstrip()

    def knobs(self) -> dict[str, str]:
        """The entry for params.yaml."""
        return self.model_dump(exclude_defaults=True) or {"decimal": self.decimal}


def parser(form: NumberFormat, strict: bool = False) -> Callable[[str], float]:
    """Return a function that parses one text, NaN if it is not a number in this format.

    `(12)`, `12-` and `-12` are negative. `strict` requires every group of thousands to be
    separated.
    """
    mark, symbol = re.escape(form.decimal), re.escape(tidy(form.symbol))
    group = re.escape(form.thousands)
    whole = rf"[1-9]\d{{0,2}}(?:{group}\d{{3}})+" if group else r"[1-9]\d*"
    loose = r"[1-9]\d{0,2}" if strict and group else r"[1-9]\d*"
    digits = rf"(?P<whole>{whole}|{loose}|0)?(?:{mark}(?P<part>\d*))?(?P<power>[eE][+-]?\d+)?"
    one, two = (rf"(?:{symbol} ?)", rf"(?: ?{symbol})") if symbol else ("(?:)", "(?:)")
    sign = r"(?P<{}>[+-] ?)?"
    dressed = "|".join(
        rf"{sign.format(f'a{n}')}{left}{sign.format(f'b{n}')}{_named(digits, n)}(?P<c{n}> ?-)?"
        rf"{right}(?P<d{n}> ?-)?"
        for n, (left, right) in enumerate([(one, ""), ("", two)])
    )
    full = re.compile(rf"(?P<open>\( ?)?(?:{dressed})(?P<close> ?\))?")

    def read(text: str) -> float:
        found = full.fullmatch(tidy(text))
        if found is None:
            return nan
        part = found.groupdict()
        n = 0 if part["whole0"] or part["part0"] else 1
        signs = [part[f"{place}{n}"] for place in "abcd"]
        if sum(s is not None for s in signs) + bool(part["open"]) > 1:
            return nan
        if bool(part["open"]) != bool(part["close"]) or not (part[f"whole{n}"] or part[f"part{n}"]):
            return nan
        plain = (part[f"whole{n}"] or "0").replace(form.thousands or "\0", "")
        value = float(f"{plain}.{part[f'part{n}'] or '0'}{part[f'power{n}'] or ''}")
        return -value if part["open"] or any(s and "-" in s for s in signs) else value

    return read


def _named(digits: str, number: int) -> str:
    return re.sub(r"\?P<(\w+)>", rf"?P<\g<1>{number}>", digits)


def tidy(text: str) -> str:
    """Normalize spaces, minus signs and apostrophes."""
    return _SPACES.sub(" ", text.translate(_TOKENS)).strip()


def symbol_of(text: str) -> str | None:
    """The sign beside the digits: a currency, a percent sign, nothing; None for other words."""
    rest = _BODY.sub(" ", _POWER.sub("", tidy(text))).strip()
    known = rest in _CODES or (
        len(rest) == 1 and (rest in "%‰" or unicodedata.category(rest) == "Sc")
    )
    return rest if not rest or known else None


def readings(texts: Collection[str]) -> list[NumberFormat]:
    """Every format in which all texts are numbers, the usual one first; several mean ambiguity.

    A mark counts as a decimal or thousands mark only if it occurs.
    """
    tidied = [tidy(text) for text in texts]
    if not tidied or not all(any(c.isdigit() for c in text) for text in tidied[:20]):
        return []
    symbol = symbol_of(tidied[0])
    if symbol is None:
        return []
    seen = {mark for mark in ",.' " if any(mark in _inside(text) for text in tidied)}
    found: list[NumberFormat] = []
    for decimal, group in _MARKS:
        if group and group not in seen:
            continue
        if decimal == "," and "," not in seen and not (group == "." and "." in seen):
            continue
        if decimal == "." and "." not in seen and group == "" and seen:
            continue
        form = NumberFormat(decimal=decimal, thousands=group, symbol=symbol)
        read = parser(form, strict=True)
        if all(value == value for value in map(read, tidied)):
            found.append(form)
    return found


def _inside(text: str) -> str:
    """The text from its first digit or mark to its last digit."""
    found = re.search(r"[\d.,].*\d|\d", text)
    return found[0] if found else ""


def written(value: float, form: NumberFormat) -> str:
    """A number as the raw table writes it; nothing for a missing one."""
    if value != value:
        return ""
    text = f"{value:.17g}" if float(repr(value)) != value else repr(value)
    text = text.removesuffix(".0").replace(".", form.decimal)
    return f"{text} {form.symbol}".rstrip()
