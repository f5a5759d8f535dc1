"""Infer a contract for an undescribed table, with a reason for every decision."""

import difflib
import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any

import pandas as pd

from ..base.amounts import plural
from ..base.errors import ProjectError
from ..data.contract import ROW_ID, SERIES
from .codes import perhaps_codes
from .columns import Decision, declare, usable
from .division import choose_split
from .keys import Asked, Keys, check_pattern, find_keys
from .kinds import look
from .local_numbers import refuse_huge, settled
from .looks import Look
from .plain_names import names_for
from .rare import least_recalls
from .sections import sections
from .suspects import other_models
from .target import Answer, find_target

MIN_ROWS = 50


def infer(
    raw: pd.DataFrame,
    target: str,
    entity: str | None = None,
    timestamp: str | Sequence[str] | None = None,
    task: str | None = None,
    exclude: Sequence[str] = (),
    source: str = "data/raw/table.csv",
    pattern: str | None = None,
    split: str | None = None,
    by: str | None = None,
    missing: Sequence[str] = (),
    decimal: str | None = None,
    delimiter: str | None = None,
) -> tuple[dict[str, Any], list[Decision]]:
    """Return a complete params tree for a raw table, and the decision for each column.

    `timestamp` names one column or several that form a date, `pattern` says how it is written,
    `split` and `by` how rows are split. `missing` are words that mean a missing value, `decimal` is
    the decimal mark for ambiguous numbers, `delimiter` separates the values of the file. Raises
    ProjectError if no model can be trained on the table as it is.
    """
    when = (timestamp,) if isinstance(timestamp, str) else tuple(timestamp or ())
    roles: list[tuple[str, str | None]] = [("TARGET", target), ("ENTITY", entity), ("BY", by)]
    _check_words(raw, source, [*roles, *(("TIMESTAMP", name) for name in when)], exclude)
    check_pattern(pattern)
    looks = {name: look(raw[name], name, missing) for name in raw.columns if name not in exclude}
    looks, dressed = settled(raw, looks, missing, decimal, delimiter, source)
    refuse_huge(raw, looks, target, source)
    decisions = [Decision(name, "excluded", "requested by EXCLUDE") for name in exclude] + dressed
    answer = find_target(raw, looks[target], task, source)
    decisions.append(answer.decision)
    keys = find_keys(raw, looks, target, Asked(entity, when, pattern), source)
    decisions += keys.decisions
    way, group, why = choose_split(keys, looks, split, by, source)
    decisions += why
    taken = {target, keys.entity, *keys.timestamp, keys.hour, by}
    chosen, dropped = usable(
        [item for name, item in looks.items() if name not in taken], looks[target]
    )
    decisions += dropped
    if not chosen and not (answer.task == "regression" and keys.frequency):
        reasons = "; ".join(f"`{item.column}` {item.reason}" for item in dropped[:5])
        raise ProjectError(
            f"{source}: no column is left to predict `{target}` from"
            f"{f': {reasons}' if reasons else ', the table needs at least one more'}"
        )
    tree = _tree(source, answer, keys, chosen, decisions, raw.columns, (way, group))
    if delimiter not in {None, ","}:
        tree["data"] = _with_delimiter(tree["data"], str(delimiter))
    least, said = least_recalls(raw[target], answer)
    if least:
        tree["promote"]["min_recall"] = least
    decisions += said
    offers = (perhaps_codes(item, raw[item.name]) for item in chosen)
    decisions += [offer for offer in offers if offer is not None]
    decisions += other_models(chosen, target)
    return tree, decisions


