"""What the contract says of the columns of a further table; without pandas."""

from .contract import SERIES, DataContract
from .feature import Feature
from .source import Source

CREATED = "created_timestamp"


def join_keys(contract: DataContract, source: Source) -> dict[str, str]:
    """Column of the main table by the join key that Feast knows it as.

    A key that is also a feature has another name, because Feast returns both.
    """
    if not source.entity:
        return {SERIES: SERIES}
    return {name if name == contract.entity else f"{name}_key": name for name in source.entity}


def columns_of(contract: DataContract, name: str) -> dict[str, Feature]:
    """The contract's columns that come from one source."""
    return {column: item for column, item in contract.features.items() if item.source == name}


def windowed(contract: DataContract, name: str) -> bool:
    """Whether a source's columns are windows over its rows."""
    return any(item.window is not None for item in columns_of(contract, name).values())


def read_of(contract: DataContract, name: str) -> dict[str, Feature]:
    """The columns that are read from a source's file: its features, or what windows are over."""
    features = columns_of(contract, name)
    if not windowed(contract, name):
        return features
    return {
        item.window.column: Feature(type="float", nullable=True, format=item.format)
        for item in features.values()
        if item.window is not None and item.window.column is not None
    }


def nothing(contract: DataContract, name: str) -> dict[str, float | None]:
    """A source's columns for a key that has no row."""
    return {
        column: item.window.nothing if item.window else None
        for column, item in columns_of(contract, name).items()
    }
