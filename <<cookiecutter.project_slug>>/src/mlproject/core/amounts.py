"""Counts and shares as sentences say them."""

from collections.abc import Sequence

_MOST_DECIMALS = 6  # of a share in percent
MOST_LISTED = 30  # values in a sentence


def plural(count: int, noun: str) -> str:
    """`1 rule`, `1,200 rules`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def beyond(value: float, limit: float, decimals: int = 1) -> tuple[str, str]:
    """Two shares, as `50.04%` and `50%`: as many digits as show which of them is larger."""
    most = f"{limit:.2%}".rstrip("0%").rstrip(".")
    every = range(decimals, _MOST_DECIMALS + 1) if value > limit else (decimals,)
    texts = [f"{value:.{digits}%}" for digits in every]
    told = (text for text in texts if float(text[:-1]) > float(most))
    return next(told, texts[0]), f"{most}%"


def listed(values: Sequence[str], most: int = MOST_LISTED) -> str:
    """`north, south`; of many values the first, `north, south and 598 more`."""
    if len(values) <= most:
        return ", ".join(values)
    return f"{', '.join(values[:most])} and {len(values) - most:,} more"
