"""`validate`: the ingested table against its contract and against the last accepted data."""

from typing import Any

import pandas as pd

from ...base.amounts import plural
from ...base.errors import ProjectError
from ...base.files import write_json
from ...baseline.drift import Finding, drift
from ...data import pandera, parquet
from ...data.contract import ROW_ID, TIMESTAMP, DataContract
from ...data.profile import profile
from ...data.schema import Check, ColumnRule, column_rules, table_checks, warnings
from ...data.times import shown
from ...project import Context
from ..leakage import advice, find_leakage


def run(context: Context, reference: dict[str, Any] | None = None) -> str:
    """Check the table; write checks, warnings and profile; return their number in one line.

    `reference` is the profile of the last accepted data, by default the champion's; empty for none.
    Raises ProjectError for the first violated rule.
    """
    contract, settings = context.params.data, context.params.validate_
    table = parquet.read(context.workspace.need(context.workspace.ingested, "ingest"))
    if list(table.columns) != contract.columns():
        raise ProjectError(
            "data/ingested.parquet has other columns than params.yaml names: run `ingest` again"
        )
    checks = table_checks(table, contract, settings.min_rows, settings.max_missing)
    _stop(checks, contract)
    checks += _schema_checks(table, contract)
    _stop(checks, contract)
    checks.append(_leakage(table, contract, settings.single_feature_score))
    _stop(checks, contract)
    if reference is None:
        from ...registry.champion import champion_profile

        reference = champion_profile(context)
    findings = _drift(context, table, reference)
    checks += _drift_checks(contract, reference, findings)
    _stop(checks, contract)
    notes = warnings(table, contract)
    slight = [item for item in findings if not item.stops]
    write_json(
        context.workspace.validation,
        {
            "checks": [check._asdict() for check in checks],
            "warnings": notes + [item.detail for item in slight],
            "profile": profile(table, contract),
        },
    )
    short = [f"{item.column} drifted, PSI {item.value:.2f}" for item in slight]
    return summary(len(checks), notes + short)


def summary(checks: int, notes: list[str]) -> str:
    """`42 checks passed · 1 warning: temperature 3.1 % missing`."""
    if not notes:
        return f"{plural(checks, 'check')} passed"
    more = " ..." if len(notes) > 1 else ""
    return f"{plural(checks, 'check')} passed · {plural(len(notes), 'warning')}: {notes[0]}{more}"


def _stop(checks: list[Check], contract: DataContract) -> None:
    """Raise a ProjectError for the first failed check, naming the others."""
    broken = [check for check in checks if not check.ok]
    if not broken:
        return
    first, *others = broken
    also = f"; {len(others)} more rules are violated" if len(others) > 1 else ""
    also = f"; rule {others[0].name} is violated too" if len(others) == 1 else also
    raise ProjectError(f"{contract.source}: rule {first.name}: {first.detail}{also}")


def _schema_checks(table: pd.DataFrame, contract: DataContract) -> list[Check]:
    """One check per column rule, with details for those that pandera found broken."""
    rules = column_rules(contract)
    broken = {
        (item.column, item.rule): item for item in pandera.failures(table, rules, contract.key)
    }
    checks = []
    for item in broken.values():
        detail = _sentence(item, table, contract, {rule.column: rule for rule in rules})
        checks.append(Check(item.rule, False, detail))
    for rule in rules:
        for name in pandera.names(rule):
            if (rule.column, name) not in broken:
                checks.append(Check(name, True, f"column `{rule.column}`"))
    if not any(name == "unique_key" for _, name in broken):
        checks.append(Check("unique_key", True, " and ".join(contract.key)))
    return checks


def _sentence(
    item: pandera.Failure,
    table: pd.DataFrame,
    contract: DataContract,
    rules: dict[str, ColumnRule],
) -> str:
    """Column, value, row, number of rows and what would be right."""
    where = _row(table, contract, item.position)
    if item.rule == "unique_key":
        return (
            f"{item.rows:,} rows share their {' and '.join(contract.key)}, first {where}: keep one"
        )
    value = "nothing" if pd.isna(item.value) else f"`{item.value}`"
    expectation = rules[item.column].expectation(item.rule)
    return (
        f"column `{item.column}` holds {value} {where} ({item.rows:,} of {len(table):,} "
        f"rows), {expectation}"
    )


def _row(table: pd.DataFrame, contract: DataContract, position: int | None) -> str:
    """The key of a row for messages."""
    if position is None:
        return "somewhere"
    if contract.entity_column == ROW_ID:
        return f"in data row {position + 1:,}"
    parts = []
    if contract.entity:
        parts.append(f"for {contract.entity} `{table[contract.entity].iloc[position]}`")
    if contract.has_time:
        parts.append(f"on {shown(table[TIMESTAMP].iloc[position], contract.timezone)}")
    return " ".join(parts)


def _leakage(table: pd.DataFrame, contract: DataContract, threshold: float) -> Check:
    leaks = find_leakage(table, contract, threshold)
    if not leaks:
        return Check("leakage", True, "no feature leaks the target")
    sentence, columns = advice(leaks)
    listed = ", ".join(dict.fromkeys([*contract.allow_leakage, *columns]))
    return Check(
        "leakage",
        False,
        f"{sentence}: remove them from data.features, or set data.allow_leakage: [{listed}] "
        "in params.yaml and say why",
    )


def _drift(
    context: Context, table: pd.DataFrame, reference: dict[str, Any] | None
) -> list[Finding]:
    if not reference or not reference.get("columns"):
        return []
    limits = context.params.validate_.drift
    return drift(table, context.params.data, reference, limits.max_psi, limits.max_missing_increase)


def _drift_checks(
    contract: DataContract, reference: dict[str, Any] | None, findings: list[Finding]
) -> list[Check]:
    """One check per feature that the last accepted data had too."""
    if not reference or not reference.get("columns"):
        return []
    broken = {item.column: item for item in findings if item.stops}
    checks = []
    for name in contract.features:
        if name in broken:
            item = broken[name]
            advice_text = f"{item.detail}: correct the data, or raise the limit to accept it"
            checks.append(Check(item.rule, False, advice_text))
        elif name in reference["columns"]:
            checks.append(Check("distribution", True, f"column `{name}` is as before"))
    return checks
