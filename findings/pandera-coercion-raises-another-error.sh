#!/usr/bin/env bash
# pandera 0.35.0, pandas 2.3.3
# validate() raises SchemaError at the first fault unless lazy=True collects them into
# SchemaErrors. A value that cannot be coerced raises SchemaErrors even with lazy=False, and
# SchemaErrors is not a SchemaError: `except SchemaError` catches a wrong type and misses a failed
# coercion.
# Seen:
#   coerce=False -> SchemaError
#   coerce=True -> SchemaErrors
#   SchemaErrors is a SchemaError: False
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  "pandera[pandas]==0.35.0" pandas==2.3.3
cd "$here"

venv/bin/python - <<'PYTHON'
import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaError, SchemaErrors

table = pd.DataFrame({"load": ["1", "much"]})
for coerce, expected in ((False, SchemaError), (True, SchemaErrors)):
    schema = pa.DataFrameSchema({"load": pa.Column(int, coerce=coerce)})
    try:
        schema.validate(table, lazy=False)
        seen = None
    except (SchemaError, SchemaErrors) as error:
        seen = type(error)
    print(f"coerce={coerce} ->", seen and seen.__name__)
    assert seen is expected, f"expected {expected}"
print("SchemaErrors is a SchemaError:", issubclass(SchemaErrors, SchemaError))
assert not issubclass(SchemaErrors, SchemaError)
PYTHON
