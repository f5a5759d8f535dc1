"""Writes predictions of the champion into a project's log, as the service would: N rows."""

import json
import sqlite3
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

sys.path.insert(0, "engine")
from measured.adapters.sqlite_log import SqliteLog

ROWS = int(sys.argv[1])
record = json.loads(Path("artifacts/model/model.json").read_text())
names, name = list(record["features"]), record["serving"]["name"]
table = pq.read_table("data/dataset.parquet", columns=[*names, "station"]).to_pandas()
stations = table.pop("station").astype(str).tolist()
Path("data").mkdir(exist_ok=True)
SqliteLog(Path("data/predictions.db")).close()
order = np.random.default_rng(0).integers(0, len(table), ROWS)
# as clients write them: the shortest number that is this float32
columns = {name: table[name].astype(str).astype(float).tolist() for name in names}
features = [
    json.dumps(dict(zip(names, row, strict=True))) for row in zip(*columns.values(), strict=True)
]
with sqlite3.connect("data/predictions.db") as store:
    store.executemany(
        "insert into predictions values (null, ?, 0, ?, ?, '1', ?, null, ?, ?)",
        (
            (f"r{number}", 1.8e9 + number, name, stations[row], features[row], "1.5")
            for number, row in enumerate(order.tolist())
        ),
    )
print(ROWS)
