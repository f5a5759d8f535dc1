#!/usr/bin/env bash
# crepes 0.9.1 (it imports scikit-learn and does not install it)
# The half-width of a conformal interval is the ceil((n + 1) * confidence)-th smallest of n absolute
# residuals. Where (1 - confidence) * (n + 1) is a whole number, crepes takes the next larger one,
# because 1 - 0.9 is a little below 0.1 and the product is cut to a whole number: intervals are wider
# than asked, and with 9 residuals at 0.9 there is none, though 9 are enough.
# Seen, residuals 1 to n, confidence 0.9: the half-width, and the rank that is due
#   n = 9: inf, due 9
#   n = 39: 37, due 36
#   n = 99: 91, due 90
#   n = 100: 91, due 91
set -euo pipefail

here=$(mktemp -d)
trap 'rm -rf "$here"' EXIT
python3 -m venv "$here/venv"
"$here/venv/bin/pip" install --quiet --disable-pip-version-check crepes==0.9.1 scikit-learn==1.9.1
cat > "$here/ranks.py" <<'PYTHON'
import warnings

import numpy as np
from crepes import ConformalRegressor

warnings.simplefilter("ignore")
for count, due in ((9, 9), (39, 36), (99, 90), (100, 91)):
    regressor = ConformalRegressor()
    regressor.fit(residuals=np.arange(1.0, count + 1))
    [[_, upper]] = regressor.predict_int(y_hat=np.zeros(1), confidence=0.9)
    print(f"n = {count}: {upper:g}, due {due}")
PYTHON
said=$("$here/venv/bin/python" "$here/ranks.py")
echo "$said"
[ "$said" = "n = 9: inf, due 9
n = 39: 37, due 36
n = 99: 91, due 90
n = 100: 91, due 91" ]
