"""Counts and shares as sentences say them."""

_MOST_DECIMALS = 6  # of a share in percent


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
