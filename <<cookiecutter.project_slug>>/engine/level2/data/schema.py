"""Rules for each column, derived from the contract, and rules for the table as a whole."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..base.amounts import beyond, listed, plural
from .contract import ROW_ID, TIMESTAMP, DataContract
from .digits import center_of, merged
from .feature import Feature
from .times import DTYPE

MIN_CLASS_ROWS = 5


@dataclass(frozen=True)
class ColumnRule:
    """The allowed values of one column of the ingested table."""

    column: str
    dtype: str
    key: str  # where params.yaml says so
    nullable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    allowed: tuple[str, ...] | tuple[float, ...] | None = None
    whole: bool = False

    def expectation(self, rule: str) -> str:
        """What a named rule requires, as the end of a sentence."""
        if rule == "range":
            low = "" if self.minimum is None else f"{self.minimum:g}"
            high = "" if self.maximum is None else f"{self.maximum:g}"
            if low and high:
                return f"{self.key} allows {low} to {high}"
            return f"{self.key} allows {f'{low} or more' if low else f'{high} or less'}"
        if rule == "allowed":
            values = [f"{x:g}" if isinstance(x, float) else x for x in self.allowed or ()]
            return f"{self.key} allows {listed(values)}"
        texts = {
            "whole": f"{self.key} is of type int",
            "not_null": f"{self.key} is not nullable",
            "type": f"it must be of type {self.dtype}",
            "finite": "it must be finite",
        }
        return texts[rule]


def column_rules(contract: DataContract) -> list[ColumnRule]:
    """One rule set per column of the ingested table, in order."""
    entity = contract.entity_column
    whole_id = entity == ROW_ID
    rules = [
        ColumnRule(
            entity, "int64" if whole_id else "object", "data.entities", allowed=contract.entities
        ),
        ColumnRule(TIMESTAMP, DTYPE, "data.event_timestamp"),
    ]
    for name, feature in contract.features.items():
        rules.append(
            ColumnRule(
                name,
                "object" if feature.type == "category" else "float64",
                f"data.features.{name}",
                feature.nullable,
                feature.min,
                feature.max,
                (0.0, 1.0) if feature.type == "bool" else feature.allowed,
                feature.type == "int",
            )
        )
    if contract.task == "regression":
        rules.append(ColumnRule(contract.target, "float64", "data.target"))
    else:
        top = float(len(contract.classes or ()) - 1)
        rules.append(ColumnRule(contract.target, "int64", "data.classes", False, 0.0, top))
    if contract.group is not None and contract.group not in [rule.column for rule in rules]:
        rules.append(ColumnRule(contract.group, "object", "data.group"))
    if contract.sample_weight is not None:
        rules.append(
            ColumnRule(contract.sample_weight, "float64", "data.sample_weight", False, 0.0)
        )
    return rules


class Check(NamedTuple):
    """One named rule and whether the table satisfies it."""

    name: str
    ok: bool
    detail: str


def table_checks(
    table: pd.DataFrame, contract: DataContract, min_rows: int, max_missing: float
) -> list[Check]:
    """Rules for the table as a whole: size, empty columns, missing shares, a learnable target."""
    rows, target = len(table), contract.target
    checks = [
        Check(
            "min_rows",
            rows >= min_rows,
            f"the table has {plural(rows, 'row')}, at least {min_rows:,} are needed "
            "(validate.min_rows)",
        )
    ]
    for name in contract.features:
        share = float(table[name].isna().mean())
        known = f"values in {rows - round(share * rows):,}" if share < 1 else "no value in any"
        detail = f"column `{name}` has {known} of {rows:,} rows"
        checks.append(Check("empty_column", share < 1, detail))
        much, most = beyond(share, max_missing)
        detail = (
            f"column `{name}` is missing in {much} of {plural(rows, 'row')}, at most "
            f"{most} may be (validate.max_missing)"
        )
        checks.append(Check("max_missing", share <= max_missing, detail))
        if contract.features[name].type in {"float", "int"}:
            checks.append(_digits(table[name], f"column `{name}`", contract.features[name].center))
        if contract.features[name].type == "category":
            checks.append(_category_check(table[name], contract.features[name]))
    values = table[target]
    if contract.task == "regression":
        checks.append(_digits(values, f"the target `{target}`", None))
        different = values.nunique()
        detail = f"the target `{target}` has {different:,} different values"
        if different <= 1:
            detail = (
                f"the target `{target}` has the same value in all {rows:,} rows: nothing to learn"
            )
        return [*checks, Check("constant_target", different > 1, detail)]
    return checks + _class_checks(values, contract)


def _digits(values: "pd.Series[float]", column: str, center: float | None) -> Check:
    """Whether float32, the model's number type, can tell the values apart."""
    known = values.to_numpy()
    lost = merged(known, center or 0.0)
    if not lost:
        return Check("digits", True, column)
    better = center_of(known[np.isfinite(known)])
    right = "subtract a constant from it, or split it into two columns"
    if center is not None and better != center and not merged(known, better):
        right = f"set data.features.{values.name}.center: {better:.15g}"
    detail = (
        f"{column} has more digits than the model's numbers (float32) hold, {lost:,} of its values "
        f"become equal to others: {right}"
    )
    return Check("digits", False, detail)


def _category_check(values: "pd.Series[str]", feature: Feature) -> Check:
    number = values.nunique()
    instead = "" if feature.by_target else ", or set encode: target"
    detail = (
        f"column `{values.name}` has {number:,} categories, at most {feature.most:,} are allowed: "
        f"group the rare ones or remove it from data.features{instead}"
    )
    return Check("max_categories", number <= feature.most, detail)


def _class_checks(values: "pd.Series[int]", contract: DataContract) -> list[Check]:
    counts = np.bincount(values.to_numpy(), minlength=len(contract.classes or ()))
    present = int((counts > 0).sum())
    only = (contract.classes or ("",))[int(counts.argmax())]
    detail = f"the target `{contract.target}` has rows of {present} classes"
    if present <= 1:
        rows = f"all {len(values):,} rows"
        detail = f"the target `{contract.target}` is `{only}` in {rows}: nothing to learn"
    checks = [Check("one_class", present > 1, detail)]
    for name, number in zip(contract.classes or (), counts, strict=False):
        detail = (
            f"class `{name}` of the target `{contract.target}` has "
            f"{plural(int(number), 'row')}, at least "
            f"{MIN_CLASS_ROWS} are needed: remove it from data.classes or bring more"
        )
        checks.append(Check("class_rows", bool(number >= MIN_CLASS_ROWS), detail))
    return checks


def warnings(table: pd.DataFrame, contract: DataContract) -> list[str]:
    """Things worth a look that do not stop the run."""
    found = []
    for name in contract.features:
        share = float(table[name].isna().mean())
        if share >= 0.001:
            found.append(f"{name} {100 * share:.1f} % missing")
        known = table[name].dropna()
        if len(known) and (known == known.iloc[0]).all():
            found.append(f"{name} has one value only")
    return found
