#!/usr/bin/env bash
# scikit-learn 1.9.1, skl2onnx 1.20.0, onnx 1.23.2, onnxruntime 1.31.1
# OrdinalEncoder(encoded_missing_value=-2) writes -2 for a missing value. The converted encoder
# ignores the argument and writes -1, without a warning; and where scikit-learn by default leaves
# NaN, it writes -1 too.
# Seen, for the values 1, NaN, 3:
#   {} scikit-learn [0.0, nan, 1.0] ONNX Runtime [0.0, -1.0, 1.0]
#   {'encoded_missing_value': -2} scikit-learn [0.0, -2.0, 1.0] ONNX Runtime [0.0, -1.0, 1.0]
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
  scikit-learn==1.9.1 numpy==2.4.6 skl2onnx==1.20.0 \
  onnx==1.23.2 onnxruntime==1.31.1 protobuf==6.33.6
cd "$here"

venv/bin/python - <<'PYTHON'
import warnings

import numpy as np
import onnxruntime
from skl2onnx import to_onnx
from sklearn.preprocessing import OrdinalEncoder

warnings.simplefilter("error")
values = np.array([[1], [np.nan], [3]], dtype=np.float32)
for options, expected in (({}, np.nan), ({"encoded_missing_value": -2}, -2)):
    encoder = OrdinalEncoder(**options).fit(values)
    session = onnxruntime.InferenceSession(to_onnx(encoder, values).SerializeToString())
    own = encoder.transform(values).ravel()
    onnx = session.run(None, {"X": values})[0].ravel()
    print(options, "scikit-learn", own.tolist(), "ONNX Runtime", onnx.tolist())
    np.testing.assert_array_equal(own, [0, expected, 1])
    np.testing.assert_array_equal(onnx, [0, -1, 1])
PYTHON
