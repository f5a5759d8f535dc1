"""Fit the chosen estimator, and the baseline, on all rows that do not judge."""

from .. import artifact
from ..adapters import onnx, parquet, skops
from ..adapters.files import read_json
from ..core import estimators
from ..core.request_schema import serving_record
from ..core.split import TEST
from ..core.transforms import lag_name, model_features, seconds
from ..workspace import Context


def run(context: Context) -> str:
    """Write model.skops, baseline.skops, model.onnx and model.json. Returns one line."""
    params, workspace = context.params, context.workspace
    contract = params.data
    chosen = read_json(workspace.need(workspace.tuning, "tune"))["chosen"]
    features = model_features(contract, params.featurize)
    columns = [*features, contract.target, "split"]
    dataset = parquet.read(workspace.need(workspace.dataset, "build_dataset"), columns)
    frame, truth = estimators.examples(dataset, dataset["split"] != TEST, features, contract.target)
    del dataset
    model = estimators.build(
        chosen["family"], contract.task, features, chosen["params"], params.train.seed
    )
    with estimators.pinned(params.train.threads):
        model.fit(frame, truth)
    baseline = estimators.baseline(contract.task).fit(frame.iloc[:, :1], truth)
    lags = {lag_name(contract.target, lag): lag for lag in params.featurize.lags}
    files = {
        "model.skops": skops.dumps(model),
        "baseline.skops": skops.dumps(baseline),
        "model.onnx": onnx.export(model, features),
    }
    artifact.save(
        workspace.model,
        files,
        {
            "family": chosen["family"],
            "params": chosen["params"],
            "seed": params.train.seed,
            "rows": len(frame),
            "target": contract.target,
            "task": contract.task,
            "classes": list(contract.classes) if contract.classes else None,
            "features": {
                name: feature.model_dump(mode="json") for name, feature in features.items()
            },
            "serving": serving_record(
                contract, features, frame, truth, lags, seconds(contract.frequency)
            ),
        },
    )
    size = len(files["model.onnx"]) / 1e6
    return f"{chosen['family']} on {len(frame):,} rows · ONNX {size:.1f} MB"
