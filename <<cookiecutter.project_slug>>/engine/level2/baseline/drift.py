"""Check whether a table still looks like the one a model was accepted on."""

from itertools import count
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from ..data.contract import TIMESTAMP, DataContract
from ..data.profile import counts, describe, expected
from .distances import psi

MIN_ROWS = 30  # fewer new rows say nothing
AROUND = pd.Timedelta(days=15)  # a season is the same days of earlier years, and some around
LATEST = pd.Timedelta(days=30)


class Finding(NamedTuple):
    """One column that changed: the measured value, the limit, and the sentence."""

    rule: str
    column: str
    value: float
    limit: float
    detail: str
    stops: bool


def drift(
    table: pd.DataFrame,
    contract: DataContract,
    reference: dict[str, Any],
    max_psi: float,
    max_missing_increase: float,
) -> list[Finding]:
    """Compare a table in order of time with the profile of the last accepted one.

    The target only causes a warning.

    Rows up to the end of the reference are compared with its profile: they should not change. Later
    rows are compared with the same season of earlier years, and may differ from it by `max_psi`
    more than those years differ from one another, so that a warm month is not an error.
    """
    known, new = _parts(table, contract, reference)
    findings = []
    for name in [*contract.features, contract.target]:
        like = reference["columns"].get(name)
        if not like or not like.get("counts"):
            continue
        stops = name != contract.target
        found = _rewritten(known[name], like, max_psi, stops)
        found = found or _emptier(known[name], new[name], like, max_missing_increase, stops)
        for part in _stretches(new):
            found = found or _seasonal(name, known[[TIMESTAMP, name]], part, max_psi, stops)
        findings += found
    return findings


def _rewritten(
    known: "pd.Series", like: dict[str, Any], max_psi: float, stops: bool
) -> list[Finding]:
    """Compare rows that were accepted before with their profile."""
    if (
        len(known) < MIN_ROWS
        or (value := float(psi(expected(like), counts(known, like)))) <= max_psi
    ):
        return []
    detail = (
        f"column `{known.name}` is distributed differently than in the last accepted data: "
        f"PSI {value:.2f}, at most {max_psi:g} is allowed (validate.drift.max_psi)"
    )
    return [Finding("distribution", str(known.name), value, max_psi, detail, stops)]


def _stretches(new: pd.DataFrame) -> list[pd.DataFrame]:
    """All new rows, and the latest alone: a fault that began last week is hidden in a year."""
    if len(new) < MIN_ROWS:
        return []
    latest = new[(new[TIMESTAMP] > new[TIMESTAMP].max() - LATEST).to_numpy()]
    return [new, latest] if MIN_ROWS <= len(latest) < len(new) / 1.5 else [new]


def _parts(
    table: pd.DataFrame, contract: DataContract, reference: dict[str, Any]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows the reference contained and rows that came later; without time all are known."""
    nothing = table.iloc[:0]
    if not contract.has_time or not reference.get("end"):
        return table, nothing
    # in order of time, so that the parts are views and not copies of a large table
    cut = int(table[TIMESTAMP].searchsorted(pd.Timestamp(reference["end"]), side="right"))
    if cut < 0.5 * reference["rows"]:
        return table, nothing  # most of the accepted rows are gone: another table, compared whole
    return table.iloc[:cut], table.iloc[cut:]


def _emptier(
    known: "pd.Series", new: "pd.Series", like: dict[str, Any], allowed: float, stops: bool
) -> list[Finding]:
    """Compare the missing share of new rows, then of known ones, with the profile."""
    for words, part in (("the new rows", new), ("the rows known before", known)):
        share = float(part.isna().mean()) if len(part) >= MIN_ROWS else 0.0
        if share > like["missing"] + allowed:
            detail = (
                f"column `{part.name}` is missing in {share:.1%} of {words} and was in "
                f"{like['missing']:.1%}, at most {allowed:.0%} more is allowed "
                "(validate.drift.max_missing_increase)"
            )
            return [Finding("missing_increase", str(part.name), share, allowed, detail, stops)]
    return []


def _seasonal(
    name: str, known: pd.DataFrame, new: pd.DataFrame, max_psi: float, stops: bool
) -> list[Finding]:
    """Compare new rows with the same days of earlier years."""
    windows, pools = _windows(known, new)
    if not windows:
        return []
    pooled = pd.concat(pools)[name]
    value = _psi(pooled, new[name])
    earlier = [
        _psi(pd.concat([*pools[:place], *pools[place + 1 :]])[name], window[name])
        for place, window in enumerate(windows)
        if len(windows) > 1
    ]
    usual = max(1.5 * max(earlier), 3 * float(np.mean(earlier))) if earlier else 0.0
    if value <= usual + max_psi:
        return []
    before = (
        f"earlier years differed by up to {max(earlier):.2f}" if earlier else "one year to compare"
    )
    detail = (
        f"column `{name}` is distributed differently in the {len(new):,} new rows than on the same "
        f"days of earlier years: PSI {value:.2f}, {before}, {usual + max_psi:.2f} is allowed "
        "(validate.drift.max_psi)"
    )
    return [Finding("distribution", name, value, usual + max_psi, detail, stops and bool(earlier))]


def _windows(
    known: pd.DataFrame, new: pd.DataFrame
) -> tuple[list[pd.DataFrame], list[pd.DataFrame]]:
    """The same days in each earlier year, and with the days around them."""
    time = known[TIMESTAMP]
    start, end = new[TIMESTAMP].min(), new[TIMESTAMP].max()
    windows: list[pd.DataFrame] = []
    pools: list[pd.DataFrame] = []
    for years in count(1):
        shift = pd.DateOffset(years=years)
        first, last = start - shift, end - shift
        if first < time.min():
            return windows, pools
        window = known[((time >= first) & (time <= last)).to_numpy()]
        if len(window) >= 0.5 * len(new):
            windows.append(window)
            pools.append(known[((time >= first - AROUND) & (time <= last + AROUND)).to_numpy()])
    return windows, pools


def _psi(reference: "pd.Series", current: "pd.Series") -> float:
    like = describe(reference)
    if not sum(expected(like)) or not current.notna().any():
        return 0.0
    return float(psi(expected(like), counts(current, like)))
