"""Text columns with many repeated values: categories instead of free text."""

import numpy as np

from ..data.feature import MAX_CATEGORIES, MAX_LEVELS
from ..data.requests import MAX_TEXT
from .ambiguous_numbers import ambiguous_format
from .looks import Look

ROWS_EACH = 3  # rows that a value must have more than, on average
TWICE = 0.9  # share of the rows whose value must come more than once


def repeats(item: Look) -> bool:
    """Whether a text column has too many values for one-hot encoding, each in several rows."""
    if item.kind != "text" or item.codes is None or not _few_enough(item):
        return False
    known = item.codes[item.codes >= 0]
    often = np.bincount(known)[known] > 1
    texts = (text for text in item.texts if text not in item.markers)
    return (
        float(often.mean()) >= TWICE
        and all(len(text) <= MAX_TEXT and text.isprintable() for text in texts)
        and not ambiguous_format(item)[0]
    )


def _few_enough(item: Look) -> bool:
    return MAX_CATEGORIES < item.distinct <= MAX_LEVELS and item.distinct * ROWS_EACH < item.known
