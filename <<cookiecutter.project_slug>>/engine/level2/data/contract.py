"""The data contract: what a row means. Feast, pandera and MLflow schemas derive from it."""

import keyword
import re
from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field, model_validator

from ..base.names import OUTPUTS, chance, reserved, twice
from . import windows
from .feature import Feature, Strict
from .horizon import too_late
from .number_format import NumberFormat
from .source import Source, problems
from .time_names import NAMED, zone_of

TIMESTAMP = "event_timestamp"  # every table carries its event time under this name once ingested
ROW_ID = "row_id"  # the entity made for a table that names none and has no time
SERIES = "series"  # the entity made for a table that is one series
ALL = "all"  # the one value of that entity
_OBJECT = re.compile(r"s3://[^/@\s]+/(?:[^/\s]+/)*[^/\s]+")  # no credentials in the address

Task = Literal["regression", "binary", "multiclass"]


class DataContract(Strict):
    """Section `data` of params.yaml."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
    source: str
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    entity: str | None = None
    entities: tuple[str, ...] | None = None
    event_timestamp: str | Annotated[tuple[str, ...], Field(min_length=2)] | None = None
    event_hour: str | None = None
    event_hours: Literal["0-23", "1-24"] = "0-23"
    timestamp_format: str | None = None
    timezone: str | None = None
    independent_rows: bool = False
    group: str | None = None
    sample_weight: str | None = None
    frequency: str | None = None
    horizon: Annotated[int, Field(ge=1)] | None = None
    target: str
    unit: str = ""
    target_format: NumberFormat | None = None
    task: Task
    classes: tuple[str, ...] | None = None
    missing_markers: tuple[str, ...] = ()
    rename: dict[str, str] = Field(default_factory=dict)
    sources: dict[str, Source] = Field(default_factory=dict)
    features: dict[str, Feature] = Field(default_factory=dict)
    allow_leakage: tuple[str, ...] = ()

    @property
    def entity_column(self) -> str:
        """Name of the join key, added by `ingest` if the table has none."""
        return self.entity or (SERIES if self.has_time and not self.independent_rows else ROW_ID)

    @property
    def constant(self) -> str | None:
        """The value of the join key in every row, if the table is one series."""
        return ALL if self.entity_column == SERIES else None

    @property
    def time_columns(self) -> tuple[str, ...]:
        """Raw columns that form the event time; none if the table has no time."""
        if self.event_timestamp is None:
            return ()
        one = isinstance(self.event_timestamp, str)
        return (str(self.event_timestamp),) if one else tuple(self.event_timestamp)

    @property
    def first_hour(self) -> int:
        """The lowest value of the hour column: 0, or 1 if 24 ends the day."""
        return int(self.event_hours.partition("-")[0])

    @property
    def time_name(self) -> str | None:
        """Name of the event time: its column, or `event_timestamp` if it has several."""
        return TIMESTAMP if len(self.time_columns) > 1 else next(iter(self.time_columns), None)

    @property
    def remote(self) -> bool:
        """Whether the raw table is an object in a store, not a file of the project."""
        return "://" in self.source

    @property
    def has_time(self) -> bool:
        """Whether rows are ordered by a real event time."""
        return self.event_timestamp is not None

    @property
    def key(self) -> list[str]:
        """The columns that identify a row."""
        return [self.entity_column, TIMESTAMP]

    @property
    def alone(self) -> "DataContract":
        """The same without the columns of other sources: what the main table itself holds."""
        if not self.sources:
            return self
        own = {name: item for name, item in self.features.items() if item.source is None}
        return self.model_copy(update={"features": own, "sources": {}})

    def columns(self) -> list[str]:
        """Columns of the ingested table, in order."""
        apart = filter(None, (self.group, self.sample_weight))
        return list(dict.fromkeys([*self.key, *self.features, self.target, *apart]))

    @model_validator(mode="after")
    def _coherent(self) -> "DataContract":
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        """Yield what is wrong: the first problem is reported."""
        if self.remote and not _OBJECT.fullmatch(self.source):
            yield "source: name a file of the project or s3://bucket/folder/table.parquet"
        roles = {"entity": self.entity, "event_hour": self.event_hour, "target": self.target}
        roles |= {"sample_weight": self.sample_weight}
        for role, column in roles.items():
            if column is not None and column in self.features:
                yield f"`{column}` is the {role} and cannot be a feature too"
        if self.sample_weight and self.sample_weight in (self.target, self.group, self.event_hour):
            yield f"sample_weight: `{self.sample_weight}` has another role: name another column"
        apart = filter(None, (self.group, self.sample_weight))
        for name in [*self.features, self.target, *apart]:
            if name == self.group == self.entity:
                continue
            if reserved(name) or name == self.entity_column:
                yield f"`{name}` is a reserved column name: map it to another in data.rename"
            if not name.isidentifier() or keyword.iskeyword(name) or "__" in name:
                yield (
                    f"`{name}` is not a plain column name like `wind_speed`: map it in data.rename"
                )
        yield from self._met()
        if self.task == "regression" and self.classes is not None:
            yield "classes belong to task binary or multiclass, not regression"
        if self.task != "regression" and self.target_format is not None:
            yield "target_format belongs to task regression: classes are texts"
        if self.task != "regression":
            count = len(set(self.classes or ()))
            wanted = count == 2 if self.task == "binary" else count > 2
            if not wanted:
                needs = "2" if self.task == "binary" else "3 or more"
                yield f"task {self.task} needs {needs} different classes, got {count}"
        yield from self._time_problems()
        yield from problems(self.sources, self.features, self.entity, self.has_time)
        if self.horizon is not None and (self.frequency is None or self.task != "regression"):
            yield "horizon counts periods: it needs frequency (like 1D or 1h) and task regression"
        yield from too_late(self.horizon, self.features, self.sources)
        yield from windows.problems(self.features, self.sources, self.source, self.horizon)
        if self.entities is not None and self.entity is None:
            yield "entities (allowed values) need entity (the column)"

    def _met(self) -> Iterator[str]:
        """Yield names that clash with another or with one the project adds, ignoring case."""
        own = [self.entity_column, *self.features, self.target]
        own += [self.sample_weight] if self.sample_weight else []
        for one, other in twice(own):
            yield f"`{other}` and `{one}` are one name in DuckDB: map one to another in data.rename"
        if self.entity is not None and (
            reserved(self.entity) or self.entity.casefold() in OUTPUTS - {ROW_ID, SERIES}
        ):
            yield f"entity `{self.entity}` is a reserved column name: map it in data.rename"
        chances = {chance(name).casefold(): name for name in self.classes or ()}
        for name in own:
            if name.casefold() in chances:
                yield (
                    f"`{name}` is the name of the probability of class "
                    f"`{chances[name.casefold()]}`: map it to another in data.rename"
                )

    def _time_problems(self) -> Iterator[str]:
        """Yield what is wrong with the event time and the keys that depend on it."""
        hangs = self.event_hour or self.frequency or self.timezone or self.independent_rows
        if self.event_timestamp is None and hangs:
            yield "event_hour, frequency, timezone and independent_rows need event_timestamp"
        if self.first_hour and self.event_hour is None:
            yield "event_hours says how event_hour counts: name that column too"
        if len(self.time_columns) > 1 and self.timestamp_format is None:
            yield "event_timestamp of several columns needs timestamp_format, like '%Y %m %d'"
        for name in self.time_columns:
            if name in self.features or name in (self.target, self.entity, self.sample_weight):
                yield f"`{name}` is part of event_timestamp and cannot be anything else"
        if self.independent_rows and (self.entity or self.frequency):
            yield "independent_rows have no entity and no frequency: leave these out"
        form = self.timestamp_format or "%"
        if "%" not in form and form not in NAMED:
            names = ", ".join(NAMED)
            yield f"timestamp_format: `{form}` is not a pattern like %d/%m/%Y and none of {names}"
        if self.timezone is not None:
            try:
                zone_of(self.timezone)
            except ValueError as error:
                yield f"timezone: {error}"
