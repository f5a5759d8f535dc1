"""What a task reports to KFP besides its artifacts: line, branch, metrics and metadata."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..base.files import read_json
from ..base.plain import plain, plain_tree
from ..model import gate

Paths = Mapping[str, str]  # name of a Workspace property -> where KFP keeps that artifact


@dataclass(frozen=True)
class Done:
    """What a task reports to KFP besides its artifacts."""

    line: str
    outputs: Paths

    @property
    def branch(self) -> str:
        """The branch the graph takes: one of two fixed strings, whatever the numbers are."""
        return "hand_over" if gate.stands(self._read("decision")) else "hold"

    def log_branches(self, metrics: Any) -> None:
        """Best value and number of trials of each candidate estimator, and the chosen one."""
        tuning = self._read("tuning")
        for branch in tuning["branches"]:
            best = (branch["best"] or {}).get("value")
            _log(metrics, {f"{branch['family']}.best_{tuning['metric']}": best})
            _log(metrics, {f"{branch['family']}.trials": len(branch["trials"])})
        metrics.metadata["chosen"] = tuning["chosen"]["family"]

    def log_branch(self, metrics: Any) -> None:
        """Best value and number of trials of one candidate estimator."""
        record = self._read("branches")
        branch = record["branch"]
        best = (branch["best"] or {}).get("value")
        _log(metrics, {f"best_{record['metric']}": best, "trials": len(branch["trials"])})
        metrics.metadata["family"] = plain(branch["family"])

    def describe_model(self, model: Any) -> None:
        """Family, parameters and digest of the model, on its artifact."""
        record = read_json(Path(self.outputs["model"]) / "model.json")
        keys = ("family", "params", "rows", "task", "target")
        known = plain_tree({key: record[key] for key in keys})
        model.metadata.update(known, framework="onnx", sha256=record["sha256"]["model.onnx"])

    def log_scores(self, metrics: Any) -> None:
        """Metrics of the candidate and of the baselines."""
        measured = self._read("metrics")
        _log(metrics, measured["candidate"])
        for name, values in measured["baselines"].items():
            _log(metrics, {f"{name}.{key}": value for key, value in values.items()})

    def log_classes(self, classes: Any) -> None:
        """Confusion matrix of the test rows; nothing for a regression."""
        import pandas as pd

        predictions = pd.read_parquet(self.outputs["predictions"])
        found = [*predictions.columns]
        others = found[found.index("truth") + 1 :]  # an entity may be called p_ something too
        columns = [name for name in others if name.startswith("p_")]
        if not columns:
            return
        guess = predictions["answered"].to_numpy().astype(int)
        truth = predictions["truth"].to_numpy().astype(int)
        counts = [[0] * len(columns) for _ in columns]
        for row, column in zip(truth, guess, strict=True):
            counts[row][column] += 1
        labels = [plain(name.removeprefix("p_")) for name in columns]
        classes.log_confusion_matrix(labels, counts)

    def _read(self, name: str) -> Any:
        return read_json(Path(self.outputs[name]))


def _log(metrics: Any, values: Mapping[str, Any]) -> None:
    """Log numbers, omitting those that are not finite, which KFP cannot store."""
    for name, value in values.items():
        if value is not None and float("-inf") < value < float("inf"):
            metrics.log_metric(name, value)
