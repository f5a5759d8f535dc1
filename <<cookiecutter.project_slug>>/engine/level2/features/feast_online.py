"""Feast's online store for the prediction service: the newest features of entities."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from ..base.errors import ProjectError
from ..data.contract import ALL
from ..data.source import Source
from ..data.source_columns import columns_of, join_keys, nothing
from .feast import EntityKey, Value, connect
from .feast_declare import source_view_name, view_name
from .feast_project import Folders, Knobs
from .transforms import model_features

Row = tuple[dict[str, Any], datetime]  # features by name, None where missing; their event time


class OnlineStore:
    """A project's feature service. Applies nothing; raises ProjectError if it fails."""

    def __init__(self, workspace: Folders, params: Knobs) -> None:
        self._contract = params.data
        try:
            store = connect(workspace, online_only=True)
            self._config, self._view = store.config, store.get_feature_view(view_name(params))
            self._views = {
                name: store.get_feature_view(source_view_name(params, name))
                for name in params.data.sources
            }
            self._store = store._get_provider().online_store
        except Exception as error:
            raise _fault(error) from error
        self._names = list(model_features(params.data, params.featurize))

    def read(self, entities: Sequence[str | int]) -> list[Row | None]:
        """Features of each entity, None for an unknown one.

        It reads the store directly: `get_online_features` costs three times as much.
        """
        column = self._contract.entity_column
        own = self._rows(self._view, [{column: entity} for entity in entities], self._names)
        found = [None if row is None or time is None else (row, time) for time, row in own]
        for name, source in self._contract.sources.items():
            self._add(name, source, entities, found)
        return found

    def _add(
        self,
        name: str,
        source: Source,
        entities: Sequence[str | int],
        found: Sequence[Row | None],
    ) -> None:
        """Replace the columns of one source by its newest ones, in place."""
        names = list(columns_of(self._contract, name))
        known = [place for place, row in enumerate(found) if row is not None]
        keys = {place: self._key(source, entities[place], found[place]) for place in known}
        asked = {place: key for place, key in keys.items() if None not in key.values()}
        rows = self._rows(self._views[name], list(asked.values()), names)
        newest = dict(zip(asked, rows, strict=True))
        for place in known:
            features, moment = found[place] or ({}, datetime.max)
            time, row = newest.get(place, (None, None))
            old = time is None or (source.age is not None and moment - time > source.age)
            absent = nothing(self._contract, name) if place in asked else dict.fromkeys(names)
            features.update(absent if old or row is None else row)

    def _key(self, source: Source, entity: str | int, row: Row | None) -> dict[str, Any]:
        """The join keys of one entity's newest row; None where its category is missing."""
        values: Mapping[str, Any] = row[0] if row else {}
        contract = self._contract
        return {
            key: ALL if not source.entity else entity if known == contract.entity else values[known]
            for key, known in join_keys(contract, source).items()
        }

    def _rows(
        self, view: Any, keys: Sequence[Mapping[str, Any]], names: list[str]
    ) -> list[tuple[datetime | None, dict[str, Any] | None]]:
        """Event time and columns by key, None and None for an unknown one."""
        if not keys:
            return []
        asked = [
            EntityKey(join_keys=[*key], entity_values=[_value(part) for part in key.values()])
            for key in keys
        ]
        try:
            found = self._store.online_read(self._config, view, asked, names)
        except Exception as error:
            raise _fault(error) from error
        return [
            (time, {name: _plain(values.get(name)) for name in names})
            if values and not _unknown(time, values)
            else (None, None)
            for time, values in found
        ]


def _unknown(time: datetime | None, values: Mapping[str, Any]) -> bool:
    """Whether a key is unknown: Feast's Redis store then gives 1970 and values without content."""
    return not (time and time.timestamp()) and all(_plain(item) is None for item in values.values())


def _value(entity: str | int) -> Any:
    return Value(int64_val=entity) if isinstance(entity, int) else Value(string_val=entity)


def _plain(value: Any) -> Any:
    kind = None if value is None else value.WhichOneof("val")
    return getattr(value, kind) if kind else None


def _fault(error: Exception) -> ProjectError:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ProjectError(f"the online store does not respond ({line:.160})")