def _tree(
    source: str,
    answer: Answer,
    keys: Keys,
    chosen: list[Look],
    decisions: list[Decision],
    columns: Sequence[str],
    division: tuple[str, str | None],
) -> dict[str, Any]:
    split, group = division
    roles = (name for name in (keys.entity, keys.hour, group) if name)
    wanted = dict.fromkeys([*(item.name for item in chosen), answer.column, *roles])
    key = SERIES if keys.timestamp and not keys.independent else ROW_ID
    left = {*columns} - {*wanted}
    names = names_for(list(wanted), answer.column, keys.entity, key, left, answer.classes or ())
    rename = {old: new for old, new in names.items() if old != new}
    decisions += [
        Decision(old, f"called {new}", "the name is reserved, taken or not plain")
        for old, new in rename.items()
    ]
    declared = [(names[item.name], *declare(item)) for item in chosen]
    decisions += [decision for _, _, decision in declared]
    markers = answer.markers.union(*(item.markers for item in chosen), keys.markers)
    data: dict[str, Any] = {
        "name": model_name(source, answer.column),
        "source": source,
        "entity": names[keys.entity] if keys.entity else None,
        "entities": list(keys.entities) if keys.entities else None,
        "event_timestamp": keys.timestamp[0] if len(keys.timestamp) == 1 else list(keys.timestamp),
        "event_hour": names[keys.hour] if keys.hour else None,
        "event_hours": "1-24" if keys.first_hour else None,
        "timestamp_format": keys.pattern,
        "timezone": keys.zone,
        "independent_rows": keys.independent,
        "group": names[group] if group else None,
        "frequency": keys.frequency,
        "target": names[answer.column],
        "unit": answer.format.symbol if answer.format else "",
        "target_format": answer.format.knobs() if answer.format else None,
        "task": answer.task,
        "classes": list(answer.classes) if answer.classes else None,
        "missing_markers": sorted(markers),
        "rename": rename,
        "features": {name: feature for name, feature, _ in declared},
        "allow_leakage": [],
    }
    always = {"allow_leakage", "features"}
    data = {key: value for key, value in data.items() if value or key in always}
    looks = {names[item.name]: item for item in chosen}
    others, more = sections(data, looks, keys, answer, split)
    decisions += more
    return {"data": data, **others}


def _with_delimiter(data: dict[str, Any], delimiter: str) -> dict[str, Any]:
    place = list(data).index("source") + 1
    items = list(data.items())
    return dict([*items[:place], ("delimiter", delimiter), *items[place:]])


def model_name(source: str, target: str) -> str:
    """Kebab-case of file and target; the target is not repeated if the file name ends with it.

    At most 63 characters.
    """
    table, answer = (
        re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")
        for text in (PurePath(re.sub(r"\.(gz|zip)$", "", source)).stem, target)
    )
    said = answer and f"-{table}".endswith(f"-{answer}")
    text = table if said else f"{table}-{answer}".strip("-")
    return (text or "model")[:63].rstrip("-")


def _check_words(
    raw: pd.DataFrame,
    source: str,
    roles: Sequence[tuple[str, str | None]],
    exclude: Sequence[str],
) -> None:
    """Refuse unknown columns, columns with two roles, and tables that are too small."""
    for role, name in [*roles, *(("EXCLUDE", name) for name in exclude)]:
        _check_name(raw, source, role, name)
    given = [name for role, name in roles if name is not None and role != "BY"]
    if len(set(given)) < len(given):
        raise ProjectError("TARGET, ENTITY and TIMESTAMP must be different columns")
    if ("BY", given[0]) in roles:
        raise ProjectError(f"BY={given[0]} is the target: groups are named by another column")
    given += [name for role, name in roles if role == "BY" and name is not None]
    for name in exclude:
        if name in given:
            raise ProjectError(f"EXCLUDE={name} names a column that has a role: remove it there")
    if len(raw) < MIN_ROWS:
        raise ProjectError(
            f"{source} has {plural(len(raw), 'row')}: at least {MIN_ROWS} are needed for "
            "training, validation and test"
        )


def _check_name(raw: pd.DataFrame, source: str, role: str, name: str | None) -> None:
    if name is None or name in raw.columns:
        return
    close = difflib.get_close_matches(name, list(raw.columns), 1, 0.6)
    lower = [column for column in raw.columns if column.lower() == name.lower()]
    there = ", ".join(f"`{column}`" for column in raw.columns[:12])
    hint = f"did you mean `{(lower or close)[0]}`?" if lower or close else f"it has {there}"
    raise ProjectError(f"{source} has no column `{name}` ({role}={name}): {hint}")
