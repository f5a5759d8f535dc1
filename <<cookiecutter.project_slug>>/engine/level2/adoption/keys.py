"""Find what identifies and orders the rows: an event time, an entity, both or neither."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..base.errors import ProjectError
from ..data.columns import Column
from ..data.feature import MAX_CATEGORIES
from ..data.time_names import NAMED
from ..data.times import event_times, zone_shown
from ..data.zones import local
from .columns import Decision
from .date_parts import clock_beside
from .entity import NEARLY, find_entity
from .hours import ends_days, half_clock, hour_beside
from .looks import Look
from .shared_times import groups_of, shared_rows, slips, twice
from .spans import frequency_of
from .time_columns import When, asked_for, find_times, written_so
from .time_words import HALF, said

PARTS = {12: "month", 4: "quarter"}  # of a year, in a column that may be taken for an entity


@dataclass(frozen=True)
class Asked:
    """What the user has said about the rows."""

    entity: str | None = None
    timestamp: tuple[str, ...] = ()
    pattern: str | None = None


@dataclass(frozen=True)
class Keys:
    """The raw columns that identify a row, and facts derived from their values."""

    entity: str | None = None
    timestamp: tuple[str, ...] = ()
    hour: str | None = None
    first_hour: int = 0  # 1 where hours are counted 1 to 24
    pattern: str | None = None
    zone: str | None = None
    independent: bool = False  # rows share times and nothing tells them apart
    frequency: str | None = None
    entities: tuple[str, ...] | None = None
    rows_per_entity: int = 0
    days: float = 0.0
    moments: int = 0  # different event times
    clock: bool = False  # whether times differ within a day
    perhaps: tuple[str, ...] = ()  # columns that could be an event time and are not taken for it
    markers: frozenset[str] = frozenset()
    decisions: list[Decision] = field(default_factory=list)


def check_pattern(pattern: str | None) -> None:
    """Raise ProjectError for an invalid FORMAT."""
    if pattern in {None, "ISO8601", *NAMED} or "%" in str(pattern):
        return
    raise ProjectError(
        f"FORMAT={pattern} is not known: write a pattern like %d/%m/%Y, or one of ISO8601, "
        f"{', '.join(NAMED)}"
    )


def find_keys(
    raw: pd.DataFrame, looks: dict[str, Look], target: str, asked: Asked, source: str
) -> Keys:
    """Find event time and entity. Raises ProjectError if the user has to name them."""
    decisions: list[Decision] = []
    when, perhaps = _when(looks, target, asked, source, decisions)
    if when is None:
        return _timeless(looks, asked.entity, source, tuple(perhaps))
    columns = [Column(raw[name], name, source) for name in when.columns]
    times = event_times(columns, when.pattern)
    hour = when.hour or hour_beside(looks, times, {target, asked.entity, *when.columns})
    first = int(hour is not None and ends_days(looks[hour]))
    if hour:
        clocks = Column(raw[hour], hour, source)
        times = event_times(columns, when.pattern, clocks, None, first)
    zone, alike = zone_shown(columns[0], when.pattern) if len(columns) == 1 else (None, [])
    entity, why = find_entity(raw, looks, times, {target, hour, *when.columns}, asked.entity)
    if when.pattern == "%Y" and entity and looks[entity].distinct in PARTS:
        part = PARTS[looks[entity].distinct]
        why += f"; if they are {part}s, number them and say TIMESTAMP={when.name},{entity}"
    clock = local(times, zone)
    shared = shared_rows(raw, times, entity)
    if shared and (asked.entity or slips(raw, clock, entity, shared)):
        raise ProjectError(twice(raw, times, when, entity, source, bool(asked.entity)))
    if half_clock(raw[when.columns[-1]], clock, when.pattern):
        when = when._replace(note="; ".join(filter(None, [when.note, HALF])))
    decisions += said(when, zone, alike, (hour, first), None if shared else entity, why, shared)
    entity = None if shared else entity
    hours = (hour, first)
    return _keys(raw, clock, when, hours, zone, entity, shared, tuple(perhaps), decisions)


def _when(
    looks: dict[str, Look], target: str, asked: Asked, source: str, decisions: list[Decision]
) -> tuple[When | None, list[str]]:
    """The event time, given or found, and other columns that could be it."""
    if asked.timestamp and asked.pattern:
        return When(asked.timestamp, None if asked.pattern == "ISO8601" else asked.pattern), []
    if asked.timestamp:
        when = asked_for(looks, asked.timestamp, source)
        return _clear(when, source), []
    if asked.pattern:
        return written_so(looks, target, asked.pattern, source), []
    found, perhaps = find_times(looks, target)
    if not found:
        return None, perhaps
    when, others = found[0], [item.name for item in found[1:]]
    if len(when.columns) == 1 and looks[when.columns[0]].pattern is not None:
        beside = clock_beside(
            looks[when.columns[0]], [item for name, item in looks.items() if name != target]
        )
        when = When(*beside) if beside and _plain_days(looks[when.columns[0]]) else when
    others = [name for name in others if name not in when.columns]
    if others:
        listed = ", ".join(f"`{name}`" for name in others[:4])
        reason = f"{listed} could also be the event time: say TIMESTAMP={others[0]}"
        decisions.append(Decision(when.name, "chosen as event time", reason))
    return _clear(when, source), perhaps


def _clear(when: When, source: str) -> When:
    """Raise ProjectError if two readings of the time are equally likely."""
    if when.others:
        ways = " or ".join(f"FORMAT='{item}'" for item in (when.pattern, *when.others))
        raise ProjectError(f"{source}: column `{when.name}`: {when.note}: say {ways}")
    return when


def _plain_days(item: Look) -> bool:
    return not any(":" in text for text in item.texts[:50])


def _keys(
    raw: pd.DataFrame,
    clock: "pd.Series",
    when: When,
    hours: tuple[str | None, int],
    zone: str | None,
    entity: str | None,
    shared: int,
    perhaps: tuple[str, ...],
    decisions: list[Decision],
) -> Keys:
    codes, texts = groups_of(raw, entity)
    frequency = None if shared else frequency_of(clock, codes)
    if not shared:
        reason = f"{frequency} between rows" if frequency else "rows are not evenly spaced"
        decisions.append(Decision(when.name, "frequency" if frequency else "no frequency", reason))
    span = (clock.max() - clock.min()) / pd.Timedelta(days=1)
    return Keys(
        entity=entity,
        timestamp=when.columns,
        hour=hours[0],
        first_hour=hours[1],
        pattern=when.pattern,
        zone=zone,
        independent=bool(shared),
        frequency=frequency,
        entities=texts
        if 1 < len(texts) <= MAX_CATEGORIES and len(raw) >= 10 * len(texts)
        else None,
        rows_per_entity=int(np.median(np.bincount(codes))),
        days=float(span),
        moments=clock.nunique(),
        clock=bool((clock != clock.dt.normalize()).any()),
        perhaps=perhaps,
        decisions=decisions,
    )


def _timeless(
    looks: dict[str, Look], entity: str | None, source: str, perhaps: tuple[str, ...]
) -> Keys:
    if entity is None:
        reason = "no column with dates, no ENTITY: rows are independent"
        if perhaps:
            reason = "no ENTITY: rows are independent"
        return Keys(perhaps=perhaps, decisions=[Decision("", "rows are numbered", reason)])
    found = looks[entity]
    if not found.unique and found.distinct < NEARLY * found.rows:
        raise ProjectError(
            f"{source}: ENTITY={entity} has {found.distinct:,} values in {found.rows:,} rows and "
            "there is no event time: name it with TIMESTAMP=..., or leave ENTITY out"
        )
    decision = Decision(entity, "entity", "requested by ENTITY")
    return Keys(entity=entity, perhaps=perhaps, decisions=[decision])
