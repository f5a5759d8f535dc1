"""Infer how a further table joins the adopted one: its keys, its times and its columns."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd

from ..base.amounts import plural
from ..base.errors import ProjectError
from ..data.columns import Column
from ..data.contract import DataContract
from ..data.times import zone_shown
from .columns import Decision, declare, refused
from .looks import Look
from .plain_names import names_for
from .source_keys import find_source_keys
from .source_windows import alone, windowed
from .time_columns import When, asked_for, find_times


class Asked(NamedTuple):
    """What the user has said about the table; an `entity` may be `column:name in the main one`."""

    name: str = ""
    entity: tuple[str, ...] = ()
    timestamp: str = ""
    created: str = ""
    ttl: str = ""
    in_advance: bool = False
    windows: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def described(
    raw: pd.DataFrame,
    looks: Mapping[str, Look],
    contract: DataContract,
    name: str,
    asked: Asked,
    said: str,
) -> tuple[dict[str, Any], dict[str, Any], list[Decision]]:
    """The entry of `data.sources`, those of `data.features`, and why. Raises ProjectError.

    `said` is the file in messages.
    """
    pairs = {column: main or column for column, _, main in (x.partition(":") for x in asked.entity)}
    pairs = pairs or (alone(raw, contract) if asked.windows else {})
    _there(raw, said, [*pairs, asked.timestamp, asked.created, *asked.exclude])
    left = {column: item for column, item in looks.items() if column not in asked.exclude}
    when, decisions = _when(left, contract, asked, said)
    keys, why = find_source_keys(
        raw, contract, pairs, [*when.columns, *filter(None, [asked.created])], said
    )
    decisions += why
    roles = {*when.columns, asked.created, *keys, *asked.exclude}
    items = [item for item in looks.values() if item.name not in roles]
    if asked.windows:
        features, rename, more = windowed(items, asked.windows, contract, name, said)
    else:
        features, rename, more = _features(items, contract, name, said)
    decisions += more + [
        Decision(column, "excluded", "requested by EXCLUDE") for column in asked.exclude
    ]
    zone, _ = zone_shown(Column(raw[when.columns[0]], when.columns[0], said), when.pattern)
    entry = {
        "path": said,
        "entity": list(keys.values()),
        "event_timestamp": when.columns[0],
        "created_timestamp": asked.created,
        "timestamp_format": when.pattern,
        "timezone": zone,
        "ttl": asked.ttl,
        "known_in_advance": asked.in_advance,
        "missing_markers": sorted({mark for item in left.values() for mark in item.markers}),
        "rename": {column: main for column, main in {**keys, **rename}.items() if column != main},
    }
    if contract.horizon is not None:
        decisions.append(_ahead(contract.horizon, asked))
    if not asked.ttl and not asked.windows:
        reason = "a row is used until a newer one comes; TTL=7D would limit its age"
        decisions.append(Decision("", "time to live", reason))
    return {key: value for key, value in entry.items() if value}, features, decisions


def _ahead(horizon: int, asked: Asked) -> Decision:
    """What of the table is known as far ahead as the horizon, in words."""
    periods = plural(horizon, "period")
    if asked.in_advance and asked.created:
        return Decision("", "known in advance", f"a row is used if it was there {periods} before")
    if asked.in_advance:
        return Decision("", "known in advance", "every row is, however far ahead")
    reason = f"not known in advance: a row is used {periods} later (IN_ADVANCE=yes for a calendar)"
    return Decision("", "horizon", reason)


def _there(raw: pd.DataFrame, said: str, names: Sequence[str]) -> None:
    for name in names:
        if name and name not in raw.columns:
            there = ", ".join(f"`{column}`" for column in raw.columns[:12])
            raise ProjectError(f"{said} has no column `{name}`: it has {there}")


def _when(
    looks: Mapping[str, Look], contract: DataContract, asked: Asked, said: str
) -> tuple[When, list[Decision]]:
    """The event time and how it is written; also that of the created time is checked."""
    if asked.timestamp:
        when, others = asked_for(looks, [asked.timestamp], said), []
    else:
        found, _ = find_times({k: v for k, v in looks.items() if k != asked.created}, "")
        found = sorted(found, key=lambda one: one.columns != contract.time_columns)
        if not found:
            raise ProjectError(
                f"{said} has no column of dates: name its event time with TIMESTAMP=, so that its "
                "rows can be joined as known at a time"
            )
        when, others = found[0], [item.name for item in found[1:] if len(item.columns) == 1]
    if len(when.columns) > 1 or when.hour:
        raise ProjectError(
            f"{said}: its time is written in the columns {when.name}: write it in one, like "
            "2024-12-31 23:00"
        )
    if when.others:
        raise ProjectError(f"{said}: column `{when.name}`: {when.note}: write it like 2024-12-31")
    more = f"; {', '.join(others)} could be too, say TIMESTAMP={others[0]}" if others else ""
    decisions = [Decision(when.name, "event time", f"when a row becomes valid{more}")]
    if asked.created:
        if asked_for(looks, [asked.created], said).pattern != when.pattern:
            raise ProjectError(
                f"{said}: `{asked.created}` and `{when.name}` are written in two ways: write both "
                "like 2024-12-31"
            )
        decisions.append(Decision(asked.created, "created time", "a row is not seen before it"))
    return when, decisions


def _features(
    items: Sequence[Look], contract: DataContract, source: str, said: str
) -> tuple[dict[str, Any], dict[str, str], list[Decision]]:
    """Features by their name, that name by column, and why each column is one or none."""
    decisions, chosen = [], []
    for item in items:
        reason, _ = refused(item)
        if reason:
            decisions.append(Decision(item.name, "excluded", reason))
        else:
            chosen.append(item)
    if not chosen:
        raise ProjectError(f"{said}: no column is left that could become a feature")
    names = _named([item.name for item in chosen], contract, source)
    features = {}
    for item in chosen:
        feature, decision = declare(item)
        features[names[item.name]] = {**feature, "nullable": True, "source": source}
        called = names[item.name]
        more = f", called {called}" if called != item.name else ""
        decisions.append(decision._replace(reason=decision.reason + more))
    return features, names, decisions


def _named(columns: Collection[str], contract: DataContract, source: str) -> dict[str, str]:
    """A plain name for each column; one that the main table has begins with the source's name."""
    taken = {contract.entity_column, contract.target, *contract.features, *contract.time_columns}
    low = {name.casefold() for name in taken}
    asked = {
        column: f"{source}_{column}" if column.casefold() in low else column for column in columns
    }
    ends = contract.target, contract.entity, contract.entity_column
    found = names_for(list(asked.values()), *ends, taken, contract.classes or ())
    return {column: found[name] for column, name in asked.items()}
