"""Whole numbers that may be codes: suggest what to write if they are."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.columns import Column, encode
from .columns import Decision
from .looks import Look

if TYPE_CHECKING:
    import pandas as pd

PERHAPS_CODES = "or a category"
MOST_CODES = 12


def perhaps_codes(item: Look, raw: "pd.Series[Any]") -> Decision | None:
    """Suggest an entry for columns of consecutive whole numbers from 0 or 1 that may be codes."""
    if item.kind != "int" or not 2 < item.distinct <= MOST_CODES or item.unique:
        return None
    low, high = int(item.known_numbers.min()), int(item.known_numbers.max())
    if low not in {0, 1} or high - low + 1 != item.distinct:
        return None
    if item.format is not None:
        return None
    codes, found = encode(Column(raw, item.name, "", item.markers))
    numbers = item.numbers if item.numbers is not None else np.empty(0)
    read = np.zeros(len(found), dtype=bool)
    read[codes[~np.isnan(numbers)]] = True  # a word among them is refused later, with its line
    written = sorted((str(text) for text in found[read]), key=float)
    texts = ", ".join(f"'{text}'" for text in written)
    nullable = ", nullable: true" if item.missing else ""
    entry = f"{{type: category, categories: [{texts}]{nullable}}}"
    return Decision(item.name, PERHAPS_CODES, f"if its numbers are codes, write {entry}")


def hints(rename: Mapping[str, str], decisions: Sequence[Decision]) -> dict[str, str]:
    """Comments for params.yaml on features that could be declared differently."""
    return {
        rename.get(item.column, item.column): item.reason
        for item in decisions
        if item.decision == PERHAPS_CODES
    }
