"""Counts and shares worded for sentences."""

from collections.abc import Sequence

_BEFORE_YS = ("", *"aeiou")  # days, and the column y
_MOST_DECIMALS = 6  # of a share in percent
MOST_LISTED = 30  # values in a sentence


def plural(count: int, noun: str) -> str:
    """`1 rule`, `1,200 rules`, `2 cities`, `2 classes`; a noun ending in s is already plural."""
    if count == 1:
        return f"1 {noun}"
    if noun.endswith("y") and noun[-2:-1] not in _BEFORE_YS:
        return f"{count:,} {noun[:-1]}ies"
    if noun.endswith(("ss", "x", "ch", "sh")):
        return f"{count:,} {noun}es"
    return f"{count:,} {noun}{'' if noun.endswith('s') else 's'}"


def beyond(value: float, limit: float, decimals: int = 1) -> tuple[str, str]:
    """Two shares like `50.04%` and `50%`, with enough digits to show which one is larger."""
    most = f"{limit:.2%}".rstrip("0%").rstrip(".")
    every = range(decimals, _MOST_DECIMALS + 1) if value > limit else (decimals,)
    texts = [f"{value:.{digits}%}" for digits in every]
    told = (text for text in texts if float(text[:-1]) > float(most))
    return next(told, texts[0]), f"{most}%"


def listed(values: Sequence[str], most: int = MOST_LISTED) -> str:
    """`north, south`; long lists are cut: `north, south and 598 more`."""
    if len(values) <= most:
        return ", ".join(values)
    return f"{', '.join(values[:most])} and {len(values) - most:,} more"
