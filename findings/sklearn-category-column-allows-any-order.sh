#!/usr/bin/env bash
# scikit-learn 1.9.1, pandas 2.3.3
# HistGradientBoosting refuses a table whose columns stand in another order than at fit. With one
# column of pandas' type category in the table it takes any order and extra columns too, for it
# then picks the columns by name. A test that relies on the refusal passes or fails with the type
# of a column it is not about.
# Seen, the columns a, b, c given as c, b, a, and with a column d more:
#   float64: reordered ValueError, extra ValueError
#   category: reordered accepted, extra accepted
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  scikit-learn==1.9.1 pandas==2.3.3
cd "$here"

venv/bin/python - <<'PYTHON'
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor

row = np.arange(200)
table = pd.DataFrame({"a": row % 7.0, "b": row % 5.0, "c": row % 3.0})
target = table["a"]
for kind, expected in (("float64", "ValueError"), ("category", "accepted")):
    typed = table.astype({"c": kind})
    model = HistGradientBoostingRegressor().fit(typed, target)
    own = model.predict(typed)
    seen = []
    for other in (typed[["c", "b", "a"]], typed.assign(d=0.0)):
        try:
            assert (model.predict(other) == own).all()
            seen.append("accepted")
        except ValueError:
            seen.append("ValueError")
    print(f"{kind}: reordered {seen[0]}, extra {seen[1]}")
    assert seen == [expected, expected], f"expected {expected}"
PYTHON
