"""Your metrics. Name one in params.yaml to use it.

  evaluate.metrics  to show it with the others in the report and in MLflow, and to bound it in
                    promote.thresholds
  evaluate.metric   to optimize it in tuning and to compare it in the gate

Each entry has three keys:
  function  takes truth and prediction, both of shape (n,). For classes: truth (codes 0..k-1, shape
            (n,)), probabilities (n, k) and predicted codes (n,). It is also called for slices
            and baselines, so it must return a finite number for any rows.
  better    "higher" or "lower"
  tasks     any of "regression", "binary" and "multiclass"
"""

from typing import Any

import numpy as np


def within_tenth(truth: Any, prediction: Any) -> float:
    """Return the share of rows whose prediction is within 10 % of the truth."""
    return float(np.mean(np.abs(prediction - truth) <= 0.1 * np.abs(truth)))


METRICS = {
    "within_tenth": {"function": within_tenth, "better": "higher", "tasks": ["regression"]},
}
