"""Your gate rules. Name one in params.yaml under `promote.rules` to apply it.

Each entry is a function of the evaluation, the content of artifacts/evaluation.json. It returns a
list of sentences that say why the candidate must be held; an empty list lets it pass. Among the
evaluation's keys are:
  task, metric, direction  "minimize" or "maximize" is the direction of the metric
  candidate                family, params and metrics {name: value}
  slices                   a list of {column, value, rows, metrics}
  baselines                {name: metrics}
  champion                 None, or version, comparable and, if comparable, metrics and slices
"""

from typing import Any

WORSE = 0.1  # relative to the champion's metric on the same slice


def no_slice_got_worse(evaluation: dict[str, Any]) -> list[str]:
    """Hold a candidate that is clearly worse than the champion on a slice of the data."""
    champion, metric = evaluation["champion"], evaluation["metric"]
    if not champion or not champion["comparable"]:
        return []
    sign = 1 if evaluation["direction"] == "minimize" else -1
    before = {
        (item["column"], item["value"]): item["metrics"][metric] for item in champion["slices"]
    }
    reasons = []
    for item in evaluation["slices"]:
        old, new = before.get((item["column"], item["value"])), item["metrics"][metric]
        if old is None or new is None:
            continue
        if sign * (new - old) > WORSE * abs(old):
            slice_ = f"{item['column']}={item['value']}"
            reasons.append(f"{metric} of {slice_} went from {old:.4g} to {new:.4g}")
    return reasons


RULES = {"no_slice_got_worse": no_slice_got_worse}
