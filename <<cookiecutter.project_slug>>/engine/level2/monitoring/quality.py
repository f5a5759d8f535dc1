"""Values that should not be there: missing, out of range, unknown, or in another unit."""

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from ..base.amounts import beyond
from ..baseline.compare import Comparer, Comparison
from ..baseline.findings import Finding
from ..baseline.reference import Column, Places
from ..data.feature import Feature
from ..params.monitor import Monitor

_WORTH_A_LOOK = 0.5  # of the limits: statistics of what lies outside every bin grow no further
# what may have been done to a value, and the line a * x + b that takes it back
DEGREES = {
    "°C became °F": (5 / 9, -160 / 9),
    "°F became °C": (1.8, 32.0),
    "°C became K": (1.0, -273.15),
    "K became °C": (1.0, 273.15),
}
SCALES = {
    "multiplied by 1,000": (1e-3, 0.0),
    "divided by 1,000": (1e3, 0.0),
    "multiplied by 100": (1e-2, 0.0),
    "divided by 100": (1e2, 0.0),
    "multiplied by 3.6": (1 / 3.6, 0.0),
    "divided by 3.6": (3.6, 0.0),
    "multiplied by 1.609": (1 / 1.609344, 0.0),
    "divided by 1.609": (1.609344, 0.0),
}


def missing(
    table: pd.DataFrame, columns: Mapping[str, Column], knobs: Monitor
) -> Iterator[Finding]:
    """Columns with more missing values than before."""
    for name, column in columns.items():
        share = float(table[name].isna().mean())
        limit = column.missing + knobs.max_missing_increase
        if share > limit:
            much, most = beyond(share, limit)
            detail = (
                f"`{name}` is missing in {much} of the rows and was in {column.missing:.1%}, "
                f"at most {most} is allowed (monitor.max_missing_increase)"
            )
            yield Finding("quality", "missing", name, share, limit, detail)


def out_of_range(
    table: pd.DataFrame, features: Mapping[str, Feature], knobs: Monitor
) -> Iterator[Finding]:
    """Numbers outside the contract's range."""
    for name, feature in features.items():
        if not feature.numeric or (feature.min is None and feature.max is None):
            continue
        values = table[name].to_numpy(np.float64)
        low = -np.inf if feature.min is None else feature.min
        high = np.inf if feature.max is None else feature.max
        share = float(np.mean((values < low) | (values > high)))  # a missing value is neither
        if share > knobs.max_out_of_range:
            much, most = beyond(share, knobs.max_out_of_range)
            detail = (
                f"`{name}` is outside {low:g} to {high:g} in {much} of the rows, at most "
                f"{most} is allowed (monitor.max_out_of_range)"
            )
            yield Finding("quality", "range", name, share, knobs.max_out_of_range, detail)


def unknown(
    table: pd.DataFrame,
    features: Mapping[str, Feature],
    columns: Mapping[str, Column],
    knobs: Monitor,
) -> Iterator[Finding]:
    """Categories the champion never saw."""
    for name, feature in features.items():
        column = columns.get(name)
        if feature.numeric or column is None:
            continue
        if feature.categories is None and column.counts[..., -1].any():
            continue  # the reference names its most frequent values alone
        known = set(feature.categories or ()) | set(column.values or ())
        values = table[name].dropna().astype(str)
        strange = values[~values.isin(known)]
        share = len(strange) / max(1, len(values))
        if share > knobs.max_unknown:
            much, most = beyond(share, knobs.max_unknown)
            detail = (
                f"`{name}` has values the champion never saw in {much} of the rows, "
                f"like `{strange.iloc[0]:.40}`; at most {most} is allowed "
                "(monitor.max_unknown)"
            )
            yield Finding("quality", "unknown", name, share, knobs.max_unknown, detail)


def strangers(table: pd.DataFrame, groups: Places, name: str, knobs: Monitor) -> Iterator[Finding]:
    """Entities the champion never saw; requests that name none are ignored."""
    named = table[name].notna().to_numpy() if name in table else np.zeros(len(table), bool)
    share = float(np.mean(groups[named] < 0)) if named.any() else 0.0
    if share > knobs.max_unknown:
        much, most = beyond(share, knobs.max_unknown)
        detail = (
            f"{much} of the rows are about a `{name}` the champion never saw, at most "
            f"{most} is allowed (monitor.max_unknown)"
        )
        yield Finding("quality", "unknown", name, share, knobs.max_unknown, detail)


def other_unit(
    compare: Comparer, item: Comparison, column: Column, values: "pd.Series", unit: str
) -> Finding | None:
    """A unit conversion that makes a drifted column look usual again."""
    if column.values is not None or item.times <= _WORTH_A_LOOK:
        return None
    for name, (factor, offset) in conversions(unit).items():
        back = compare(item.column, column, values.astype(np.float64) * factor + offset)
        usual = compare.knobs.margin * back.times if back else np.inf
        if back and usual <= 1 and back.psi < 0.5 * item.psi and back.gap < 0.7 * item.gap:
            detail = (
                f"`{item.column}` looks as if its unit changed ({name}): converted back, PSI falls "
                f"from {item.psi:.2f} to {back.psi:.2f}"
            )
            return Finding("quality", "unit", item.column, item.psi, item.psi_limit, detail)
    return None


def conversions(unit: str) -> dict[str, tuple[float, float]]:
    """Conversions that may happen to a column with this unit; without one, all."""
    if unit in ("°C", "°F", "K"):
        return DEGREES
    return SCALES if unit else {**DEGREES, **SCALES}
