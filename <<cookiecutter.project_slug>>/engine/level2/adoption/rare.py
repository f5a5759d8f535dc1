"""Classes with few rows: the gate checks how many of them are found."""

from typing import TYPE_CHECKING, Any

import numpy as np

from ..data.columns import Column, encode
from .columns import Decision
from .target import Answer

if TYPE_CHECKING:
    import pandas as pd

RARE = 0.1  # share of the rows below which a class is rare
OF_EVEN = 0.5  # and below this part of an even share, where there are many classes
WANTED = 0.5  # share of a rare class that must be found


def least_recalls(raw: "pd.Series[Any]", answer: Answer) -> tuple[dict[str, float], list[Decision]]:
    """`promote.min_recall` for the rare classes of the raw target, and a line about them."""
    if not answer.classes:
        return {}, []
    codes, texts = encode(Column(raw, answer.column, "", answer.markers))
    counts = np.bincount(codes[codes >= 0], minlength=len(texts))
    limit = min(RARE, OF_EVEN / len(answer.classes))
    shares = {str(text): n / max(1, counts.sum()) for text, n in zip(texts, counts, strict=True)}
    rare = [name for name in answer.classes if shares.get(name, 1.0) < limit]
    told = ", ".join(f"`{name}` {shares[name]:.1%}" for name in rare[:5])
    more = f" and {len(rare) - 5} more" if len(rare) > 5 else ""
    binary = "; evaluate.threshold sets the probability from which it is predicted"
    reason = (
        f"{told}{more} of the rows: {WANTED:.0%} of them must be found (promote.min_recall)"
        f"{binary if answer.task == 'binary' else ''}"
    )
    word = "rare class" if len(rare) == 1 else "rare classes"
    decisions = [Decision(answer.column, word, reason)] if rare else []
    return dict.fromkeys(rare, WANTED), decisions
