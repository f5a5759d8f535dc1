"""One model version, ready to predict: its file checked, loaded and tried on a row."""

from dataclasses import dataclass
from functools import cached_property
from math import isfinite
from typing import Any

import numpy as np

from ..base.errors import ProjectError
from ..data import raw_rows
from ..data.feature import Feature
from ..data.labels import Cut, labels, read
from ..data.raw_rows import Raw
from ..data.request_rows import RowChecker, arrays
from ..data.requests import Key, RequestError
from ..model import intervals
from ..model.artifact import ModelArtifact
from ..model.intervals import Interval
from ..model.metrics import Array
from ..model.onnx import Scorer


@dataclass(frozen=True)
class Stamp:
    """The version, compared to detect that the champion has changed."""

    name: str
    version: str
    digest: str
    created: float | None = None


@dataclass(frozen=True)
class Served:
    """A loaded version; never changed, only replaced."""

    stamp: Stamp
    task: str
    target: str
    unit: str
    classes: tuple[str, ...]
    features: dict[str, Feature]
    order: tuple[str, ...]  # of the features, for people
    key: Key
    example: dict[str, Any]
    typical: dict[str, Any] | None  # None: trained before there was one
    cut: Cut | None  # None: the likeliest class is answered
    interval: Interval | None  # None: a prediction has no interval
    lags: dict[str, int]
    step: float | None  # seconds between two lags
    edges: tuple[float, ...]
    known: Any  # an entity that the online store knows; None: trained before it was kept
    raw: Raw | None  # how rows of the user's own table are read
    checker: RowChecker
    scorer: Scorer

    @cached_property
    def nullable(self) -> tuple[str, ...]:
        """Features that may be missing."""
        return tuple(name for name, feature in self.features.items() if feature.nullable)

    @property
    def repeated(self) -> str | None:
        """The feature that repeats the entity, if there is one."""
        name = f"{self.key.entity}_key"
        return name if name in self.features and not self.key.constant else None

    def label(self, name: str) -> str | None:
        """A contract column's name in the user's own table, None if it is not there."""
        return self.raw.own.get(name) if self.raw is not None else None

    def score(self, columns: dict[str, list[Any]]) -> Array:
        """Predictions for checked columns. Raises RequestError if one is not finite."""
        found = self.scorer(arrays(columns, self.features))
        return self._finite(found)

    def score_one(self, columns: dict[str, list[Any]]) -> Array:
        """The same for a single row, in a third of the time. For the event loop's thread only."""
        return self._finite(self.scorer.one(columns))

    def _finite(self, found: Array) -> Array:
        if not isfinite(found.sum()) and not np.isfinite(found).all():
            row = int(np.argmin(np.isfinite(found).reshape(len(found), -1).all(axis=1)))
            raise RequestError(
                f"rows[{row}]: the model gives no finite prediction for these values"
            )
        return found

    def answers(self, found: Array) -> list[Any]:
        """Predictions in the form of a response: numbers, or labels with probabilities."""
        if not self.classes:
            return list(found.tolist())
        best = labels(found, self.cut)
        told = {"threshold": self.cut.told(self.classes)} if self.cut else {}
        return [
            {
                "label": self.classes[place],
                "probabilities": dict(zip(self.classes, row, strict=True)),
                **told,
            }
            for place, row in zip(best.tolist(), found.tolist(), strict=True)
        ]

    def intervals(self, found: Array) -> dict[str, Any]:
        """The part of a response with the lower and upper end of each prediction."""
        if self.interval is None:
            return {}
        ends = np.column_stack(self.interval.around(found)).tolist()
        return {"intervals": ends, "coverage": self.interval.coverage}


def ready(artifact: ModelArtifact, stamp: Stamp) -> Served:
    """Load a checked artifact and try it. Raises ProjectError if it cannot predict."""
    record, told = artifact.record, artifact.record.get("serving")
    where = f"{stamp.name} v{stamp.version}"
    if told is None:
        raise ProjectError(f"{where} has no serving record: train and promote it again")
    constant = told.get("constant")
    entities = [constant] if constant else told["entities"]
    key = Key(told["entity"], tuple(entities) if entities else None, told["time"], constant)
    features = artifact.features
    centers = {name: feature.center for name, feature in features.items() if feature.center}
    scorer = Scorer(artifact.files["model.onnx"], record["task"], centers)
    if set(scorer.inputs) != set(features):
        raise ProjectError(f"{where}: model.onnx takes other inputs than model.json lists")
    served = Served(
        stamp=stamp,
        task=record["task"],
        target=record["target"],
        unit=told["unit"],
        classes=tuple(record["classes"] or ()),
        features=features,
        key=key,
        order=tuple(told.get("order", features)),
        example=told["example"],
        typical=told.get("typical"),
        cut=read(record),
        interval=intervals.read(record),
        lags=told.get("lags", {}),
        step=told.get("step"),
        edges=tuple(told["edges"]),
        known=told.get("known"),
        raw=raw_rows.read(told),
        checker=RowChecker(features, key),
        scorer=scorer,
    )
    _try(served, where)
    return served


def _try(served: Served, where: str) -> None:
    """One prediction of the example row. Raises ProjectError."""
    try:
        columns = served.checker.columns([served.example])
        found, alone = served.score(columns), served.score_one(columns)
    except Exception as error:  # whatever a bad graph raises
        raise ProjectError(f"{where} cannot answer its own example ({error!s:.200})") from error
    if not np.array_equal(found, alone):
        raise ProjectError(f"{where} answers {alone} to a row alone, {found} among others")
    width = (1, len(served.classes)) if served.classes else (1,)
    if found.shape != width:
        raise ProjectError(f"{where} answers in shape {found.shape}, {width} is needed")
