"""What names a row: an event time, an entity, both or neither."""

import re
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ...errors import ProjectError
from ..columns import Column, encode
from ..contract import MAX_CATEGORIES
from ..times import event_times
from .columns import Decision
from .date_patterns import number_pattern
from .entity import NEARLY, find_entity, unique_share
from .kinds import Look
from .spans import frequency_of

_DATE = re.compile(r"date|datum|(^|_)(day|dt|time|timestamp)$", re.I)
_HOUR = re.compile(r"(^|_)(hr|hrs|hour|hours|stunde)$", re.I)


@dataclass(frozen=True)
class Keys:
    """Raw columns that name a row, and what follows from their values."""

    entity: str | None = None
    timestamp: str | None = None
    hour: str | None = None
    pattern: str | None = None
    frequency: str | None = None
    entities: tuple[str, ...] | None = None
    rows_per_entity: int = 0
    days: float = 0.0
    clock: bool = False  # whether times differ within a day
    markers: frozenset[str] = frozenset()
    decisions: list[Decision] = field(default_factory=list)


def find_keys(
    raw: pd.DataFrame,
    looks: dict[str, Look],
    target: str,
    entity: str | None,
    timestamp: str | None,
    source: str,
) -> Keys:
    """Decide event time and entity. Raises ProjectError where they must be asked for."""
    decisions: list[Decision] = []
    column = timestamp or _date_column(looks, target, decisions)
    if column is None:
        return _timeless(looks, entity, source, decisions)
    pattern = _pattern(looks[column], source)
    when = Column(raw[column], column, source)
    times = event_times(when, pattern, None)
    hour = _hour_column(looks, times, {target, entity, column})
    if hour:
        times = event_times(when, pattern, Column(raw[hour], hour, source))
    entity, why = find_entity(raw, looks, times, {target, column, hour}, entity)
    if entity is None and not unique_share(times.to_numpy()) >= NEARLY:
        if timestamp:
            raise ProjectError(
                f"{source}: several rows share a `{column}` and no single column tells them apart: "
                f"name it with ENTITY=..., or leave TIMESTAMP out to take rows as independent"
            )
        reason = f"rows share a `{column}` and no column tells them apart: taken as independent"
        return _timeless(looks, None, source, [*decisions, Decision("", "no event time", reason)])
    decisions += _said(looks[column], pattern, hour, entity, why)
    return _keys(raw, times, column, hour, pattern, entity, decisions)


def _said(
    column: Look, pattern: str | None, hour: str | None, entity: str | None, why: str
) -> list[Decision]:
    """What was decided about the time and what tells rows of one time apart."""
    note = column.pattern.note if column.pattern else ""
    how = f"dates written {pattern or 'as ISO 8601'}" + (f"; {note}" if note else "")
    found = [Decision(column.name, "event time", how)]
    if hour:
        beside = f"whole hours 0 to 23 beside `{column.name}`"
        found.append(Decision(hour, "hour of the event time", beside))
    if entity:
        return [*found, Decision(entity, "entity", why)]
    return [*found, Decision("", "one series", f"no `{column.name}` comes twice")]


def _keys(
    raw: pd.DataFrame,
    times: "pd.Series",
    column: str,
    hour: str | None,
    pattern: str | None,
    entity: str | None,
    decisions: list[Decision],
) -> Keys:
    codes, texts = _groups(raw, entity)
    frequency = frequency_of(times, codes)
    reason = f"{frequency} between rows" if frequency else "rows come at no regular distance"
    decisions.append(Decision(column, "frequency" if frequency else "no frequency", reason))
    span = (times.max() - times.min()) / pd.Timedelta(days=1)
    return Keys(
        entity=entity,
        timestamp=column,
        hour=hour,
        pattern=pattern,
        frequency=frequency,
        entities=texts
        if 1 < len(texts) <= MAX_CATEGORIES and len(raw) >= 10 * len(texts)
        else None,
        rows_per_entity=int(np.median(np.bincount(codes))),
        days=float(span),
        clock=bool((times != times.dt.normalize()).any()),
        decisions=decisions,
    )


def _groups(
    raw: pd.DataFrame, entity: str | None
) -> tuple["np.ndarray[tuple[int], np.dtype[np.intp]]", tuple[str, ...]]:
    if entity is None:
        return np.zeros(len(raw), dtype=np.intp), ()
    codes, texts = encode(Column(raw[entity], entity, ""))
    return np.where(codes < 0, 0, codes), tuple(sorted(text for text in texts if text))


def _timeless(
    looks: dict[str, Look],
    entity: str | None,
    source: str,
    decisions: list[Decision],
) -> Keys:
    if entity is None:
        reason = "no column with dates, no ENTITY: each row stands for itself"
        if decisions:
            reason = "each row stands for itself"
        return Keys(decisions=[*decisions, Decision("", "rows are numbered", reason)])
    found = looks[entity]
    if not found.unique and found.distinct < NEARLY * found.rows:
        raise ProjectError(
            f"{source}: ENTITY={entity} has {found.distinct:,} values in {found.rows:,} rows and "
            "there is no event time: name it with TIMESTAMP=..., or leave ENTITY out"
        )
    return Keys(
        entity=entity, decisions=[*decisions, Decision(entity, "entity", "asked for by ENTITY")]
    )


def _date_column(looks: dict[str, Look], target: str, decisions: list[Decision]) -> str | None:
    others = [item for name, item in looks.items() if name != target]
    dates = [item for item in others if item.kind == "date"] or [
        item
        for item in others
        if _DATE.search(item.name) and item.kind == "int" and _day_number(item)
    ]
    dates = [item for item in dates if item.missing < (1 - NEARLY) * item.rows]
    if len(dates) > 1:
        dates.sort(key=lambda item: item.missing)
        reason = f"the first of {len(dates)} columns with dates: say TIMESTAMP= for another"
        decisions.append(Decision(dates[0].name, "chosen as event time", reason))
    return dates[0].name if dates else None


def _day_number(item: Look) -> bool:
    """Whether whole numbers are days like 20241231."""
    return number_pattern(item.known_numbers) == "%Y%m%d"


def _pattern(found: Look, source: str) -> str | None:
    """The strptime pattern of the event time, None for ISO 8601."""
    if found.pattern is not None:
        return found.pattern.format
    if found.kind in {"int", "constant"} and found.numbers is not None:
        pattern = number_pattern(found.numbers)
        if pattern:
            return pattern
    raise ProjectError(
        f"{source}: column `{found.name}` (TIMESTAMP) does not look like dates: write them like "
        "2024-12-31 or 2024-12-31 23:00"
    )


def _hour_column(looks: dict[str, Look], times: "pd.Series", taken: set[str | None]) -> str | None:
    """A column of whole hours beside a column of plain days."""
    if (times != times.dt.normalize()).any():
        return None
    for name, item in looks.items():
        if name not in taken and _HOUR.search(name) and item.kind == "int" and not item.missing:
            values = item.numbers
            if values is not None and values.min() >= 0 and 12 <= values.max() <= 23:
                return name
    return None
