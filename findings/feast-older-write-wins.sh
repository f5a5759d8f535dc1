#!/usr/bin/env bash
# feast 0.67.0, online store of type sqlite
# The online store is to hold the newest value of a feature. A row written later with an EARLIER
# event time replaces the newer one: a late back-fill puts the online features back in time,
# without an error or a warning.
# Seen, written in this order and read after each:
#   wrote 9.0 of 12:00 -> reads 9.0
#   wrote 7.0 of 06:00 -> reads 7.0
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  feast==0.67.0 pandas==2.3.3
cd "$here"

cat > feature_store.yaml <<'YAML'
project: demo
provider: local
registry: registry.db
online_store: {type: sqlite, path: online.db}
entity_key_serialization_version: 3
YAML
venv/bin/python - 2> log <<'PYTHON' || { cat log >&2; exit 1; }
from datetime import timedelta

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, ValueType
from feast.types import Float64


def row(hour, value):
    time = pd.Timestamp(2026, 3, 1, hour, tz="UTC")
    return pd.DataFrame({"id": [1], "ts": [time], "load": [value]})


row(0, 0.0).to_parquet("t.parquet")
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
for hour, value in ((12, 9.0), (6, 7.0)):
    store.write_to_online_store("meter", row(hour, value))
    (seen,) = store.get_online_features(["meter:load"], [{"id": 1}]).to_dict()["load"]
    print(f"wrote {value} of {hour:02}:00 -> reads {seen}")
    assert seen == value, f"expected {value}"
PYTHON
