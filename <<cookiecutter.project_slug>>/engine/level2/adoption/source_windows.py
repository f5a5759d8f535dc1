"""Columns of a further table that are windows over its rows, as WINDOWS= asks for them."""

from collections.abc import Sequence
from typing import Any

import pandas as pd

from ..base.errors import ProjectError
from ..data.contract import DataContract
from ..data.durations import duration
from .columns import Decision, declare
from .looks import Look
from .plain_names import names_for

_FUNCTIONS = ("sum", "mean", "min", "max")


def alone(raw: pd.DataFrame, contract: DataContract) -> dict[str, str]:
    """The entity as the only key, where the table has its column."""
    entity = contract.entity or ""
    column = {new: old for old, new in contract.rename.items()}.get(entity, entity)
    return {column: entity} if column in raw.columns else {}


def windowed(
    items: Sequence[Look], asked: Sequence[str], contract: DataContract, source: str, said: str
) -> tuple[dict[str, Any], dict[str, str], list[Decision]]:
    """Features by name, plain name by column, and why; like `amount:sum:30D` or `count:7D`.

    Raises ProjectError for a window that cannot be made.
    """
    looks = {item.name: item for item in items}
    taken = {name.casefold() for name in (contract.target, *contract.features)}
    features: dict[str, Any] = {}
    rename: dict[str, str] = {}
    decisions = []
    for text in asked:
        column, function, length = _read(text, looks, said)
        window = {"function": function, "length": length}
        feature = {"type": "float", "min": 0.0} if function == "count" else {"type": "float"}
        if column:
            declared, _ = declare(looks[column])
            feature |= {"format": declared["format"]} if "format" in declared else {}
            window["column"] = rename.setdefault(column, names_for([column], "", None)[column])
        name = f"{rename.get(column, source)}_{function}_{length.lower()}"
        name = f"{source}_{name}" if name.casefold() in taken else name
        features[name] = {**feature, "nullable": True, "source": source, "window": window}
        over = f"of {column}" if column else "of rows"
        decisions.append(Decision(name, "window", f"{function} {over} in the {length} before"))
    decisions += [
        Decision(column, "excluded", "no window of WINDOWS= is over it")
        for column in looks
        if column not in rename
    ]
    return features, rename, decisions


def _read(text: str, looks: dict[str, Look], said: str) -> tuple[str, str, str]:
    """Column, function and length of one window. Raises ProjectError."""
    parts = text.split(":")
    column, function, length = ["", *parts] if len(parts) == 2 else [*parts, "", "", ""][:3]
    known = [*_FUNCTIONS] if column else ["count"]
    try:
        duration(length)
    except ValueError:
        known = []
    if function not in known or len(parts) > 3:
        raise ProjectError(
            f"WINDOWS={text} is not understood: say column:function:length, like amount:sum:30D "
            f"({', '.join(_FUNCTIONS)}), or count:7D"
        )
    if column and column not in looks:
        there = ", ".join(f"`{name}`" for name in looks) or "it has none"
        raise ProjectError(f"{said} has no column `{column}` for a window: {there}")
    if column and declare(looks[column])[0]["type"] not in {"float", "int"}:
        raise ProjectError(
            f"{said}: `{column}` holds no numbers, so a window over it has no {function}"
        )
    return column, function, length
