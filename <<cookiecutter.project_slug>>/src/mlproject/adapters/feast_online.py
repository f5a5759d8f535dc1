"""Feast's online store as the prediction service reads it: the newest features of entities."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from feast.protos.feast.serving.ServingService_pb2 import FieldStatus

from ..config import Params
from ..errors import ProjectError
from ..workspace import Workspace
from .feast import connect, service_name

Row = tuple[dict[str, Any], datetime]  # features by name, None where missing; their event time


class OnlineStore:
    """The feature service of a project. Applies nothing; raises ProjectError where it fails."""

    def __init__(self, workspace: Workspace, params: Params) -> None:
        self._entity = params.data.entity_column
        try:
            self._store = connect(workspace)
            self._service = self._store.get_feature_service(service_name(params))
        except Exception as error:
            raise _fault(error) from error

    def read(self, entities: Sequence[str | int]) -> list[Row | None]:
        """Features of each entity, None for one that the store does not know."""
        keys = [{self._entity: entity} for entity in entities]
        try:
            found = self._store.get_online_features(features=self._service, entity_rows=keys).proto
        except Exception as error:
            raise _fault(error) from error
        names = list(found.metadata.feature_names.val)
        vectors = {
            name: vector
            for name, vector in zip(names, found.results, strict=True)
            if name != self._entity
        }
        return [_row(vectors, place) for place in range(len(keys))]


def _row(vectors: dict[str, Any], place: int) -> Row | None:
    if all(item.statuses[place] == FieldStatus.NOT_FOUND for item in vectors.values()):
        return None
    values, newest = {}, 0
    for name, vector in vectors.items():
        value = vector.values[place]
        kind = value.WhichOneof("val")
        values[name] = getattr(value, kind) if kind else None
        newest = max(newest, vector.event_timestamps[place].seconds)
    return values, datetime.fromtimestamp(newest, UTC)


def _fault(error: Exception) -> ProjectError:
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    return ProjectError(f"the online store does not answer ({line:.160})")
