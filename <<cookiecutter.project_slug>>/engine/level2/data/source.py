"""A further table of the contract, whose columns are joined to each row as known at its time."""

import re
from collections.abc import Iterator, Mapping
from datetime import timedelta

from pydantic import Field, field_validator

from .durations import duration
from .feature import Feature, Strict
from .time_names import zone_of

NAMES = re.compile(r"[a-z][a-z0-9_]{0,30}")
WANTED = "small letters, digits and _, at most 31"


class Source(Strict):
    """One entry of `data.sources`: where a table is, and how its rows are found and dated.

    `entity` names the columns of the main table that find a row of this one; without any, a row
    is valid for all. `created_timestamp` says when a row became known: a correction is not seen
    before. A row older than `ttl` is not used. With a horizon, rows count from that many periods
    after they were known, unless they are `known_in_advance`, as a calendar or a forecast is: then
    only their time of creation does.
    """

    path: str
    entity: tuple[str, ...] = ()
    event_timestamp: str
    created_timestamp: str | None = None
    timestamp_format: str | None = None
    timezone: str | None = None
    ttl: str | None = None
    known_in_advance: bool = False
    delimiter: str | None = None
    missing_markers: tuple[str, ...] = ()
    rename: dict[str, str] = Field(default_factory=dict)

    @property
    def remote(self) -> bool:
        """Whether the table is an object in a store, not a file of the project."""
        return "://" in self.path

    @property
    def age(self) -> timedelta | None:
        """`ttl` as a duration."""
        return duration(self.ttl) if self.ttl else None

    @property
    def raw(self) -> dict[str, str]:
        """The name in the file by the name in the project, of renamed columns."""
        return {new: old for old, new in self.rename.items()}

    @field_validator("ttl")
    @classmethod
    def _duration(cls, ttl: str | None) -> str | None:
        """The value, if it is a duration. Raises ValueError."""
        if ttl is not None:
            duration(ttl)
        return ttl

    @field_validator("timezone")
    @classmethod
    def _zone(cls, zone: str | None) -> str | None:
        """The value, if it names a time zone. Raises ValueError."""
        if zone is not None:
            zone_of(zone)
        return zone


def problems(
    sources: Mapping[str, Source], features: Mapping[str, Feature], entity: str | None, time: bool
) -> Iterator[str]:
    """Yield what is wrong between a main table and its sources.

    `entity` is the main table's, `time` whether it has event times.
    """
    given = {item.source for item in features.values() if item.source is not None}
    for name in sorted(given - {*sources}):
        yield f"a feature comes from source `{name}`, which data.sources does not name"
    if sources and not time:
        yield "sources are joined as known at a row's time: they need event_timestamp"
    keys = {name for name, item in features.items() if not item.numeric and not item.source}
    keys |= {entity} if entity else set()
    for name, source in sources.items():
        if not NAMES.fullmatch(name):
            yield f"sources: `{name}` is no plain name like weather: {WANTED}"
        if name not in given:
            yield f"sources.{name}: no feature comes from it, give one `source: {name}`"
        for column in source.entity:
            if column not in keys:
                known = ", ".join(f"`{key}`" for key in sorted(keys)) or "there is none"
                yield (
                    f"sources.{name}.entity: `{column}` must be the entity or a category of the "
                    f"main table, so that its rows find theirs: {known}"
                )
            if f"{column}_key" in features:
                yield f"`{column}_key` is the join key of a source: map it in data.rename"
