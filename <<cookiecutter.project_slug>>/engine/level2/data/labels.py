"""From class probabilities to the predicted class."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Probabilities = npt.NDArray[np.float64]
Codes = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Cut:
    """The decision threshold of two classes: class `code` is predicted from probability `at` on."""

    code: int
    at: float

    def told(self, classes: Sequence[str]) -> dict[str, float]:
        """The threshold as a response contains it."""
        return {classes[self.code]: self.at}


def read(record: Mapping[str, Any]) -> Cut | None:
    """The threshold in a model's record; None if the likelier class is predicted."""
    told = record.get("threshold")
    return Cut(record["classes"].index(told["class"]), float(told["at"])) if told else None


def labels(probabilities: Probabilities, cut: Cut | None = None) -> Codes:
    """The code of each row's class: the likeliest, or by threshold. Shape (n, k) to (n,)."""
    if cut is None:
        return np.asarray(probabilities.argmax(axis=1))
    return np.where(probabilities[:, cut.code] >= cut.at, cut.code, 1 - cut.code)
