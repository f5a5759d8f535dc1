"""Names of columns that the project adds; no column of a table may have one, ignoring case.

DuckDB, and Feast with it, treats `Wind` and `wind` as one column.
"""

import re
from collections.abc import Collection, Iterable, Iterator

ALWAYS = frozenset({"event_timestamp", "created_timestamp", "split", "prediction", "truth"})
# Join keys that are made, columns of outputs, baselines, and columns Feast makes while it joins.
OUTPUTS = frozenset(
    {
        *("row_id", "series", "model_version", "answered", "prediction_threshold"),
        *("mean", "prior", "last_value", "seasonal_naive", "entity_mean"),
        *("rn", "entity_row_id", "event_expire_timestamp"),
    }
)


def folded(names: Iterable[str]) -> set[str]:
    """The names as DuckDB compares them."""
    return {name.casefold() for name in names}


def reserved(name: str) -> bool:
    """Whether the name is reserved, so that no column of a contract may have it."""
    return name.casefold() in ALWAYS


def chance(label: str) -> str:
    """Name of the column with the probability of a class."""
    return f"p_{label}"


def twice(names: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Pairs of names that differ only in case."""
    seen: dict[str, str] = {}
    for name in names:
        known = seen.setdefault(name.casefold(), name)
        if known != name:
            yield known, name


def free(name: str, taken: Collection[str]) -> str:
    """The name, or the first of `name_2`, `name_3`, ... that is not in `taken` (folded)."""
    found, number = name, 2
    while found.casefold() in taken:
        found, number = f"{name.rstrip('_')}_{number}", number + 1
    return found


def made(name: str, target: str, key: str, classes: Iterable[str]) -> bool:
    """Whether the project may give this name to a column it adds.

    `target` and `key` (the join key) are names of the contract: lags, the repeated entity and
    probabilities are named after them and after the classes.
    """
    low = name.casefold()
    if low in ALWAYS | OUTPUTS or low.endswith("_yyyy"):  # Feast's word for a second column
        return True
    if re.fullmatch(rf"{re.escape(target.casefold())}_lag_\d+", low):
        return True
    return low == f"{key}_key".casefold() or low in folded(map(chance, classes))
