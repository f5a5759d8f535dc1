"""Choose how the rows of an adopted table are split: by time, by group or at random."""

from collections.abc import Mapping

from ..base.amounts import plural
from ..base.errors import ProjectError
from .columns import Decision
from .keys import Keys
from .looks import Look

WAYS = ("time", "random", "group")
MIN_GROUPS = 5
MIN_MOMENTS = 3  # one part each: for training, validation and test


def choose_split(
    keys: Keys, looks: Mapping[str, Look], split: str | None, by: str | None, source: str
) -> tuple[str, str | None, list[Decision]]:
    """The split, the raw column of its groups, and why. Raises ProjectError.

    Rows with a time are split by time unless SPLIT or BY say otherwise.
    """
    if split is not None and split not in WAYS:
        raise ProjectError(f"SPLIT={split} is not known, use time, random or group")
    if by is not None and split not in {None, "group"}:
        raise ProjectError(f"BY={by} goes with SPLIT=group, not with SPLIT={split}")
    if by is not None or split == "group":
        return "group", *_groups(keys, looks, by, source)
    if split == "time" and not keys.timestamp:
        could = f"TIMESTAMP={keys.perhaps[0]}" if keys.perhaps else "TIMESTAMP=column"
        raise ProjectError(f"{source}: SPLIT=time needs an event time: say {could}")
    few = keys.timestamp and keys.moments < MIN_MOMENTS
    if few and split == "time":
        raise ProjectError(f"{source}: SPLIT=time is not possible: {_few(keys)}")
    if keys.timestamp and split != "random" and not few:
        reason = "the newest fifth is the test set; SPLIT= or BY= change that"
        return "time", None, [Decision("", "split by time", reason)]
    return "random", None, [Decision("", "SPLIT AT RANDOM", _random(keys))]


def _groups(
    keys: Keys, looks: Mapping[str, Look], by: str | None, source: str
) -> tuple[str, list[Decision]]:
    column = by or keys.entity
    if column is None:
        raise ProjectError(f"{source}: SPLIT=group needs the column of the groups: say BY=column")
    found = looks[column]
    if found.missing:
        raise ProjectError(
            f"{source}: `{column}` (BY) is empty in {plural(found.missing, 'row')}: every row "
            "needs a group"
        )
    if found.unique:
        raise ProjectError(
            f"{source}: every `{column}` ({'BY' if by else 'the entity'}) is one row, so it holds "
            "no rows together: say BY= with a column whose values come again"
        )
    if found.distinct < MIN_GROUPS:
        raise ProjectError(
            f"{source}: `{column}` (BY) has {found.distinct} groups, at least {MIN_GROUPS} are "
            "needed for training, validation and test"
        )
    reason = f"{found.distinct:,} groups, each on one side only"
    if keys.timestamp:
        reason += (
            f"; the time in `{','.join(keys.timestamp)}` is not used for the split: "
            "SPLIT=time would use it"
        )
    return column, [Decision(column, "split by group", reason)]


def _random(keys: Keys) -> str:
    if keys.timestamp and keys.moments < MIN_MOMENTS:
        return _few(keys)
    if keys.timestamp:
        return (
            f"requested by SPLIT, although `{','.join(keys.timestamp)}` orders the rows: a model "
            "may look better than it will be on future days"
        )
    if keys.perhaps:
        listed = " or ".join(f"TIMESTAMP={name}" for name in keys.perhaps[:3])
        return f"no column was taken for the event time: if rows are ordered in time, say {listed}"
    return "no column says when a row happened; BY=column keeps groups on one side"


def _few(keys: Keys) -> str:
    return (
        f"`{','.join(keys.timestamp)}` holds {plural(keys.moments, 'time')} only, at least "
        f"{MIN_MOMENTS} are needed to train on older rows and test on newer ones"
    )
