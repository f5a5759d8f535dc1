"""Tables as a monitor sees them: the sample with lags, answered by what was a week before."""

import numpy as np
import pandas as pd

from level2.baseline.build import build
from level2.data.contract import TIMESTAMP, DataContract
from level2.data.feature import Feature
from level2.monitoring.look import Current, look
from level2.params.monitor import Monitor
from level2.training import sample

LAGS = (1, 2, 7)
FEATURES = {
    "temperature": Feature(type="float", unit="°C", min=-40, max=50, nullable=True),
    "holiday": Feature(type="bool"),
    **{f"load_lag_{lag}": Feature(type="float", unit="MW", nullable=True) for lag in LAGS},
}
CONTRACT = DataContract.model_validate(
    {
        "name": "load-forecast",
        "source": "load.csv",
        "entity": "area",
        "event_timestamp": "date",
        "target": "load",
        "task": "regression",
        "unit": "MW",
        "features": {"temperature": {"type": "float"}, "holiday": {"type": "bool"}},
    }
)
TOLD = {"task": "regression", "metric": "rmse", "classes": [], "metrics": {"rmse": 900.0}}


def sampled(until, shock=None, seed=0):
    """The sample as the model meets it."""
    table = sample.generate(pd.Timestamp(until).date(), shock, seed)
    table[TIMESTAMP] = table.pop("date").dt.tz_localize("UTC").astype("datetime64[us, UTC]")
    table["holiday"] = table.holiday.astype(float)
    table = table.sort_values(["area", TIMESTAMP])
    for lag in LAGS:
        table[f"load_lag_{lag}"] = table.groupby("area").load.shift(lag)
    table["prediction"] = table.load_lag_7.bfill()
    table["truth"] = table.load
    return table.sort_values([TIMESTAMP, "area"], ignore_index=True)


def until(table, day):
    return table[table[TIMESTAMP] <= pd.Timestamp(day, tz="UTC")].reset_index(drop=True)


def last(table, days):
    since = table[TIMESTAMP].max() - pd.Timedelta(days=days)
    return table[table[TIMESTAMP] > since].reset_index(drop=True)


def referred(table, contract=CONTRACT, told=TOLD, features=FEATURES):
    """The reference of a model accepted on this table; its last fifth judged."""
    watched = {name: (lambda n=name: table[n]) for name in (*features, contract.target)}
    judged = table.iloc[-len(table) // 5 :]
    keys = [name for name in (contract.entity_column, TIMESTAMP) if name in table]
    return build(table[keys], watched, contract, table, judged, told)


def looked(reference, window, knobs=None, features=FEATURES, contract=CONTRACT):
    entity = contract.entity_column if contract.entity else None
    return look(
        reference,
        Current(window, "raw data"),
        features,
        contract.target,
        contract.unit,
        entity,
        knobs or Monitor(),
    )


def alarms(found):
    return [(item.signal, item.kind, item.column) for item in found.findings if item.alarm]


def drawn(rng, rows, shift=0.0, columns=20):
    """Independent rows without time."""
    table = pd.DataFrame({f"x{n}": rng.normal(0, 1, rows) for n in range(columns)})
    table["x0"] += shift
    table["c"] = rng.choice(list("abcd"), rows)
    table[TIMESTAMP] = pd.Timestamp("2000-01-01", tz="UTC")
    table["y"] = table.x1 + rng.normal(0, 1, rows)
    return table.assign(prediction=table.x1, truth=table.y, row_id=np.arange(rows))
