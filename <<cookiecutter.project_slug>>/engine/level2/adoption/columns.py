"""Decide which columns become features, under which name and with which allowed values."""

import math
import re
from dataclasses import replace
from typing import Any, NamedTuple

from ..data.digits import EXACT, center_of, merged
from ..data.feature import MAX_CATEGORIES
from .ambiguous_numbers import ambiguous_format
from .identifiers import names_rows
from .levels import repeats
from .looks import Look

MOSTLY_MISSING = 0.8  # a column emptier than this is left out
_ID = re.compile(
    r"(?i:(^|[_\W])(id|ids|uuid|guid|index|idx|instant|rownum|row|no|nr)$)|[a-z]I[dD]$"
    r"|^unnamed_\d+$"
)
NAMES_ROWS = (
    "is an identifier: long unique whole numbers, unrelated to `{}`; declare the column "
    "in data.features where they are amounts"
)
_TIME_WORD = re.compile(r"year|month|day|hour|week|date|age", re.I)


class Decision(NamedTuple):
    """A decision about a column and its reason."""

    column: str
    decision: str
    reason: str


def usable(looks: list[Look], target: Look) -> tuple[list[Look], list[Decision]]:
    """Split columns into features and excluded ones, with reasons."""
    chosen: list[Look] = []
    dropped: list[Decision] = []
    counters: list[tuple[Look, Decision]] = []
    for item in map(_named, looks):
        reason, counting = refused(item)
        if not reason and item.format is None and names_rows(item, target):
            reason = NAMES_ROWS.format(target.name)
        if not reason:
            chosen.append(item)
        elif counting:
            counters.append((item, Decision(item.name, "excluded", reason)))
        else:
            dropped.append(Decision(item.name, "excluded", reason))
    if not chosen and len(counters) == 1 and not _ID.search(counters[0][0].name):
        return [counters[0][0]], dropped  # counting rows, but all there is
    return chosen, dropped + [decision for _, decision in counters]


def _named(item: Look) -> Look:
    """Treat whole numbers with more digits than a number can hold as names."""
    if not item.long or item.kind == "constant":
        return item
    repeated = item.distinct <= MAX_CATEGORIES and item.distinct <= item.known / 2
    return replace(item, kind="category" if repeated else "text", numbers=None)


def refused(item: Look) -> tuple[str, bool]:
    """Why a column cannot be a feature (empty if it can), and whether it is just a row counter."""
    if item.kind == "empty":
        return "is empty", False
    if item.kind == "constant":
        return "has the same value in every row that has one", False
    if item.kind == "nested":
        return "holds lists or records, not single values", False
    if item.kind == "date":
        return "is a date but not the event time", False
    if item.missing > MOSTLY_MISSING * item.rows:
        return f"is missing in {item.missing / item.rows:.0%} of the rows", False
    if item.kind == "text":
        return "" if repeats(item) else _text(item), False
    if item.kind == "category" and item.unique:
        return "is an identifier: all values are different", False
    if item.kind == "int" and item.unique:
        return _counter(item)
    if item.kind in {"int", "float"}:
        return _too_fine(item), False
    return "", False


def _text(item: Look) -> str:
    if item.long:
        digits = max(len(text) for text in item.texts)
        whole = "" if any("." in text for text in item.texts) else "whole "
        return (
            f"is an identifier: {whole}numbers of up to {digits} digits, more than a "
            "number can hold"
        )
    example, odd = ambiguous_format(item)
    if example:
        beside = f", but also `{odd}`" if odd else " in more than one format"
        return f"holds numbers in a local format like `{example}`{beside}: write all of them alike"
    if item.unique:
        return "is an identifier or free text: all values are different"
    return f"is free text or names: {item.distinct:,} different values in {item.known:,} rows"


def _too_fine(item: Look) -> str:
    known = item.known_numbers
    lost = merged(known, center_of(known))
    if not lost:
        return ""
    return (
        f"has more digits than the model's numbers (float32) hold: {lost:,} of {item.distinct:,} "
        "values become equal to others: split it into two columns to use it"
    )


def _counter(item: Look) -> tuple[str, bool]:
    known = item.known_numbers
    if known.max() - known.min() == len(known) - 1 and not _TIME_WORD.search(item.name):
        return "is an identifier: it counts the rows", True
    if _ID.search(item.name):
        return "is an identifier by its name, and all values are different", False
    return "", False


def declare(item: Look) -> tuple[dict[str, Any], Decision]:
    """The contract's entry for one feature."""
    feature: dict[str, Any] = {"type": item.kind}
    about = f"{item.distinct:,} different values"
    if item.kind in {"float", "int"}:
        known = item.known_numbers
        low, high = float(known.min()), float(known.max())
        about = _range(low, high)
        if item.format is not None:
            feature |= {"unit": item.format.symbol} if item.format.symbol else {}
            feature["format"] = item.format.knobs()
        feature["min"], feature["max"] = bounds(low, high, item.kind == "int")
        if center := center_of(known):
            feature["center"] = int(center) if abs(center) < EXACT else center
            about = (
                f"from {low:.15g} to {high:.15g}, minus {center:.15g} for the model, because its "
                "float32 would make neighbours equal"
            )
    elif repeats(item):
        feature = {"type": "category", "encode": "target"}
        about = (
            f"{item.distinct:,} values, encoded by the target; unseen values count as "
            "`other` (or set unseen: refuse)"
        )
    elif item.kind == "category":
        feature["categories"] = sorted(
            {text for text in item.texts if text and text not in item.markers}
        )
        about = f"{item.distinct:,} categories"
        if item.long:
            about += ", whole numbers too long to be amounts, taken as names"
    if item.missing:
        feature["nullable"] = True
        marks = " or ".join(f"`{mark}`" for mark in sorted(item.markers))
        about += f", {item.missing:,} missing{f' written {marks}' if marks else ''}"
    return feature, Decision(item.name, f"{feature['type']} feature", about)


def _range(low: float, high: float) -> str:
    """`from 1890 to 2019`: whole numbers of four digits may be years, and have no comma."""
    plain = low % 1 == high % 1 == 0 and max(abs(low), abs(high)) < 10_000
    return f"from {low:.0f} to {high:.0f}" if plain else f"from {low:,.6g} to {high:,.6g}"


def bounds(low: float, high: float, whole: bool) -> tuple[float | int, float | int]:
    """The observed range, widened by half its width on each side; never negative if it was not."""
    half = (high - low) / 2
    bottom = max(0.0, low - half) if low >= 0 else low - half
    top = min(0.0, high + half) if high <= 0 else high + half
    if whole:
        return math.floor(bottom), math.ceil(top)
    return _tidy(bottom, half, math.floor), _tidy(top, half, math.ceil)


def _tidy(value: float, scale: float, outward: Any) -> float:
    """Round outward to two digits of the range."""
    unit = 10.0 ** (math.floor(math.log10(scale)) - 1) if scale > 0 else 1.0
    return float(f"{outward(value / unit) * unit:.15g}")
