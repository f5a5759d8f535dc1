#!/usr/bin/env bash
# duckdb 2.0.0
# read_parquet treats `?` and `[...]` in the name of an existing folder as wildcards, also where
# the literal path exists. Reading the folder `p?` also reads `px`. Reading the folder `q[1]`
# reads `q1` and never the folder that was named.
# Seen:
#   p?/t.parquet -> [1, 2]
#   q[1]/t.parquet -> [4]
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  duckdb==2.0.0
cd "$here"

venv/bin/python - <<'PYTHON'
import os

import duckdb

for folder, value in {"p?": 1, "px": 2, "q[1]": 3, "q1": 4}.items():
    os.mkdir(folder)
    duckdb.sql(f"COPY (SELECT {value} AS v) TO '{folder}/t.parquet' (FORMAT parquet)")
    assert os.listdir(folder) == ["t.parquet"], folder

for path, expected in {"p?/t.parquet": [1, 2], "q[1]/t.parquet": [4]}.items():
    assert os.path.isfile(path)
    seen = sorted(value for (value,) in duckdb.read_parquet(path).fetchall())
    print(path, "->", seen)
    assert seen == expected, f"expected {expected}"
PYTHON
