"""Rows under the names of the user's own table: what they are called, how they are recognised."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from pydantic import ValidationError

from .contract import TIMESTAMP, DataContract
from .featurize import Featurize


def times_of(contract: DataContract) -> tuple[str, ...]:
    """Columns that are the event time together, as the contract names them."""
    return (*contract.time_columns, *([contract.event_hour] if contract.event_hour else []))


def own_names(contract: DataContract) -> dict[str, str]:
    """Name in the table by name in the contract, of every column that is read to predict.

    The target is among them: it may stand in a table and is not read.
    """
    raw = {new: old for old, new in contract.rename.items()}
    entity = [contract.entity] if contract.entity else []
    names = [*entity, *times_of(contract), *contract.features, contract.target]
    return {name: raw.get(name, name) for name in names}


@dataclass(frozen=True)
class Raw:
    """What a model knows of the table it was trained on: how rows of such a table are read."""

    contract: DataContract
    settings: Featurize
    example: Mapping[str, Any] | None  # a row of the table, as JSON

    @cached_property
    def own(self) -> dict[str, str]:
        """Name in the table by name in the contract."""
        return own_names(self.contract)

    @cached_property
    def needed(self) -> tuple[str, ...]:
        """Columns of the table without which nothing can be predicted."""
        return tuple(self.own[name] for name in self.own if name != self.contract.target)

    @property
    def target(self) -> str:
        """The target as the table calls it."""
        return self.own[self.contract.target]

    @cached_property
    def derives(self) -> bool:
        """Whether the model has inputs that no table holds."""
        chosen = self.settings
        return bool(chosen.calendar or chosen.lags or chosen.own or chosen.entity_as_feature)

    def fits(self, columns: Collection[str], features: Collection[str]) -> bool:
        """Whether a table is like the one adopted; not where it is one of model features."""
        if not {*self.needed} <= {*columns}:
            return False
        made = TIMESTAMP in columns and TIMESTAMP not in self.needed
        return not (made and {*features} <= {*columns}) and (
            not {*features} <= {*columns}
            or not self.derives
            or any(self.own[name] in features for name in times_of(self.contract))
        )


def read(record: Mapping[str, Any]) -> Raw | None:
    """From what is kept with a model; None for one that was trained before it was kept."""
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
    """Declared features in the order of the model's, as JSON keeps them in that of the alphabet."""
    return {name: features[name] for name in [*order, *features] if name in features}
