"""Rows under the names of the user's own table: column names, and how to recognize them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from .contract import TIMESTAMP, DataContract
from .featurize import Featurize


def times_of(contract: DataContract) -> tuple[str, ...]:
    """Columns that form the event time, under the contract's names."""
    return (*contract.time_columns, *([contract.event_hour] if contract.event_hour else []))


def own_names(contract: DataContract) -> dict[str, str]:
    """Name in the table by name in the contract, for every column read to predict.

    The target is included: it may be present in a table and is ignored.
    """
    raw = {new: old for old, new in contract.rename.items()}
    entity = [contract.entity] if contract.entity else []
    names = [*entity, *times_of(contract), *contract.features, contract.target]
    return {name: raw.get(name, name) for name in names}


@dataclass(frozen=True)
class Raw:
    """What a model knows about the table it was trained on, and so how to read rows of it."""

    contract: DataContract
    settings: Featurize
    example: Mapping[str, Any] | None  # a row of the table, as JSON

    @cached_property
    def own(self) -> dict[str, str]:
        """Name in the table by name in the contract."""
        return own_names(self.contract)

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Columns of the table that a prediction requires."""
        return tuple(self.own[name] for name in self.own if name != self.contract.target)

    @cached_property
    def joined(self) -> tuple[str, ...]:
        """Declared features that come from further sources."""
        return tuple(name for name, item in self.contract.features.items() if item.source)

    @cached_property
    def unknown_ahead(self) -> tuple[str, ...]:
        """Columns of the table that a row needs and that nobody knows of later periods."""
        found = self.contract.features.items()
        return tuple(self.own[name] for name, item in found if not (item.source or item.nullable))

    @property
    def target(self) -> str:
        """Name of the target in the table."""
        return self.own[self.contract.target]

    @cached_property
    def derives(self) -> bool:
        """Whether the model has inputs that are not columns of the table."""
        chosen = self.settings
        return bool(chosen.calendar or chosen.lags or chosen.own or chosen.entity_as_feature)

    def fits(self, columns: Collection[str], features: Collection[str]) -> bool:
        """Whether a table is like the adopted one, not one of model features."""
        if not {*self.needed} <= {*columns}:
            return False
        made = TIMESTAMP in columns and TIMESTAMP not in self.needed
        return not (made and {*features} <= {*columns}) and (
            not {*features} <= {*columns}
            or not self.derives
            or any(self.own[name] in features for name in times_of(self.contract))
        )


def read(record: Mapping[str, Any]) -> Raw | None:
    """Read from a model's record; None for a model that was trained before it had this."""
    told = record.get("table")
    if told is None:
        return None
    kept = dict(told["contract"])
    kept["features"] = _in_order(kept["features"], record["order"])
    try:
        contract = DataContract.model_validate(kept)
        settings = Featurize.model_validate(told["featurize"])
    except ValidationError:  # of another release: its features are answered all the same
        return None
    return Raw(contract, settings, told.get("example"))


def _in_order(features: Mapping[str, Any], order: Sequence[str]) -> dict[str, Any]:
    """Declared features in the model's order; JSON stores them alphabetically."""
    return {name: features[name] for name in [*order, *features] if name in features}
