"""Rows of a request under the names of the user's own table: recognized and converted."""

import math
from collections.abc import Mapping
from typing import Any

from ..base.errors import ProjectError, WrongValueError
from ..data.contract import DataContract
from ..data.raw_rows import Raw, times_of
from ..data.requests import RequestError, shown, text
from ..features.known_past import Past
from . import unknown_lags
from .model import Served

_FOR_FILES = (
    ": correct it, or name it as missing (MISSING= of adopt, data.missing_markers)",
    ": correct it, or name it as missing",
)
_HUGE = 10**30
Keys = list[tuple[Any, Any]]


def recognised(served: Served, rows: list[Any]) -> bool:
    """Whether rows without model features may be rows of the table itself."""
    return served.raw is not None and any(type(row) is dict and _own(served, row) for row in rows)


def _own(served: Served, row: Mapping[str, Any]) -> bool:
    raw = served.raw
    assert raw is not None  # noqa: S101  `recognised` has looked
    if any(raw.own[name] != name and raw.own[name] in row for name in raw.own):
        return True
    times = [raw.own[name] for name in times_of(raw.contract)]
    if any(name in served.features and type(row.get(name)) is str for name in times):
        return True
    derived = served.features.keys() - raw.contract.features.keys() - served.lags.keys()
    if not all(name in row for name in times):
        return bool(derived and {*raw.needed} & row.keys()) and not derived & row.keys()
    return not derived <= row.keys()


def unsaid(served: Served, rows: list[Any]) -> bool:
    """Whether rows give their time and omit a lag, which must then be looked up."""
    time, lags = served.key.time, served.lags
    for row in rows:  # every request of features comes by here: no generator
        if time in row and row[time] is not None and not lags.keys() <= row.keys():
            return True
    return False


def read(served: Served, rows: list[Any], past: Past) -> tuple[Keys, dict[str, list[Any]]]:
    """Key and model features of each row. Raises RequestError naming row and field."""
    from ..model.scoring import table_of

    raw = served.raw
    assert raw is not None  # noqa: S101  `recognised` has looked
    for number, row in enumerate(rows):
        _check(served, raw, row, f"rows[{number}]")
    alike(raw, rows)
    table = table_of(rows, raw.needed, raw.contract)
    given = {name: _given(rows, name) for name in served.lags}
    contract = raw.contract.model_copy(update={"source": "rows"})
    known, cut = (past.table(contract), past.cut(contract)) if served.lags else (None, None)
    try:
        found = _inputs(raw, table, contract, known, given, cut)
    except WrongValueError as error:
        raise refused(error, _place(error)) from None
    except ProjectError as error:
        raise RequestError(str(error)) from None
    unknown_lags.check(served, raw, found, rows, known)
    return keys_of(served, found.keys), {n: found.columns[n].tolist() for n in served.features}


def _inputs(
    raw: Raw,
    table: Any,
    contract: DataContract,
    known: Any,
    given: Mapping[str, dict[int, float]],
    cut: Any,
) -> Any:
    """Model features of rows; times in the table's notation, or ISO 8601 as in JSON."""
    from ..model.scoring import inputs

    try:
        return inputs(table, contract, raw.settings, known, given, cut)
    except WrongValueError as error:
        one = [raw.own[name] for name in contract.time_columns] == [error.column]
        if not one or contract.timestamp_format is None:
            raise
        iso = contract.model_copy(update={"timestamp_format": None})
        try:
            return inputs(table, iso, raw.settings, known, given, cut)
        except ProjectError:
            raise error from None


def _check(served: Served, raw: Raw, row: Any, where: str) -> None:
    """Raise RequestError for a row with unknown or missing fields."""
    if type(row) is not dict:
        raise RequestError(f"{where} is {shown(row)}: give an object of fields", field="rows")
    nullable = {raw.own[name] for name, item in raw.contract.features.items() if item.nullable}
    missing = [name for name in raw.needed if row.get(name) is None and name not in nullable]
    known = {*raw.needed, raw.target, *served.features, *served.key.columns}
    strange = [name for name in row if name not in known]
    if strange and not {*raw.needed} <= row.keys():  # else the rest of a row of the table
        raise RequestError(
            f"{where} has the field {shown(strange[0])}, which is not one of "
            f"{', '.join(raw.needed)}",
            field=strange[0] if strange[0].isidentifier() else "",
            kind="strange",
        )
    if missing:
        what = "null" if missing[0] in row else "missing"
        raise RequestError(
            f"{where}.{missing[0]} is {what}: the model needs it", field=missing[0], kind="missing"
        )
    for name in raw.needed:
        plain(row.get(name), f"{where}.{name}", name)
    entity = raw.contract.entity and raw.own[raw.contract.entity]
    if entity and served.key.entities is not None and str(row[entity]) not in served.key.entities:
        raise RequestError(
            f"{where}.{entity} is {shown(row[entity])}: known values are "
            f"{', '.join(served.key.entities)}",
            field=entity,
            kind="unknown",
        )
    for name in served.lags.keys() & row.keys():
        value = row[name]
        if value is not None and (type(value) not in (int, float) or not math.isfinite(value)):
            raise RequestError(f"{where}.{name} is {shown(value)}: give a number", field=name)


def alike(raw: Raw, rows: list[Any], place: str = "rows") -> None:
    """Raise RequestError for numbers that are texts in some rows: their notation is unclear."""
    for name, item in raw.contract.features.items():
        own = raw.own[name]
        told = {type(row.get(own)) is str for row in rows if row.get(own) is not None}
        if item.type in ("float", "int") and len(told) > 1:
            raise RequestError(
                f"{place}: {own} is a number in some rows and a text in others: write it one way",
                field=own,
            )


def plain(value: Any, where: str, name: str) -> None:
    """Raise RequestError for a value that no table cell can hold."""
    if type(value) is str:
        if value:
            text(value, where, name)
    elif type(value) is float and not math.isfinite(value):
        raise RequestError(f"{where} is not a finite number: null is missing", field=name)
    elif type(value) is int and abs(value) > _HUGE:
        raise RequestError(f"{where} is {shown(value)}: give a smaller number", field=name)
    elif value is not None and type(value) not in (int, float, bool):
        raise RequestError(f"{where} is {shown(value)}: give one value", field=name)


def _given(rows: list[Any], name: str) -> dict[int, float]:
    """Lags given in the rows; null means unknown."""
    return {
        number: math.nan if row[name] is None else float(row[name])
        for number, row in enumerate(rows)
        if name in row
    }


def _place(error: WrongValueError) -> str:
    return f"rows[{error.row.rsplit(' ', 1)[1]}].{error.column}"


def refused(error: WrongValueError, where: str) -> RequestError:
    """A wrong value of a table as one of the request, found at `where`."""
    problem = error.problem.removeprefix("but ")
    for advice in _FOR_FILES:
        problem = problem.removesuffix(advice)
    kinds = {"outside": "out_of_range", "known": "unknown"}
    said = shown(error.value) if error.value else "empty"
    return RequestError(
        f"{where} is {said}: {problem}",
        field=error.column,
        kind=kinds.get(problem.split(" ")[0], ""),
    )


def keys_of(served: Served, keys: Any) -> Keys:
    """Entity and time in the log's form."""
    entity, time = (keys.iloc[:, place] for place in (0, 1))
    entities = [None] * len(keys) if served.key.whole else [str(name) for name in entity]
    moments = [moment.to_pydatetime() if served.key.time else None for moment in time]
    return list(zip(entities, moments, strict=True))
