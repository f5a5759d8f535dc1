"""Judge the candidate on the newest rows: against baselines, per slice, against the champion."""

from typing import Any

import numpy as np
import pandas as pd

from ..adapters import onnx, parquet, skops  # skops looks through all modules there are

# isort: split
from .. import artifact, references, tracking
from ..adapters.files import atomic, write_json
from ..core import estimators, metrics, parity
from ..core.contract import Feature
from ..core.report import wording
from ..core.slices import evaluate_slices, small_slices
from ..core.split import TEST
from ..core.transforms import lagged, model_features
from ..workspace import Context

PARITY_ROWS = 2_000
IMPORTANCE_ROWS = 2_000


def run(context: Context) -> str:
    """Write metrics, evaluation and predictions, and track the run. Returns one line."""
    params, workspace = context.params, context.workspace
    workspace.need(workspace.model / artifact.MANIFEST, "train")
    trained = artifact.load(workspace.model)
    model = skops.loads(
        trained.files["model.skops"], estimators.FAMILIES[trained.record["family"]].trusted
    )
    dataset = parquet.read(workspace.need(workspace.dataset, "build_dataset"))
    counts = {name: int(count) for name, count in dataset["split"].value_counts().items()}
    test = dataset.loc[dataset["split"] == TEST].reset_index(drop=True)
    del dataset
    frame = estimators.model_frame(test, model_features(params.data, params.featurize))
    with estimators.pinned(params.train.threads):
        evaluation = {**_judge(context, trained, model, test, frame), "rows": counts}
        evaluation["champion"] = tracking.compare_champion(context, test)
    measured = {
        "candidate": evaluation["candidate"]["metrics"],
        "baselines": evaluation["baselines"],
    }
    write_json(workspace.metrics, measured)
    write_json(workspace.evaluation, evaluation)
    references.write(context, model, measured["candidate"])
    run_id = tracking.log(context, trained, model, evaluation, frame)
    others = [
        f"{name} {wording.metric(params.metric, values[params.metric])}"
        for name, values in evaluation["baselines"].items()
    ]
    mine = f"{params.metric} {wording.metric(params.metric, measured['candidate'][params.metric])}"
    return " · ".join([mine, *others, f"run {run_id[:8]}"])


def _judge(
    context: Context,
    trained: artifact.ModelArtifact,
    model: Any,
    test: pd.DataFrame,
    frame: pd.DataFrame,
) -> dict[str, Any]:
    """Everything measured on the test rows but the champion; writes their predictions."""
    params, task, settings = context.params, context.params.data.task, context.params.evaluate
    truth = test[params.data.target].to_numpy()
    prediction = estimators.predict(model, task, frame)
    baselines = _baselines(context, trained, test, frame)
    _write_predictions(context, test, truth, prediction, baselines)
    seed, slices = params.train.seed, settings.slices
    return {
        "task": task,
        "metric": params.metric,
        "direction": metrics.DIRECTIONS[task][params.metric],
        "unit": params.data.unit,
        "candidate": {
            "family": trained.record["family"],
            "params": trained.record["params"],
            "digest": trained.digest,
            "metrics": metrics.compute(task, truth, prediction),
        },
        "baselines": {name: _known(task, truth, values) for name, values in baselines.items()},
        "slices": evaluate_slices(test, slices, task, truth, prediction, settings.min_slice_rows),
        "small_slices": small_slices(test, slices, settings.min_slice_rows),
        "parity": _parity(trained, model, task, frame, trained.features, seed),
        "importance": _importance(model, task, params.metric, frame, truth, seed),
    }


def _baselines(
    context: Context, trained: artifact.ModelArtifact, test: pd.DataFrame, frame: pd.DataFrame
) -> dict[str, metrics.Array]:
    """Predictions of the trivial predictors; seasonal-naive is NaN without its past row."""
    contract = context.params.data
    dummy = skops.loads(trained.files["baseline.skops"], ())
    name = "mean" if contract.task == "regression" else "prior"
    found = {name: estimators.predict(dummy, contract.task, frame.iloc[:, :1])}
    lag = context.params.evaluate.seasonal_naive_lag
    if lag is not None:
        table = parquet.read(context.workspace.ingested, columns=[*contract.key, contract.target])
        table["past"] = lagged(table, contract, lag)
        joined = test[contract.key].merge(table, on=contract.key, how="left", validate="one_to_one")
        found["seasonal_naive"] = joined["past"].to_numpy()
    return found


def _known(task: str, truth: metrics.Array, prediction: metrics.Array) -> dict[str, float]:
    """Metrics over the rows for which there is a prediction."""
    rows = np.isfinite(prediction) if prediction.ndim == 1 else slice(None)
    return metrics.compute(task, truth[rows], prediction[rows])


def _parity(
    trained: artifact.ModelArtifact,
    model: Any,
    task: str,
    frame: pd.DataFrame,
    features: dict[str, Feature],
    seed: int,
) -> dict[str, Any]:
    probe = parity.probe_rows(frame, features, PARITY_ROWS, seed)
    exported = onnx.predict(trained.files["model.onnx"], task, probe)
    found = parity.compare(estimators.predict(model, task, probe), exported)
    return {**found, "odd_rows": len(probe) - min(PARITY_ROWS, len(frame))}


def _importance(
    model: Any, task: str, metric: str, frame: pd.DataFrame, truth: metrics.Array, seed: int
) -> list[dict[str, Any]]:
    """How much worse the metric gets when a column is shuffled (Breiman 2001), largest first."""
    rng = np.random.default_rng(seed)
    rows = np.sort(rng.permutation(len(frame))[:IMPORTANCE_ROWS])
    some, some_truth = frame.iloc[rows], truth[rows]
    base = metrics.compute(task, some_truth, estimators.predict(model, task, some))[metric]
    order = rng.permutation(len(rows))
    found = []
    for name in frame.columns:
        shuffled = some.assign(**{name: some[name].to_numpy()[order]})
        value = metrics.compute(task, some_truth, estimators.predict(model, task, shuffled))[metric]
        found.append({"feature": name, "loss": -metrics.gain(task, metric, value, base)})
    return sorted(found, key=lambda item: -item["loss"])


def _write_predictions(
    context: Context,
    test: pd.DataFrame,
    truth: metrics.Array,
    prediction: metrics.Array,
    baselines: dict[str, metrics.Array],
) -> None:
    """Key, truth, prediction (or one column per class) and baselines of the test rows."""
    contract = context.params.data
    out = test[contract.key].copy()
    out["truth"] = truth
    if prediction.ndim == 1:
        out["prediction"] = prediction
        for name, values in baselines.items():
            out[name] = values
    else:
        for code, name in enumerate(contract.classes or ()):
            out[f"p_{name}"] = prediction[:, code]
    with atomic(context.workspace.predictions) as path:
        parquet.write(out, path)
