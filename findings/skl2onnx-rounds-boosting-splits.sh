#!/usr/bin/env bash
# scikit-learn 1.9.1, skl2onnx 1.20.0, onnx 1.23.2, onnxruntime 1.31.1
# Both sides get the same float32 numbers, a meter that reads 1000000.0, 1000000.1, 1000000.2 and
# so on. Splits of HistGradientBoosting lie halfway between two neighbours; rounded to the nearest
# float32 for ONNX, some land on the upper neighbour, which then takes the other branch. A
# DecisionTree on the same rows converts exactly.
# Seen:
#   DecisionTreeRegressor: 0 of 200 rows differ, at most by 0
#   HistGradientBoostingRegressor: 40 of 200 rows differ, at most by 100
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  scikit-learn==1.9.1 numpy==2.4.6 skl2onnx==1.20.0 \
  onnx==1.23.2 onnxruntime==1.31.1 protobuf==6.33.6
cd "$here"

venv/bin/python - <<'PYTHON'
import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.tree import DecisionTreeRegressor

readings = (1_000_000 + np.arange(200) * 0.1).astype(np.float32)[:, None]
target = np.arange(200) % 2 * 100.0
assert len(np.unique(readings)) == 200
boosting = HistGradientBoostingRegressor(
    min_samples_leaf=1, max_leaf_nodes=None, max_iter=1, learning_rate=1
)
for model, rows, worst in ((DecisionTreeRegressor(), 0, 0), (boosting, 40, 100)):
    model.fit(readings, target)
    session = onnxruntime.InferenceSession(to_onnx(model, readings[:1]).SerializeToString())
    onnx = session.run(None, {"X": readings})[0].ravel()
    difference = np.abs(model.predict(readings) - onnx).round()
    seen = (int((difference > 0).sum()), int(difference.max()))
    print(f"{type(model).__name__}: {seen[0]} of 200 rows differ, at most by {seen[1]}")
    assert seen == (rows, worst), f"expected {(rows, worst)}"
PYTHON
