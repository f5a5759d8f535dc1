"""Pandera: the contract's column rules as a schema, and its findings as plain records."""

import warnings
from typing import Any, NamedTuple

import pandas as pd
import pandera.pandas as pa

from .schema import ColumnRule


class Failure(NamedTuple):
    """One broken rule: column, how many rows break it, the first of them and its value."""

    rule: str
    column: str
    rows: int
    position: int | None
    value: Any


def schema(rules: list[ColumnRule], key: list[str]) -> pa.DataFrameSchema:
    """Return the pandera schema of an ingested table."""
    return pa.DataFrameSchema(
        {
            rule.column: pa.Column(rule.dtype, _checks(rule), nullable=rule.nullable)
            for rule in rules
        },
        unique=key,
        strict=True,
        ordered=True,
    )


def names(rule: ColumnRule) -> list[str]:
    """The named rules a column is checked for."""
    return ["type", *([] if rule.nullable else ["not_null"]), *(c.error for c in _checks(rule))]


def failures(table: pd.DataFrame, rules: list[ColumnRule], key: list[str]) -> list[Failure]:
    """Check lazily and return the broken rules, in column order."""
    try:
        with warnings.catch_warnings():  # of pandas, about how pandera joins its findings
            warnings.simplefilter("ignore", FutureWarning)
            schema(rules, key).validate(table, lazy=True, inplace=True)  # nothing is coerced
    except pa.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        found = [
            _failure(column, check, part)
            for (column, check), part in cases.groupby(
                ["column", "check"], sort=False, dropna=False
            )
        ]
        order = [rule.column for rule in rules]
        found.sort(key=lambda item: order.index(item.column) if item.column in order else -1)
        twice = [item for item in found if item.rule == "unique_key"]
        return twice[:1] + [item for item in found if item.rule != "unique_key"]
    return []


def _checks(rule: ColumnRule) -> list[pa.Check]:
    checks = []
    if rule.minimum is not None and rule.maximum is not None:
        checks.append(pa.Check.in_range(rule.minimum, rule.maximum, error="range"))
    elif rule.minimum is not None:
        checks.append(pa.Check.ge(rule.minimum, error="range"))
    elif rule.maximum is not None:
        checks.append(pa.Check.le(rule.maximum, error="range"))
    if rule.allowed is not None:
        checks.append(pa.Check.isin(list(rule.allowed), error="allowed"))
    if rule.whole:
        checks.append(pa.Check(lambda values: values == values.round(), error="whole"))
    if rule.dtype == "float64":
        checks.append(pa.Check(lambda values: values.abs() != float("inf"), error="finite"))
    return checks


def _failure(column: Any, check: Any, cases: pd.DataFrame) -> Failure:
    names = {"not_nullable": "not_null", "multiple_fields_uniqueness": "unique_key"}
    text = str(check)
    rule = "type" if text.startswith("dtype") else names.get(text, text)
    first = cases.iloc[0]
    position = None if pd.isna(first["index"]) else int(first["index"])
    return Failure(rule, str(column), len(cases), position, first["failure_case"])
