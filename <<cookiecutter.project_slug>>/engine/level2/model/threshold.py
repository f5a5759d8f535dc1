"""Choose the decision threshold of two classes on rows outside the training set."""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import Field, model_validator

from ..data.feature import Strict
from .metrics import Array

USUAL = 0.5  # the likelier class
SURE = 0.9  # that the wanted recall is reached on rows nobody has seen
_NEEDS = {"fixed": {"at"}, "recall": {"recall"}, "cost": {"miss", "false_alarm"}, "f1": set()}


class Cutoff(Strict):
    """How the threshold of class `of`, by default the second, is chosen."""

    by: Literal["fixed", "recall", "cost", "f1"]
    of: str | None = None
    at: float | None = Field(None, gt=0, lt=1)
    recall: float | None = Field(None, gt=0, le=1)
    miss: float | None = Field(None, gt=0)
    false_alarm: float | None = Field(None, gt=0)

    @model_validator(mode="after")
    def _coherent(self) -> "Cutoff":
        given = self.model_dump(exclude_none=True).keys() - {"by", "of"}
        wanted = _NEEDS[self.by]
        if given != wanted:
            right = " and ".join(sorted(wanted)) or "nothing else"
            raise ValueError(f"by: {self.by} goes with {right}")
        return self

    def problems(self, classes: Sequence[str] | None) -> Iterator[str]:
        """What does not fit the task, each with the correction."""
        if classes is None or len(classes) != 2:
            yield (
                "evaluate.threshold needs task binary: with more classes the likeliest is predicted"
            )
        elif self.of is not None and self.of not in classes:
            yield f"evaluate.threshold.of: `{self.of}` is not one of {', '.join(classes)}"


def choose(knob: Cutoff, classes: Sequence[str], truth: Array, found: Array) -> dict[str, Any]:
    """The threshold as in a model's record: class, at, by.

    `truth` holds codes and `found` probabilities (n, 2) of validation rows outside the training
    set; both are ignored by `fixed`. Of equally good thresholds the largest is taken. If no row is
    of the class there is nothing to choose by: half, with `positives` 0.
    """
    code = list(classes).index(knob.of) if knob.of is not None else 1
    told = {"class": classes[code], "by": knob.by}
    if knob.at is not None:
        return told | {"at": knob.at}
    score, hit = found[:, code], truth == code
    if not hit.any():
        return told | {"at": USUAL, "positives": 0}
    if knob.recall is not None:
        return told | {"at": _by_recall(score[hit], knob.recall)}
    levels, hits, alarms = _levels(score, hit)
    if knob.by == "f1":
        worth = 2 * hits / np.maximum(hits + alarms + hit.sum(), 1)
    else:
        worth = -((knob.miss or 0) * (hit.sum() - hits) + (knob.false_alarm or 0) * alarms)
    return told | {"at": float(levels[int(worth.argmax())])}


def _by_recall(positives: Array, wanted: float) -> float:
    """The largest threshold that finds the required share, beyond the luck of these rows.

    The share of all positives below the k-th smallest score of n positives follows a beta
    distribution (k, n + 1 - k): k is the largest for which that share is small enough nine times
    out of ten. If there are too few rows to tell, the smallest score is taken.
    """
    from scipy.special import betainc

    scores = np.sort(positives)
    ranks = np.arange(1, len(scores) + 1)
    sure = betainc(ranks, len(scores) + 1 - ranks, 1 - wanted) >= SURE
    return float(scores[max(int(sure.sum()) - 1, 0)])


def _levels(score: Array, hit: npt.NDArray[np.bool_]) -> tuple[Array, Array, Array]:
    """Distinct scores in descending order; hits and false alarms of each as a threshold."""
    order = np.argsort(-score, kind="stable")
    last = np.append(np.diff(score[order]) != 0, True)
    hits = np.cumsum(hit[order])[last].astype(float)
    return score[order][last], hits, np.flatnonzero(last) + 1.0 - hits
