"""`predict --ahead`: forecasts of the periods after the last known row of each entity."""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa

from ..base.amounts import plural
from ..base.errors import ProjectError
from ..base.files import shown
from ..data import streams
from ..data.contract import TIMESTAMP, DataContract
from ..data.raw_rows import Raw, times_of
from ..data.times import shown as said
from ..features.known_past import KnownPast
from ..model.forecasts import Forecasts, forecasts
from ..serving.ahead_request import looks_ahead
from ..serving.model import Served
from ..training.source_tables import Lookup
from .predict import LABEL, LOWER, UPPER, VERSION


def run(served: Served, output: Path, past: KnownPast, periods: int, known: Lookup | None) -> str:
    """Write one row per entity and period ahead. Returns one line.

    `known` gives the columns of further sources. Raises ProjectError if the model's rows are not in
    periods, or need something that nobody can know ahead.
    """
    raw = _raw(served, periods)
    history = past.table(raw.contract)
    if history is None or history.empty:
        raise ProjectError("data/ingested.parquet is missing: `make run` makes it, with the past")
    last = history.groupby(raw.contract.entity_column, sort=True)[TIMESTAMP].max()
    rows, missing = [], dict.fromkeys(served.features, 0)
    for part in forecasts(raw, served.scorer, history, last, periods, known):
        if not np.isfinite(part.found).all():
            raise ProjectError(f"{served.stamp.name}: no finite prediction for {_time(raw, part)}")
        for name, values in part.columns.items():
            empty = values == "" if served.features[name].type == "category" else np.isnan(values)
            missing[name] += int(np.sum(empty))
        told = {LABEL: part.found, **_ends(served, part), VERSION: served.stamp.version}
        rows.append(part.asked[_keys(raw.contract, raw)].assign(**told))
    _write(pd.concat(rows, ignore_index=True), output)
    ends = [said(time, raw.contract.timezone) for time in (last.min(), part.keys[TIMESTAMP].max())]
    line = [
        f"{plural(periods * len(last), 'row')} by {served.stamp.name} v{served.stamp.version}",
        str(shown(output)),
        f"after {ends[0]}, until {ends[1]}",
        *_notes(raw, periods, missing, periods * len(last)),
    ]
    return " · ".join(line)


def _raw(served: Served, periods: int) -> Raw:
    """How to read rows of a model that can look that far ahead. Raises ProjectError."""
    if periods < 1:
        raise ProjectError(f"AHEAD={periods} is not understood: say a number of periods, like 7")
    raw = looks_ahead(served)
    far, name = raw.contract.horizon, f"{served.stamp.name} v{served.stamp.version}"
    if far is not None and periods > far:
        raise ProjectError(
            f"{name} looks {plural(far, 'period')} ahead (data.horizon), not {periods}: say "
            f"AHEAD={far}, or train a model for more"
        )
    if lacking := raw.unknown_ahead:
        listed = ", ".join(f"`{column}`" for column in lacking)
        raise ProjectError(
            f"nobody knows {listed} of the periods ahead, which {name} needs: join the table that "
            "does (make add-source), or bring the rows themselves with INPUT="
        )
    return raw


def _time(raw: Raw, part: Forecasts) -> str:
    row = int(np.argmin(np.isfinite(part.found)))
    return said(part.keys[TIMESTAMP].iloc[row], raw.contract.timezone)


def _ends(served: Served, part: Forecasts) -> dict[str, Any]:
    """Lower and upper ends; missing where a lag is a forecast, for which nothing was calibrated."""
    if served.interval is None:
        return {}
    ends = served.interval.around(part.found) if part.measured else (np.nan, np.nan)
    return dict(zip((LOWER, UPPER), ends, strict=True))


def _keys(contract: DataContract, raw: Raw) -> list[str]:
    entity = [contract.entity] if contract.entity else []
    return [raw.own[name] for name in (*entity, *times_of(contract))]


def _notes(raw: Raw, periods: int, missing: dict[str, int], rows: int) -> list[str]:
    """What was not known: lags from forecasts, inputs without a value."""
    early = [lag for lag in raw.settings.lags if lag < periods]
    notes = [f"lags below {periods} periods are forecasts too"] if early else []
    lacking = [f"{name} in {count:,} of {rows:,}" for name, count in missing.items() if count]
    return notes + ([f"missing: {', '.join(lacking)}"] if lacking else [])


def _write(table: pd.DataFrame, output: Path) -> None:
    whole = pa.Table.from_pandas(table, preserve_index=False)
    with streams.writing(output, whole.schema) as write:
        for batch in whole.to_batches():
            write(batch)
