#!/usr/bin/env bash
# scikit-learn 1.9.1, skl2onnx 1.20.0, onnx 1.23.2, onnxruntime 1.31.1
# Trees of scikit-learn learn at each split which branch a missing value takes. Converted, a
# DecisionTree always sends NaN to the right, without an error; HistGradientBoosting keeps the
# learned branch.
# Seen, the prediction for NaN:
#   DecisionTreeRegressor: scikit-learn 0, ONNX Runtime 9
#   HistGradientBoostingRegressor: scikit-learn 0, ONNX Runtime 0
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

values = np.array([[1], [2], [3], [4], [np.nan]] * 20, dtype=np.float32)
target = np.array([0, 0, 9, 9, 0] * 20)
missing = values[4:5]
cases = {DecisionTreeRegressor(): (0, 9), HistGradientBoostingRegressor(): (0, 0)}
for model, expected in cases.items():
    model.fit(values, target)
    session = onnxruntime.InferenceSession(to_onnx(model, missing).SerializeToString())
    own = round(float(model.predict(missing)[0]))
    onnx = round(float(session.run(None, {"X": missing})[0].item()))
    print(f"{type(model).__name__}: scikit-learn {own}, ONNX Runtime {onnx}")
    assert (own, onnx) == expected, f"expected {expected}"
PYTHON
