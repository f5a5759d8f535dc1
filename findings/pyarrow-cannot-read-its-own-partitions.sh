#!/usr/bin/env bash
# pandas 2.3.3, pyarrow 25.0.1
# A table partitioned by a column of pandas' nullable type Int64 is written without a warning and
# cannot be read back with pandas.read_parquet. The same numbers as plain int64 make the round
# trip.
# Seen:
#   int64 -> 2 rows
#   Int64 -> NotImplementedError: dictionary<values=int32, indices=int32, ordered=0>
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  pandas==2.3.3 pyarrow==25.0.1
cd "$here"

venv/bin/python - <<'PYTHON'
import pandas as pd


def round_trip(kind):
    table = pd.DataFrame({"year": pd.array([2025, 2026], dtype=kind), "load": [1.0, 2.0]})
    table.to_parquet(f"by-{kind}", partition_cols=["year"])
    try:
        return f"{len(pd.read_parquet(f'by-{kind}'))} rows"
    except NotImplementedError as error:
        return f"NotImplementedError: {error}"


expected = {
    "int64": "2 rows",
    "Int64": "NotImplementedError: dictionary<values=int32, indices=int32, ordered=0>",
}
for kind, text in expected.items():
    seen = round_trip(kind)
    print(kind, "->", seen)
    assert seen == text, f"expected {text}"
PYTHON
