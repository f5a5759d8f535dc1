#!/usr/bin/env bash
# feast 0.67.0, offline store of type postgres (its query is the same on every server; seen on PostgreSQL 15)
# A point-in-time join with a feature view of two keys. The query numbers entity rows by the texts of
# their keys, joined without anything between: `a`, `bc` and `ab`, `c` at one time are one row to it.
# Each then gets the features of both, or of the wrong one; the duckdb store keeps them apart.
# Seen, for two entity rows:
#   a  bc -> 1.0
#   a  bc -> 2.0
#   ab c  -> 1.0
#   ab c  -> 2.0
# Expected: a bc -> 1.0 and ab c -> 2.0
set -euo pipefail

bin=$(ls -d /usr/lib/postgresql/*/bin 2> /dev/null | tail -1 || true)
initdb=$(PATH=${bin:-}:$PATH command -v initdb) || { echo "PostgreSQL is missing" >&2; exit 1; }
bin=$(dirname "$initdb")
here=$(mktemp -d)
as=()
if [ "$(id -u)" = 0 ]; then # PostgreSQL refuses to run as root
  as=(setpriv --reuid=postgres --regid=postgres --clear-groups)
  chown postgres "$here"
fi
trap '${as[@]+"${as[@]}"} "$bin/pg_ctl" -D "$here/db" -m immediate stop > /dev/null 2>&1 || true; rm -rf "$here"' EXIT
cd "$here"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
${as[@]+"${as[@]}"} "$bin/initdb" -D "$here/db" -U demo -A trust > /dev/null
${as[@]+"${as[@]}"} "$bin/pg_ctl" -D "$here/db" -l "$here/db.log" -w \
  -o "-p $port -k $here -c listen_addresses=127.0.0.1" start > /dev/null
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  'feast[postgres]==0.67.0' pandas==2.3.3

cat > feature_store.yaml <<YAML
project: demo
provider: local
registry: registry.db
offline_store:
  {type: postgres, host: 127.0.0.1, port: $port, database: postgres, user: demo, password: none, sslmode: disable}
online_store: {type: sqlite, path: online.db}
entity_key_serialization_version: 3
YAML
PORT=$port venv/bin/python - 2> log <<'PYTHON' || { cat log >&2; exit 1; }
import os
from datetime import timedelta

import pandas as pd
import psycopg
from feast import Entity, FeatureStore, FeatureView, Field, ValueType
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import (
    PostgreSQLSource,
)
from feast.types import Float64

where = f"host=127.0.0.1 port={os.environ['PORT']} user=demo dbname=postgres"
with psycopg.connect(where) as connection:
    connection.execute("CREATE TABLE t (one text, two text, ts timestamptz, load float)")
    connection.execute("INSERT INTO t VALUES ('a', 'bc', '2026-03-01 00:00Z', 1)")
    connection.execute("INSERT INTO t VALUES ('ab', 'c', '2026-03-01 00:00Z', 2)")

keys = [Entity(name=name, join_keys=[name], value_type=ValueType.STRING) for name in ("one", "two")]
view = FeatureView(
    name="meter",
    entities=keys,
    ttl=timedelta(0),
    schema=[Field(name="load", dtype=Float64)],
    source=PostgreSQLSource(name="t", table="t", timestamp_field="ts"),
)
store = FeatureStore(repo_path=".")
store.apply([*keys, view])
asked = pd.DataFrame({"one": ["a", "ab"], "two": ["bc", "c"]})
asked["event_timestamp"] = pd.Timestamp("2026-03-01 01:00", tz="UTC")
found = store.get_historical_features(asked, ["meter:load"]).to_df()
rows = sorted(found[["one", "two", "load"]].itertuples(index=False, name=None))
for one, two, load in rows:
    print(f"{one:2} {two:2} -> {load}")
assert rows == [("a", "bc", 1.0), ("a", "bc", 2.0), ("ab", "c", 1.0), ("ab", "c", 2.0)], rows
PYTHON
