"""Features that the project's own functions compute from other columns of the same row.

The same function is called for whole tables during training and for the rows of a request.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ..base.amounts import plural
from ..base.errors import ProjectError
from ..data.contract import DataContract
from ..data.feature import Feature
from . import own_rows

ALONE = 12  # rows that are computed one at a time too, to see that no other row plays a part


@dataclass(frozen=True)
class OwnFeature:
    """A feature that the project declares.

    `compute` takes a table of the `inputs` and returns one value per row; it raises ProjectError
    for a fault in the project's function. `place` names the declaration in messages.
    """

    feature: Feature
    inputs: tuple[str, ...]
    compute: Callable[[pd.DataFrame], Any]
    place: str


_OWN: dict[str, OwnFeature] = {}


def add_own(found: Mapping[str, OwnFeature]) -> None:
    """Register the project's own features, replacing those registered before."""
    _OWN.clear()
    _OWN.update(found)


def choosable() -> tuple[str, ...]:
    """Names allowed in `featurize.own`."""
    return tuple(_OWN)


def inputs_of(name: str) -> tuple[str, ...]:
    """Columns that a feature is computed from."""
    return declared(name).inputs


def declared(name: str) -> OwnFeature:
    """Return the declaration of a feature. Raises ProjectError if there is none."""
    if name not in _OWN:
        raise ProjectError(
            f"the feature {name} is the project's own, and features.py in src/ does not declare it"
        )
    return _OWN[name]


def column(name: str, table: pd.DataFrame, contract: DataContract) -> "pd.Series[Any]":
    """Compute a feature for every row.

    Raises ProjectError if the function fails or a value does not fit the feature's type; it names
    the first such row by its key and inputs.
    """
    own = declared(name)
    given = table[list(own.inputs)]
    try:
        found = own.compute(given.copy())
    except ProjectError as error:
        place = own_rows.culprit(own.compute, given)
        if place is None:
            raise
        where = own_rows.named(table, place, own.inputs, contract)
        raise ProjectError(f"{error}, first {where}") from error
    if np.ndim(found) != 1 or len(found) != len(table):
        raise ProjectError(
            f"{own.place} returned {_shape(found)} for {plural(len(table), 'row')}: "
            "return one value per row"
        )
    values = pd.Series(np.asarray(found), index=table.index, name=name)

    def first(wrong: Any) -> str:
        place = int(np.argmax(np.asarray(wrong)))
        return f"first {own_rows.named(table, place, own.inputs, contract)}"

    return _typed(own, values, first)


def _shape(found: Any) -> str:
    size = np.shape(found)
    return plural(size[0], "value") if len(size) == 1 else f"an array of shape {size}"


def _typed(
    own: OwnFeature, values: "pd.Series[Any]", first: Callable[[Any], str]
) -> "pd.Series[Any]":
    """The values in the feature's type; missing ones only if the feature is nullable.

    `first` names the first of the rows that a mask marks as wrong.
    """
    missing = values.isna()
    if missing.any() and not own.feature.nullable:
        raise ProjectError(
            f"{own.place} has no value in {plural(int(missing.sum()), 'row')}, {first(missing)}: "
            'return one, or declare it with "nullable": True'
        )
    if not own.feature.numeric:
        return values.astype(object).where(missing, values.astype(str)).where(~missing, None)
    try:
        numbers = values.astype("float64")
    except (TypeError, ValueError):
        wrong = pd.to_numeric(values, errors="coerce").isna() & ~missing
        raise ProjectError(
            f"{own.place} returned values that are not numbers, {first(wrong)}"
        ) from None
    if (infinite := np.isinf(numbers)).any():
        raise ProjectError(
            f"{own.place} returned an infinite value, {first(infinite)}: return a finite number"
        )
    if own.feature.type in ("int", "bool") and (part := numbers.fillna(0) % 1 != 0).any():
        raise ProjectError(
            f"{own.place} is declared as {own.feature.type} and returned fractions, {first(part)}"
        )
    if own.feature.type == "bool" and not missing.any():
        return numbers.astype(bool)
    return numbers


def check_alone(name: str, table: pd.DataFrame, contract: DataContract) -> None:
    """Compute some rows separately and compare with the whole table.

    Raises ProjectError if another row had an influence: requests contain single rows.
    """
    own, whole = declared(name), column(name, table, contract)
    for place in np.unique(np.linspace(0, len(table) - 1, ALONE).astype(int)):
        [one], known = column(name, table.iloc[[place]], contract), whole.iloc[place]
        same = one == known or (pd.isna(one) and pd.isna(known))
        if not same and not (own.feature.numeric and np.isclose(float(one), float(known))):
            raise ProjectError(
                f"{own.place} depends on other rows: row {place + 1:,} is {one} alone and {known} "
                "in the table; compute it from the row's own columns, a request has no others"
            )
