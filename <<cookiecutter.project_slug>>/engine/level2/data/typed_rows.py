"""Columns of a table as model inputs, checked against the same contract as a request."""

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
import pandas as pd

from ..base.amounts import listed
from .column_numbers import numbers
from .columns import Column, booleans, categories
from .feature import Feature
from .request_values import bounds


def model_columns(
    table: pd.DataFrame, features: Mapping[str, Feature], source: str, markers: Collection[str]
) -> dict[str, Any]:
    """One array per feature. Raises ProjectError naming row and column of a wrong value."""
    return {
        name: _category(Column(table[name], name, source, markers), item)
        if item.type == "category"
        else _number(Column(table[name], name, source, markers, item.format), item)
        for name, item in features.items()
    }


def _number(column: Column, feature: Feature) -> Any:
    whole = feature.type == "int"
    values = booleans(column) if feature.type == "bool" else numbers(column, whole)
    missing = np.isnan(values)
    if not feature.nullable:
        column.first(missing, "but the model needs it")
    low, high = bounds(feature)
    column.first(
        ~missing & ~((values >= low) & (values <= high)),
        f"outside what the contract allows, {low:g} to {high:g} {feature.unit}".rstrip(),
    )
    return values if feature.center else values.astype(np.float32)


def _category(column: Column, feature: Feature) -> Any:
    values = categories(column)
    missing = pd.isna(values)
    if not feature.nullable:
        column.first(missing, "but the model needs it")
    if feature.allowed is not None:
        known = np.isin(values.astype(str), feature.allowed)
        column.first(~missing & ~known, f"known values are {listed(feature.allowed)}")
    values[missing] = ""
    return values
