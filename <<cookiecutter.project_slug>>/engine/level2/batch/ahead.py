"""`predict --ahead`: forecasts of the periods after the last known row of each entity.

Each period is predicted in turn: its lags of the target are known values, then earlier forecasts.
"""

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
from ..data.zones import later
from ..features.known_past import KnownPast
from ..features.lags import period
from ..model.scoring import inputs, raw_example, table_of
from ..serving.model import Served
from ..training.source_tables import Lookup
from .predict import LABEL, LOWER, UPPER, VERSION


def run(served: Served, output: Path, past: KnownPast, periods: int, known: Lookup | None) -> str:
    """Write one row per entity and period ahead. Returns one line.

    `known` gives the columns of further sources. Raises ProjectError if the model's rows are not in
    periods, or need something that nobody can know ahead.
    """
    raw = _forecasts(served, periods)
    history = past.table(raw.contract)
    if history is None or history.empty:
        raise ProjectError("data/ingested.parquet is missing: `make run` makes it, with the past")
    last = history.groupby(raw.contract.entity_column, sort=True)[TIMESTAMP].max()
    rows, missing = [], dict.fromkeys(served.features, 0)
    for ahead in range(1, periods + 1):
        step = period(raw.contract.frequency or "") * ahead
        times = later(last, step, raw.contract.timezone)
        found, table = _period(served, raw, times, history, known, missing)
        history = pd.concat(
            [history, times.rename(TIMESTAMP).reset_index().assign(**{raw.contract.target: found})],
            ignore_index=True,
        )
        around = _ends(served, raw, ahead, found)
        rows.append(table.assign(**{LABEL: found, **around, VERSION: served.stamp.version}))
    _write(pd.concat(rows, ignore_index=True), output)
    ends = [said(time, raw.contract.timezone) for time in (last.min(), times.max())]
    line = [
        f"{plural(periods * len(last), 'row')} by {served.stamp.name} v{served.stamp.version}",
        str(shown(output)),
        f"after {ends[0]}, until {ends[1]}",
        *_notes(raw, periods, missing, periods * len(last)),
    ]
    return " · ".join(line)


def _forecasts(served: Served, periods: int) -> Raw:
    """How to read rows of a model that can look ahead. Raises ProjectError for another."""
    name, raw = f"{served.stamp.name} v{served.stamp.version}", served.raw
    if periods < 1:
        raise ProjectError(f"AHEAD={periods} is not understood: say a number of periods, like 7")
    if raw is None or raw.contract.frequency is None:
        raise ProjectError(
            f"{name} has no rows in equal periods, so it has none ahead: data.frequency says their "
            "length"
        )
    if served.classes:
        raise ProjectError(f"{name} predicts classes: AHEAD is for numbers, bring rows with INPUT=")
    far = raw.contract.horizon
    if far is not None and periods > far:
        raise ProjectError(
            f"{name} looks {plural(far, 'period')} ahead (data.horizon), not {periods}: say "
            f"AHEAD={far}, or train a model for more"
        )
    lacking = [
        raw.own[column]
        for column, item in raw.contract.features.items()
        if item.source is None and not item.nullable
    ]
    if lacking:
        listed = ", ".join(f"`{column}`" for column in lacking)
        raise ProjectError(
            f"nobody knows {listed} of the periods ahead, which {name} needs: join the table that "
            "does (make add-source), or bring the rows themselves with INPUT="
        )
    return raw


def _period(
    served: Served,
    raw: Raw,
    times: "pd.Series[pd.Timestamp]",
    history: pd.DataFrame,
    known: Lookup | None,
    missing: dict[str, int],
) -> tuple[Any, pd.DataFrame]:
    """Predictions of one period and the keys as the table writes them; counts missing inputs."""
    contract = raw.contract
    unknown = {name: None for name, item in contract.features.items() if item.source is None}
    rows = [raw_example(contract.alone, unknown, entity, time) for entity, time in times.items()]
    if None in rows:
        raise ProjectError("a time ahead cannot be written as the table writes its times")
    names = [name for name in raw.needed if name in (rows[0] or {})]
    asked = table_of([row or {} for row in rows], names, contract)
    asked.index = pd.RangeIndex(1, len(asked) + 1, name="row")
    found = inputs(asked, contract, raw.settings, history, known=known)
    for name, values in found.columns.items():
        empty = values == "" if served.features[name].type == "category" else np.isnan(values)
        missing[name] += int(np.sum(empty))
    predicted = served.scorer(found.columns)
    if not np.isfinite(predicted).all():
        raise ProjectError(f"{served.stamp.name}: no finite prediction for {times.iloc[0]}")
    return predicted, asked[_keys(contract, raw)]


def _ends(served: Served, raw: Raw, ahead: int, found: Any) -> dict[str, Any]:
    """Lower and upper ends; missing where a lag is a forecast, for which nothing was calibrated."""
    if served.interval is None:
        return {}
    known = ahead <= min(raw.settings.lags, default=ahead)
    ends = served.interval.around(found) if known else (np.nan, np.nan)
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
