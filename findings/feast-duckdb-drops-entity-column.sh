#!/usr/bin/env bash
# feast 0.67.0, offline store of type duckdb
# get_historical_features returns the columns of the entity frame beside the features. A column that
# happens to be called `entity_row_id` is missing from the result, without an error or a warning:
# the store numbers the rows under that name and drops it at the end.
# Seen, for entity frames with one more column:
#   more column `number`        -> ['event_timestamp', 'id', 'load', 'number']
#   more column `entity_row_id` -> ['event_timestamp', 'id', 'load']
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  'feast[duckdb]==0.67.0' pandas==2.3.3
cd "$here"

cat > feature_store.yaml <<'YAML'
project: demo
provider: local
registry: registry.db
offline_store: {type: duckdb}
entity_key_serialization_version: 3
YAML
venv/bin/python - 2> log <<'PYTHON' || { cat log >&2; exit 1; }
from datetime import timedelta

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.types import Float64

time = pd.Timestamp("2026-03-01", tz="UTC")
pd.DataFrame({"id": [1], "ts": [time], "load": [5.0]}).to_parquet("t.parquet")
entity = Entity(name="id", join_keys=["id"], value_type=ValueType.INT64)
view = FeatureView(
    name="meter",
    entities=[entity],
    ttl=timedelta(days=1),
    schema=[Field(name="load", dtype=Float64)],
    source=FileSource(path="t.parquet", timestamp_field="ts"),
)
store = FeatureStore(repo_path=".")
store.apply([entity, view])
seen = {}
for more in ("number", "entity_row_id"):
    asked = pd.DataFrame({"id": [1], "event_timestamp": [time], more: [7]})
    found = store.get_historical_features(asked, ["meter:load"]).to_df()
    seen[more] = sorted(found.columns)
    print(f"more column `{more}` -> {seen[more]}")
assert seen["number"] == ["event_timestamp", "id", "load", "number"], seen
assert seen["entity_row_id"] == ["event_timestamp", "id", "load"], seen
PYTHON
