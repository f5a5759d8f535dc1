"""Numbers that nearly or only possibly have a local format."""

import math
import re

import pandas as pd

from ..data.number_format import parser, readings, symbol_of
from .looks import Look

_GROUPED = r"[+-]?[1-9]\d{0,2}(\.\d{3})+"
_FORMATTED = re.compile(r"[(+-]?\W{0,3}\d{1,3}(?:[.,' ]?\d{3})*(?:[.,]\d+)?\W{0,4}-?\)?")


def grouped(values: "pd.Series") -> bool:
    """Whether plain numbers like 1.234 could be thousands with a point as separator."""
    if not isinstance(values.dtype, pd.StringDtype):
        return False
    known = values[values.str.strip() != ""].dropna().str.strip()
    return bool(len(known) and known.str.fullmatch(r"[+-]?\d{1,3}|" + _GROUPED).all()) and bool(
        known.str.contains(".", regex=False).any()
    )


def ambiguous_format(found: Look) -> tuple[str, str]:
    """A number in a local format and the text that is not one, if nearly all are such numbers."""
    texts = [text for text in found.texts if text and text not in found.markers]
    few = texts[:: max(1, len(texts) // 500)]
    fitting = [text for text in few if _FORMATTED.fullmatch(text) and symbol_of(text) is not None]
    dressed = [text for text in fitting if not text.isdigit()]
    if not dressed or len(fitting) < 0.9 * len(few):
        return "", ""
    forms = readings(dressed[:1])
    reads = [parser(form) for form in forms]
    odd = [text for text in texts if all(math.isnan(read(text)) for read in reads)]
    return dressed[0], odd[0] if odd else ""
