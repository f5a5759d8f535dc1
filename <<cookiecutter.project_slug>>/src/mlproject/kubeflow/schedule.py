"""Cron lines: five fields as crontab has them, six as KFP wants them."""

from ..errors import ProjectError

EXAMPLE = "write five fields like `0 3 * * 1` (Mondays at 03:00 UTC)"
MONTHS = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
DAYS = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
FIELDS: dict[str, tuple[int, int, list[str]]] = {  # first, last, names counted from the first
    "minute": (0, 59, []),
    "hour": (0, 23, []),
    "day of the month": (1, 31, []),
    "month": (1, 12, MONTHS),
    "day of the week": (0, 6, DAYS),
}


def kfp_cron(line: str) -> str:
    """Turn five fields into KFP's six, seconds first. Raises ProjectError with an example."""
    words = line.upper().split()
    if len(words) != len(FIELDS):
        raise ProjectError(f"cron `{line}` has {len(words)} fields: {EXAMPLE}")
    _, _, days, months, _ = (
        _values(line, word, name) for word, name in zip(words, FIELDS, strict=True)
    )
    if words[4] in "*?" and min(days) > max(LONGEST[month - 1] for month in months):
        raise ProjectError(f"cron `{line}` names a day that never comes: {EXAMPLE}")
    return " ".join(["0", *words])


def _values(line: str, word: str, name: str) -> set[int]:
    """Every value a field allows."""
    found: set[int] = set()
    for part in word.split(","):
        span, slash, step = part.partition("/")
        if slash and not (step.isascii() and step.isdigit() and int(step)):
            raise _wrong(line, part, name)
        first, last = _span(line, span, name, open_end=bool(slash))
        found.update(range(first, last + 1, int(step or 1)))
    return found


def _span(line: str, span: str, name: str, open_end: bool) -> tuple[int, int]:
    """The ends of `*`, `a` or `a-b`; before a step, `a` alone runs to the end."""
    low, high, _ = FIELDS[name]
    if span in ("*", "?"):
        return low, high
    start, dash, end = span.partition("-")
    first = _number(line, start, name)
    last = _number(line, end, name) if dash else high if open_end else first
    if last < first:
        raise _wrong(line, span, name)
    return first, last


def _number(line: str, text: str, name: str) -> int:
    low, high, names = FIELDS[name]
    if text in names:
        return low + names.index(text)
    if text.isascii() and text.isdigit() and low <= int(text) <= high:
        return int(text)
    raise _wrong(line, text, name)


def _wrong(line: str, text: str, name: str) -> ProjectError:
    low, high, _ = FIELDS[name]
    return ProjectError(f"cron `{line}`: `{text}` is no {name} ({low} to {high}): {EXAMPLE}")
