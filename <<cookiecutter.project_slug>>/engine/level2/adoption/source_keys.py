"""Find the columns by which rows of the main table find theirs in a further one."""

from collections.abc import Mapping, Sequence
from itertools import combinations

import pandas as pd

from ..base.errors import ProjectError
from ..data.contract import DataContract
from .columns import Decision


def find_source_keys(
    raw: pd.DataFrame,
    contract: DataContract,
    pairs: Mapping[str, str],
    times: Sequence[str],
    said: str,
) -> tuple[dict[str, str], list[Decision]]:
    """Main table's name by each column that finds the rows; and why."""
    main = [contract.entity] if contract.entity else []
    main += [name for name, item in contract.features.items() if not (item.numeric or item.source)]
    known = ", ".join(f"`{name}`" for name in main) or "it has none"
    for column, name in pairs.items():
        if name not in main:
            raise ProjectError(
                f"{said}: `{name}` is not the entity and no category of {contract.source} "
                f"({known}): say ENTITY={column}:name, with its name there"
            )
    if pairs:
        found, why = dict(pairs), "asked for by ENTITY"
    else:
        alike = {column: contract.rename.get(column, column) for column in raw.columns}
        shared = {c: n for c, n in alike.items() if n in main and c not in times}
        found, why = _smallest(raw, shared, contract.entity, times), "a column of both tables"
    twice = raw.duplicated([*found, *times])
    if twice.any() and not pairs:
        raise ProjectError(
            f"{said}: {int(twice.sum()):,} rows share their {' and '.join([*found, *times])} with "
            f"another: say which column finds a row, ENTITY=column or ENTITY=column:name, of "
            f"{contract.source} ({known}), or when each became known, CREATED=column"
        )
    decisions = [
        Decision(column, "key", f"{why}{f', there `{name}`' if name != column else ''}")
        for column, name in found.items()
    ]
    if not found:
        decisions = [Decision("", "no key", "times are different: a row is valid for all rows")]
    return found, decisions


def _smallest(
    raw: pd.DataFrame, shared: Mapping[str, str], entity: str | None, times: Sequence[str]
) -> dict[str, str]:
    """The entity if both have it, and as few further columns as make the rows different."""
    first = [column for column, name in shared.items() if name == entity]
    others = [column for column in shared if column not in first]
    for count in range(len(others) + 1):
        for more in combinations(others, count):
            if not raw.duplicated([*first, *more, *times]).any():
                return {column: shared[column] for column in (*first, *more)}
    return dict(shared)
