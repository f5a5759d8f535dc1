"""Fit the chosen estimator, and the baseline, on all rows outside the test set."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ...base.files import read_json
from ...data import parquet
from ...data.contract import ROW_ID, TIMESTAMP
from ...features.lags import lag_name, seconds
from ...features.transforms import model_features
from ...model import artifact, encoders, estimators, frames, onnx, skops, wording
from ...model.records import ModelRecord, Tuning
from ...model.scoring import raw_example
from ...model.serving_record import serving_record, written
from ...model.split import TEST
from ...project import Context
from .. import cutting

if TYPE_CHECKING:
    import pandas as pd

    from ...params.config import Params


def run(context: Context, tuning: Tuning | None = None) -> str:
    """Write model.skops, baseline.skops, model.onnx and model.json. Returns one line.

    `tuning` is what `tune` returned in this process.
    """
    params, workspace = context.params, context.workspace
    contract = params.data
    tuning = tuning or read_json(workspace.need(workspace.tuning, "tune"))
    chosen = tuning["chosen"]
    features = model_features(contract, params.featurize)
    columns = [*contract.key, *features, contract.target, "split"]
    columns += [contract.sample_weight] if contract.sample_weight else []
    dataset = parquet.read(workspace.need(workspace.dataset, "build_dataset"), columns)
    frame, truth = frames.examples(dataset, dataset["split"] != TEST, features, contract.target)
    weights = frames.weights(dataset, dataset["split"] != TEST, contract.sample_weight)
    last = dataset.loc[dataset["split"] != TEST, contract.key].iloc[-1]
    threshold = cutting.chosen(params, features, chosen, dataset)
    interval = cutting.interval(params, features, chosen, dataset)
    del dataset
    seed, monotonic = params.train.seed, params.train.monotonic
    model = estimators.build(
        chosen["family"], contract.task, features, chosen["params"], seed, params.class_weight
    )
    with estimators.pinned(params.train.threads):
        encoders.fit(model, frame, truth, monotonic, weights)
    baseline = estimators.baseline(contract.task).fit(frame.iloc[:, :1], truth)
    features = encoders.learned(features, frame)
    lags = {lag_name(contract.target, lag): lag for lag in params.featurize.lags}
    data = skops.dumps(model)
    skops.loadable(data, estimators.FAMILIES[chosen["family"]].trusted, chosen["family"])
    files = {
        "model.skops": data,
        "baseline.skops": skops.dumps(baseline),
        "model.onnx": onnx.export(model, features),
    }
    record: ModelRecord = {
        "family": chosen["family"],
        "params": chosen["params"],
        "seed": seed,
        "class_weight": params.train.class_weight,
        "threshold": threshold,
        "rows": len(frame),
        "target": contract.target,
        "task": contract.task,
        "classes": list(contract.classes) if contract.classes else None,
        "features": {name: feature.model_dump(mode="json") for name, feature in features.items()},
        "serving": serving_record(
            contract,
            features,
            frame,
            truth,
            lags,
            seconds(contract.frequency),
            *_table(params, frame, last),
        ),
    }
    if monotonic:
        record["monotonic"] = monotonic
    if interval is not None:
        record["interval"] = asdict(interval)
    artifact.save(workspace.model, files, record)
    size = len(files["model.onnx"]) / 1e6
    line = f"{chosen['family']} on {len(frame):,} rows · ONNX {size:.1f} MB"
    if interval is not None:
        line += f" · {100 * interval.coverage:.6g}% ± {wording.number(interval.half_width)}"
    if not threshold:
        return line
    line += f" · {threshold['class']} from {threshold['at']:.3g} on"
    if threshold.get("positives") == 0:
        line += f", not chosen by {threshold['by']}: no validation row is {threshold['class']}"
    return line


def _table(
    params: "Params", frame: "pd.DataFrame", last: "pd.Series"
) -> tuple[Any, dict[str, Any]]:
    """An entity of the store, how rows of the table are read, and an example row."""
    contract = params.data
    entity = last[contract.entity_column]
    row = {name: written(frame[name].iloc[-1], item) for name, item in contract.features.items()}
    known = {
        "contract": contract.model_dump(
            mode="json", exclude={"sample_weight"}, exclude_defaults=True
        ),
        "featurize": params.featurize.model_dump(mode="json"),
        "example": raw_example(contract, row, entity, last[TIMESTAMP]),
    }
    return (int(entity) if contract.entity_column == ROW_ID else str(entity)), known
