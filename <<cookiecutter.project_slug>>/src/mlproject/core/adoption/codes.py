"""Whole numbers that may be names: what to write where they are, left to who knows the table."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..columns import Column, encode
from .columns import Decision
from .kinds import Look

if TYPE_CHECKING:
    import pandas as pd

PERHAPS_CODES = "or a category"
MOST_CODES = 12


def perhaps_codes(item: Look, raw: "pd.Series[Any]") -> Decision | None:
    """What to write where whole numbers counted on from 0 or 1 are names and no amounts."""
    if item.kind != "int" or not 2 < item.distinct <= MOST_CODES or item.unique:
        return None
    low, high = int(item.known_numbers.min()), int(item.known_numbers.max())
    if low not in {0, 1} or high - low + 1 != item.distinct:
        return None
    written = {text for text in encode(Column(raw, item.name, "", item.markers))[1] if text}
    texts = ", ".join(f"'{text}'" for text in sorted(written - item.markers, key=float))
    nullable = ", nullable: true" if item.missing else ""
    entry = f"{{type: category, categories: [{texts}]{nullable}}}"
    return Decision(item.name, PERHAPS_CODES, f"if its numbers are codes, write {entry}")


def hints(rename: Mapping[str, str], decisions: Sequence[Decision]) -> dict[str, str]:
    """What params.yaml says beside features that could be declared otherwise."""
    return {
        rename.get(item.column, item.column): item.reason
        for item in decisions
        if item.decision == PERHAPS_CODES
    }
