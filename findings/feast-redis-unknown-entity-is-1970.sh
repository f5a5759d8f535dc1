#!/usr/bin/env bash
# feast 0.67.0, online store of type redis (seen on Redis 7)
# `online_read` of an entity that was never written returns a row: event time 1970-01-01 and values
# without content. The sqlite store returns (None, None) for it, as the interface says, and whoever
# tells unknown entities from known ones by that takes it for a row whose features are missing.
# Seen:
#   sqlite: (None, None)
#   redis: 1970-01-01 00:00:00+00:00, load without a value
set -euo pipefail

command -v redis-server > /dev/null || { echo "redis-server is missing" >&2; exit 1; }
here=$(mktemp -d)
trap 'kill "$server" 2> /dev/null || true; rm -rf "$here"' EXIT
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
redis-server --bind 127.0.0.1 --port "$port" --save "" --dir "$here" > "$here/redis.log" &
server=$!
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  'feast[redis]==0.67.0' pandas==2.3.3
cd "$here"

PORT=$port venv/bin/python - 2> log <<'PYTHON' || { cat log >&2; exit 1; }
import os
from datetime import timedelta

import pandas as pd
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from feast.protos.feast.types.Value_pb2 import Value
from feast.types import Float64

row = {"id": [1], "ts": [pd.Timestamp("2026-03-01", tz="UTC")], "load": [1.0]}
pd.DataFrame(row).to_parquet("t.parquet")
entity = Entity(name="id", join_keys=["id"], value_type=ValueType.INT64)
view = FeatureView(
    name="meter",
    entities=[entity],
    ttl=timedelta(days=1),
    schema=[Field(name="load", dtype=Float64)],
    source=FileSource(path="t.parquet", timestamp_field="ts"),
)
stores = {
    "sqlite": {"type": "sqlite", "path": "online.db"},
    "redis": {"type": "redis", "connection_string": f"127.0.0.1:{os.environ['PORT']}"},
}
found = {}
for name, online in stores.items():
    config = RepoConfig(
        project="demo",
        provider="local",
        registry=f"{name}.db",
        online_store=online,
        entity_key_serialization_version=3,
    )
    store = FeatureStore(config=config)
    store.apply([entity, view])
    store.write_to_online_store("meter", pd.DataFrame(row))
    unknown = EntityKey(join_keys=["id"], entity_values=[Value(int64_val=2)])
    online = store._get_provider().online_store
    ((time, values),) = online.online_read(config, view, [unknown], ["load"])
    found[name] = time, values and {key: item.WhichOneof("val") for key, item in values.items()}
print("sqlite:", found["sqlite"])
print(f"redis: {found['redis'][0]}, load without a value")
assert found["sqlite"] == (None, None), found
assert found["redis"] == (pd.Timestamp(0, tz="UTC"), {"load": None}), found
PYTHON
