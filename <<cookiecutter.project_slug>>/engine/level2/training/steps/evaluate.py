"""Test the candidate on the newest rows: against baselines, per slice, and the champion.

Candidate and champion are both measured through their ONNX files, so the same model gets the same
metrics.
"""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import pandas as pd

from ...data import parquet  # skops looks through all modules there are
from ...model import onnx, skops
from ...model.records import Candidate, Evaluation

# isort: split
from ...base.files import atomic, write_json, write_record
from ...baseline import store
from ...data import labels
from ...data.contract import TIMESTAMP, DataContract
from ...features.transforms import model_features
from ...model import (
    artifact,
    comparison,
    estimators,
    frames,
    intervals,
    metrics,
    naive,
    parity,
    recall,
    wording,
)
from ...model.importance import importance
from ...model.prediction_table import prediction_table
from ...model.slices import evaluate_slices, small_slices
from ...model.split import TEST
from ...project import Context
from ...registry import tracking
from ...registry.champion import compare_champion
from .. import rolling

PARITY_ROWS = 2_000


def run(context: Context) -> tuple[str, Evaluation]:
    """Write metrics, evaluation and predictions, and track the run.

    Returns one line and the evaluation.
    """
    params, workspace = context.params, context.workspace
    workspace.need(workspace.model / artifact.MANIFEST, "train")
    trained = artifact.load(workspace.model)
    model = skops.loads(
        trained.files["model.skops"], estimators.FAMILIES[trained.record["family"]].trusted
    )
    dataset = parquet.read(workspace.need(workspace.dataset, "build_dataset"))
    counts = {name: int(count) for name, count in dataset["split"].value_counts().items()}
    judges, known = dataset["split"] == TEST, [*params.data.key, params.data.target]
    test = dataset.loc[judges].reset_index(drop=True)
    history = parquet.read(workspace.ingested, columns=known)
    with estimators.pinned(params.train.threads):
        before = rolling.earlier(context, trained, dataset, history)
        learnt = dataset.loc[~judges, known]
        del dataset
        others = naive.predictions(params.data, params.evaluate, history, learnt, test)
        del history, learnt
        frame = frames.model_frame(test, model_features(params.data, params.featurize))
        evaluation = _judge(context, trained, model, test, frame, others)
        evaluation["rows"] = counts
        evaluation["origins"] = _origins(params.data, evaluation, before, test)
        evaluation["champion"] = compare_champion(context, test)
    mine = evaluation["candidate"]["metrics"]
    write_json(workspace.metrics, {"candidate": mine, "baselines": evaluation["baselines"]})
    record = write_record(workspace.evaluation, evaluation)
    store.write(context, model, trained.record, mine)
    run_id = tracking.log(context, trained, model, evaluation, frame)
    return " · ".join([*_said(evaluation), f"run {run_id[:8]}"]), record


def _said(evaluation: Evaluation) -> Iterator[str]:
    """The candidate with its spread over the origins, and the best baseline."""
    metric = evaluation["metric"]
    mine = f"{metric} {wording.metric(metric, evaluation['candidate']['metrics'][metric])}"
    if len(evaluation["origins"]) > 1:
        low, high = comparison.spread(evaluation["origins"], metric)
        mine += f" ({wording.metric(metric, low)} … {wording.metric(metric, high)})"
    yield mine
    best, _ = comparison.hardest(comparison.gains(evaluation))
    yield f"{best} {wording.metric(metric, evaluation['baselines'][best][metric])}"


def _origins(
    contract: DataContract,
    evaluation: Evaluation,
    before: list[dict[str, Any]],
    test: pd.DataFrame,
) -> list[dict[str, Any]]:
    """The earlier windows, with the test part as the newest; none if there is only that one."""
    if not before:
        return []
    counts, time = evaluation["rows"], test[TIMESTAMP]
    rows = sum(counts.values()) - len(test)
    last = comparison.record(
        rolling.told((time.min(), time.max()), contract.timezone, rows, len(test)),
        contract.task,
        evaluation["metric"],
        evaluation["candidate"]["metrics"],
        evaluation,
    )
    return [*before, last]


def _judge(
    context: Context,
    trained: artifact.ModelArtifact,
    model: Any,
    test: pd.DataFrame,
    frame: pd.DataFrame,
    others: dict[str, metrics.Array],
) -> Evaluation:
    """Everything measured on the test rows except the champion; writes their predictions."""
    params, task, settings = context.params, context.params.data.task, context.params.evaluate
    truth = test[params.data.target].to_numpy()
    prediction = onnx.predict(trained.files["model.onnx"], task, frame)  # as the champion's are
    cut = labels.read(trained.record)
    with atomic(context.workspace.predictions) as path:
        parquet.write(prediction_table(params.data, test, truth, prediction, others, cut), path)
    wanted = naive.SEASONAL if settings.seasonal_naive_lag else None
    seed, slices = params.train.seed, settings.slices
    found = naive.compare(task, truth, prediction, others, wanted)
    return {
        "task": task,
        "metric": params.metric,
        "direction": metrics.DIRECTIONS[task][params.metric],
        "unit": params.data.unit,
        "candidate": _candidate(context, trained, truth, prediction, cut),
        "baselines": found["baselines"],
        "partial": found["partial"],
        "left_out": found["left_out"],
        "slices": evaluate_slices(
            test, slices, task, truth, prediction, settings.min_slice_rows, cut
        ),
        "small_slices": small_slices(test, slices, settings.min_slice_rows),
        "parity": _parity(trained, model, task, frame, seed),
        "importance": importance(model, task, params.metric, frame, truth, seed, cut),
        "rows": {},
        "origins": [],
        "champion": None,
    }


def _candidate(
    context: Context,
    trained: artifact.ModelArtifact,
    truth: metrics.Array,
    prediction: metrics.Array,
    cut: labels.Cut | None,
) -> Candidate:
    """The model's metrics; for classes also recall per class, and the threshold."""
    contract = context.params.data
    found: Candidate = {
        "family": trained.record["family"],
        "params": trained.record["params"],
        "digest": trained.digest,
        "metrics": metrics.compute(contract.task, truth, prediction, cut),
    }
    interval = intervals.read(trained.record)
    if interval is not None:
        found["interval"] = {
            **asdict(interval),
            "measured": interval.measured(truth, prediction),
            "test_rows": len(truth),
        }
    if contract.classes:
        answered = labels.labels(prediction, cut)
        found["recall"] = recall.found(truth, answered, contract.classes)
        found["threshold"] = trained.record.get("threshold")
    return found


def _parity(
    trained: artifact.ModelArtifact, model: Any, task: str, frame: pd.DataFrame, seed: int
) -> dict[str, Any]:
    """The ONNX file against scikit-learn, on real rows and on odd ones."""
    probe = parity.probe_rows(frame, trained.features, PARITY_ROWS, seed)
    exported = onnx.predict(trained.files["model.onnx"], task, probe)
    found = parity.compare(estimators.predict(model, task, probe), exported)
    return {**found, "odd_rows": len(probe) - min(PARITY_ROWS, len(frame))}
