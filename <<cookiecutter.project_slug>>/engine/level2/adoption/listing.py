"""The decisions of `adopt` as terminal lines, most important first."""

import unicodedata
from collections.abc import Iterable, Sequence
from textwrap import wrap

from ..model import wording
from .columns import Decision

WIDTH = 100
NAME = 24  # cells for a column's name; a longer one gets a line of its own
MOST_RENAMES = 12
RENAMED = "called "
FEATURE = " feature"
# How a decision begins, in the order in which it is worth reading. What begins otherwise is a note.
ORDER: tuple[tuple[str, ...], ...] = (
    ("target",),
    (
        "event time",
        "chosen as event time",
        "no event time",
        "hour of the event time",
        "time",
        "no single time zone",
        "rows are numbered",
        "independent rows",
        "frequency",
        "no frequency",
        "split",
    ),
    ("unpacked", "values", "numbers like"),
    ("entity", "one series", "key", "no key", "created time"),
    ("excluded", "perhaps a prediction"),
    (FEATURE,),
    ("renamed",),
    ("calendar", "lags"),
)


def lines(decisions: Sequence[Decision]) -> list[str]:
    """Every decision with its reason, lines at most 100 cells wide, all renames in one line."""
    renames = [item for item in decisions if item.decision.startswith(RENAMED)]
    others = [item for item in decisions if not item.decision.startswith(RENAMED)]
    shown = sorted([*others, *_renamed(renames)], key=weight)
    return [line for item in shown for line in _wrapped(item)]


def weight(item: Decision) -> int:
    """The sort position of a decision: 0 for the target, highest for notes."""
    said = item.decision.casefold()
    for place, starts in enumerate(ORDER):
        if said.startswith(starts) or (starts == (FEATURE,) and said.endswith(FEATURE)):
            return place
    return len(ORDER)


def _renamed(renames: Sequence[Decision]) -> list[Decision]:
    if not renames:
        return []
    pairs = [
        f"`{wording.clean(item.column, 60)}` → {item.decision.removeprefix(RENAMED)}"
        for item in renames[:MOST_RENAMES]
    ]
    rest = len(renames) - MOST_RENAMES
    more = [f"and {rest:,} more in data.rename"] if rest > 0 else []
    reasons = "; ".join(dict.fromkeys(item.reason for item in renames))
    return [Decision("", "renamed", f"{', '.join([*pairs, *more])} ({reasons})")]


def _wrapped(item: Decision) -> Iterable[str]:
    name = wording.clean(item.column, WIDTH - 2) or "(table)"
    indent = " " * (NAME + 2)
    text = f"{item.decision}: {item.reason}"
    first, *rest = wrap(text, WIDTH - len(indent), break_on_hyphens=False)
    if cells(name) > NAME:
        yield f" {name}"
        yield f"{indent}{first}"
    else:
        yield f" {name}{' ' * (NAME - cells(name))} {first}"
    yield from (f"{indent}{line}" for line in rest)


def cells(text: str) -> int:
    """How many terminal cells a text takes."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(unicodedata.combining(char) > 0 for char in text)
