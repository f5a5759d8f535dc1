"""A summary of an accepted table's columns, small enough to store with the model."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from .contract import TIMESTAMP, DataContract
from .feature import MAX_CATEGORIES

BINS = 10
TOP_VALUES = 50  # counted by name of a category that has too many; the rest is counted together
FEW = 12  # numbers with at most this many values are counted one by one

Counts = npt.NDArray[np.float64]


def profile(table: pd.DataFrame, contract: DataContract) -> dict[str, Any]:
    """Rows, period and, per feature and target: missing share, mean, counts by bin or value."""
    time = table[TIMESTAMP]
    return {
        "rows": len(table),
        "start": time.min().isoformat() if contract.has_time else None,
        "end": time.max().isoformat() if contract.has_time else None,
        "columns": {name: describe(table[name]) for name in [*contract.features, contract.target]},
    }


def describe(values: "pd.Series") -> dict[str, Any]:
    """Missing share, and the distribution of the other values."""
    known = values.dropna()
    found: dict[str, Any] = {"missing": round(1 - len(known) / max(1, len(values)), 6)}
    if values.dtype != object:
        found["mean"] = float(known.mean()) if len(known) else None
        if many(known):
            found["edges"] = edges(known.to_numpy(np.float64))
    found["counts"] = counts(values, found) if "edges" in found else None
    if found["counts"] is None:
        often = top(known)
        if (others := len(known) - int(often.sum())) > 0:
            found["others"] = others
        found["counts"] = {str(key): int(n) for key, n in often.sort_index().items()}
    else:
        found["counts"] = [int(n) for n in found["counts"]]
    return found


def top(known: "pd.Series") -> "pd.Series[int]":
    """Rows per value, of only the most frequent if there are too many to list."""
    often = known.value_counts()
    return often if len(often) <= MAX_CATEGORIES else often.iloc[:TOP_VALUES]


def many(known: "pd.Series") -> bool:
    """Whether numbers have more than a few different values; mostly decided on a sample."""
    return known.head(1000).nunique() > FEW or known.nunique() > FEW


def edges(values: npt.NDArray[np.float64], bins: int = BINS) -> list[float]:
    """Inner edges of bins with about the same number of values each."""
    inner = np.quantile(values, np.linspace(0, 1, bins + 1)[1:-1])
    return [float(edge) for edge in np.unique(inner)]


def counts(values: "pd.Series", like: dict[str, Any]) -> Counts:
    """Count values in the bins of a description, or by its values and then all others."""
    known = values.dropna()
    if "edges" in like:
        places = np.searchsorted(np.asarray(like["edges"]), known.to_numpy(np.float64), "left")
        return np.bincount(places, minlength=len(like["edges"]) + 1).astype(np.float64)
    found = {str(key): int(n) for key, n in known.value_counts().items()}
    named = [found.pop(key, 0) for key in like["counts"]]
    return np.array([*named, sum(found.values())], dtype=np.float64)


def expected(like: dict[str, Any]) -> Counts:
    """The counts of a description, in the order of `counts`."""
    if "edges" in like:
        return np.asarray(like["counts"], dtype=np.float64)
    return np.array([*like["counts"].values(), like.get("others", 0)], dtype=np.float64)
