"""The parts of a request for forecasts, checked against the contract."""

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any

from ..base.amounts import plural
from ..data.raw_rows import Raw
from ..data.requests import RequestError, shown
from . import table_rows
from .model import Served
from .settings import ServeSettings


def looks_ahead(served: Served) -> Raw:
    """How to read rows of a model that can look ahead. Raises RequestError for another."""
    name, raw = f"{served.stamp.name} v{served.stamp.version}", served.raw
    if raw is None or raw.contract.frequency is None:
        raise RequestError(
            f"{name} has no rows in equal periods, so it has none ahead: data.frequency says their "
            "length",
            field="ahead",
        )
    if served.classes:
        raise RequestError(
            f"{name} predicts classes: only numbers are forecast ahead, bring the rows themselves",
            field="ahead",
        )
    return raw


def periods_of(served: Served, raw: Raw, asked: Any, settings: ServeSettings) -> int:
    """The number of periods. Raises RequestError."""
    far, most = raw.contract.horizon, settings.far(None)
    if type(asked) is not int or not 1 <= asked <= most:
        raise RequestError(
            f"ahead is {shown(asked)}: give a number of periods from 1 to {most}", field="ahead"
        )
    if far is not None and asked > far:
        raise RequestError(
            f"ahead is {asked}: {served.stamp.name} v{served.stamp.version} looks "
            f"{plural(far, 'period')} ahead (data.horizon)",
            field="ahead",
        )
    return asked


def name_of(served: Served, row: Any, where: str) -> str:
    """The entity of one row. Raises RequestError."""
    if type(row) is not dict:
        raise RequestError(f"{where} is {shown(row)}: give an object", field="entities")
    own = served.label(served.key.entity) or served.key.entity
    known = {name: row[own] for name in [served.key.entity] if own in row}
    entity, _ = served.key.read(known, where)
    if entity is None:
        raise RequestError(f"{where}.{own} is missing: say which one", field=own, kind="missing")
    return str(entity)


def given_of(
    served: Served, raw: Raw, entities: Sequence[Mapping[str, Any]], periods: int
) -> dict[str, list[list[Any]]]:
    """By column one list for each entity, of a value for each period. Raises RequestError."""
    columns = {raw.own[name]: name for name in raw.contract.features}
    takes = {*columns, served.label(served.key.entity) or served.key.entity}
    found: dict[str, list[list[Any]]] = {}
    for place, row in enumerate(entities):
        for own in row:
            if own not in takes:
                raise RequestError(
                    f"entities[{place}] has the field {shown(own)}, which is not one of "
                    f"{', '.join(sorted(takes))}",
                    field=own if own.isidentifier() else "",
                    kind="strange",
                )
    named = [own for own in columns if any(own in row for row in entities)]
    for own in named:
        found[columns[own]] = [
            _values(row, own, f"entities[{place}].{own}", periods)
            for place, row in enumerate(entities)
        ]
    lists = [chain.from_iterable(found[columns[own]]) for own in named]
    rows = [dict(zip(named, values, strict=True)) for values in zip(*lists, strict=True)]
    table_rows.alike(raw, rows, "entities")
    for own in raw.unknown_ahead:
        if own not in named:
            raise RequestError(
                f"nobody knows `{own}` of the periods ahead: give it to each entity as a list, one "
                "value for each period",
                field=own,
                kind="missing",
            )
    return found


def _values(row: Mapping[str, Any], own: str, where: str, periods: int) -> list[Any]:
    values = row.get(own)
    if type(values) is not list or len(values) != periods:
        said = "is missing" if own not in row else f"is {shown(values)}"
        if type(values) is list:
            said = f"has {plural(len(values), 'value')}"
        raise RequestError(
            f"{where} {said}: give a list of {plural(periods, 'value')}, one for each period",
            field=own,
        )
    for number, value in enumerate(values):
        table_rows.plain(value, f"{where}[{number}]", own)
    return values
