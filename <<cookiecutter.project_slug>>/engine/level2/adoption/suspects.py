"""Suspicious columns: predictions of other models, a target that counts rows."""

import re
from collections.abc import Iterable, Iterator

import numpy as np

from .columns import Decision
from .looks import Look

_ANSWER = re.compile(
    r"^(y_?)?(predictions?|predicted|predict|preds?|forecast(s|ed)?|hat|fitted|proba|probability)$",
    re.I,
)
_OF_TARGET = re.compile(
    r"(^|_)(predictions?|predicted|preds?|forecast(s|ed)?|hat|fitted|proba|probability)(_|$)", re.I
)


def other_models(chosen: Iterable[Look], target: str) -> Iterator[Decision]:
    """A line for each feature that is named like a prediction, of the target or in general."""
    wanted = _tidy(target)
    for item in chosen:
        name = _tidy(item.name)
        of_target = _OF_TARGET.search(name) is not None and wanted in name and wanted != name
        if _ANSWER.fullmatch(name) or of_target:
            reason = (
                "taken as a feature; it may come from a model that has seen the target: leave "
                f"it out with EXCLUDE={item.name} unless it is known beforehand"
            )
            yield Decision(item.name, "perhaps a prediction", reason)


def counts_rows(item: Look) -> bool:
    """Whether whole numbers are consecutive and all different."""
    known = item.known_numbers
    return bool(
        item.kind == "int" and item.unique and np.ptp(known) == len(known) - 1 and len(known) > 2
    )


def _tidy(name: str) -> str:
    split = re.sub(r"([a-z])([A-Z])", r"\1_\2", name)
    return re.sub(r"[\W_]+", "_", split).strip("_").casefold()
