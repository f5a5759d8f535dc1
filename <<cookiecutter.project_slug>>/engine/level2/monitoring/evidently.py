"""Evidently: the monitor's two windows on an extra page. Imported only on request.

It only draws; whether a column drifted is the monitor's verdict, so that two pages never disagree.
"""

import importlib.util
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ..base.errors import ProjectError
from ..base.files import atomic

os.environ.setdefault("DO_NOT_TRACK", "1")  # any value keeps it from calling home


def need() -> None:
    """Raises ProjectError if Evidently is not installed."""
    if importlib.util.find_spec("evidently") is None:
        raise ProjectError(
            "--evidently needs Evidently, which is not installed: `make monitor EVIDENTLY=yes` "
            "installs it, requirements/evidently.txt is its lock"
        )


def write(
    path: Path, reference: pd.DataFrame, current: pd.DataFrame, times: Mapping[str, float]
) -> None:
    """Write the page; `times` is each column's multiple of its limits, up to 1 is usual."""
    need()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of libraries among themselves
        from evidently import DataDefinition, Dataset, Report
        from evidently.presets import DataDriftPreset

        reference, current = _harmless(reference), _harmless(current)
        times = {_inert(name): value for name, value in times.items()}
        texts = [name for name in times if reference[name].dtype == object]
        numbers = [name for name in times if name not in texts]
        kinds = DataDefinition(numerical_columns=numbers, categorical_columns=texts)
        preset = DataDriftPreset(
            columns=list(times),
            drift_share=0.0001,  # as in the verdict, one column is enough
            per_column_method={name: _judged(name, value) for name, value in times.items()},
        )
        found = Report([preset]).run(
            current_data=Dataset.from_pandas(current, data_definition=kinds),
            reference_data=Dataset.from_pandas(reference, data_definition=kinds),
        )
        with atomic(path) as temporary:
            found.save_html(str(temporary))


def _harmless(table: pd.DataFrame) -> pd.DataFrame:
    """Names and categories that cannot end the surrounding script: Evidently escapes none."""
    kept = {_inert(name): values for name, values in table.items()}
    return pd.DataFrame(
        {
            name: values.map(_inert, na_action="ignore") if values.dtype == object else values
            for name, values in kept.items()
        }
    )


def _inert(text: Any) -> str:
    return str(text).replace("<", "‹")


def _judged(name: str, times: float) -> Any:
    """An Evidently test that repeats the monitor's finding."""
    from evidently.legacy.calculations.stattests.registry import StatTest, register_stattest
    from evidently.legacy.core import ColumnType

    test = StatTest(
        name=f"monitor.{name}",  # they are kept apart by their names
        display_name="times the monitor's limits",
        allowed_feature_types=[ColumnType.Numerical, ColumnType.Categorical],
        default_threshold=1.0,
    )
    register_stattest(test, lambda *_: (times, times > 1))
    return test
