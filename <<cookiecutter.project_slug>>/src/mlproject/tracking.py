"""What a run carries to MLflow, and what the champion says about today's data."""

import importlib.metadata
import json
import socket
from typing import Any

import pandas as pd

from .adapters import onnx
from .adapters.files import read_json, write_json
from .adapters.mlflow import Registry
from .adapters.mlflow_model import RunRecord
from .adapters.mlflow_trials import TrialRecord
from .artifact import HISTORY, MANIFEST, ModelArtifact
from .carried_past import carried
from .champions import champion_model
from .core import estimators, labels, metrics, run_state
from .core.slices import evaluate_slices
from .known_past import KnownPast
from .lineage import lineage
from .workspace import Context

PIPELINE_RUNS = "pipeline-runs"  # MLflow experiment of what became of the pipeline's runs
EXPERIMENTS = "experiments"  # MLflow experiment of trials that never touch the registry
_REQUIREMENTS = ("scikit-learn", "skops", "pandas", "numpy")


def registry(context: Context) -> Registry:
    """The MLflow server or store of the settings."""
    return Registry(context.settings.mlflow_tracking_uri, context.workspace.root, _worker(context))


def _worker(context: Context) -> str:
    """Who writes runs: the folder that one run at a time may use, in pods the pipeline's run.

    A pod's host name and folder are gone with it; the exit task closes what a killed pod left.
    """
    workspace, run = context.workspace, context.settings.pipeline_run_id
    if run and not workspace.home:
        return f"pipeline run {run}"
    return f"{socket.gethostname()}:{workspace.home or workspace.out}"


def experiment_name(context: Context) -> str:
    """The project's own MLflow experiment, or the one for trials."""
    return EXPERIMENTS if context.experiment else context.params.data.name


def log(
    context: Context,
    trained: ModelArtifact,
    model: Any,
    evaluation: dict[str, Any],
    frame: pd.DataFrame,
) -> str:
    """Track the evaluated candidate as one finished run; write its id. Returns the run id."""
    from .adapters import skops  # it loads scikit-learn, other callers of this module need none

    workspace, params = context.workspace, context.params
    features = trained.features
    family = trained.record["family"]
    flat = {f"candidate.{key}": value for key, value in trained.record["params"].items()}
    record = RunRecord(
        model=estimators.answering(model, labels.read(trained.record), frame),
        task=params.data.task,
        features=features,
        example=frame.head(3),
        trusted=skops.trusted(
            trained.files["model.skops"],
            (*estimators.FAMILIES[family].trusted, *estimators.ANSWERING),
        ),
        requirements=[f"{name}=={importlib.metadata.version(name)}" for name in _REQUIREMENTS],
        params={"family": family, "seed": trained.record["seed"], "metric": params.metric, **flat},
        metrics=_flat_metrics(evaluation),
        tags=lineage(context),
        digests=trained.record["sha256"],
        model_files=(workspace.model / "model.onnx", workspace.model / MANIFEST),
        artifacts=tuple(
            path
            for path in (
                workspace.root / "params.yaml",
                workspace.tuning,
                workspace.evaluation,
                workspace.validation,
                workspace.reference,
            )
            if path.exists()
        ),
        trials=_trials(context),
        texts=_history(context, trained),
    )
    name = context.experiment or f"{family}-{trained.digest[:8]}"
    run_id = registry(context).log_run(experiment_name(context), name, record)
    write_json(
        workspace.tracked,
        {"run_id": run_id, "digest": trained.digest, "data_hash": record.tags["data.hash"]},
    )
    return run_id


def log_outcome(context: Context, outcome: dict[str, Any]) -> None:
    """Track how a run of the production pipeline ended, so that a failed one is seen too."""
    tags = {f"pipeline.{key}": str(value) for key, value in outcome.items() if value}
    name = f"{outcome['trigger']}-{outcome['state'].lower()}"
    failed = run_state.outcome(outcome["state"]) != "SUCCEEDED"
    store = registry(context)
    store.close_abandoned(experiment_name(context))  # a task may have been killed while it logged
    store.log_outcome(PIPELINE_RUNS, name, tags, failed)


def _history(context: Context, trained: ModelArtifact) -> dict[str, bytes]:
    """The past that a bundle of this model carries where the ingested table is not at hand."""
    past = None if context.experiment else KnownPast(context.workspace.ingested)
    found = carried(trained.record, past)[0] if past else None
    return {HISTORY: found} if found is not None else {}


def _trials(context: Context) -> tuple[TrialRecord, ...]:
    """Every trial of the search, child runs of its candidate."""
    path = context.workspace.tuning
    tuning = read_json(path) if path.exists() else {"branches": []}
    return tuple(
        TrialRecord(
            name=f"{branch['family']}-{trial['number']}",
            params={
                "family": branch["family"],
                **{key: str(value) for key, value in trial["params"].items()},
            },
            metrics={}
            if trial["value"] is None
            else {f"validation.{tuning['metric']}": trial["value"]},
        )
        for branch in tuning["branches"]
        for trial in branch["trials"]
    )


def _flat_metrics(evaluation: dict[str, Any]) -> dict[str, float]:
    flat = dict(evaluation["candidate"]["metrics"])
    for name, values in evaluation["baselines"].items():
        flat |= {f"{name}.{key}": value for key, value in values.items()}
    metric = evaluation["metric"]
    for number, item in enumerate(evaluation.get("origins") or (), start=1):
        flat[f"origin_{number}.{metric}"] = item["metrics"][metric]
        flat[f"origin_{number}.gain"] = item["gain"]
    return flat


def champion_profile(context: Context) -> dict[str, Any] | None:
    """The profile of the data the champion was accepted on, None on an empty registry."""
    store = registry(context)
    champion = store.champion(context.params.data.name)
    data = store.run_file(champion.run_id, context.workspace.validation.name) if champion else None
    return dict(json.loads(data)["profile"]) if data else None


def compare_champion(context: Context, test: pd.DataFrame) -> dict[str, Any] | None:
    """The champion's metrics on the same test rows, None on an empty registry.

    `comparable` is false, with a reason, where today's data lack what the champion needs.
    """
    store = registry(context)
    champion = store.champion(context.params.data.name)
    if champion is None:
        return None
    model = champion_model(store, champion)
    found: dict[str, Any] = {
        "version": champion.version,
        "digest": model.digest,
        "comparable": True,
        "reason": "",
    }
    reason = _incomparable(context, model, test)
    if reason:
        return {**found, "comparable": False, "reason": reason, "metrics": {}, "slices": []}
    return {**found, **_judged(context, model, test)}


def _judged(context: Context, model: ModelArtifact, test: pd.DataFrame) -> dict[str, Any]:
    params = context.params
    task, truth = params.data.task, test[params.data.target].to_numpy()
    frame = estimators.model_frame(test, model.features)
    prediction = onnx.predict(model.files["model.onnx"], task, frame)
    cut = labels.read(model.record)
    slices = evaluate_slices(
        test, params.evaluate.slices, task, truth, prediction, params.evaluate.min_slice_rows, cut
    )
    return {"metrics": metrics.compute(task, truth, prediction, cut), "slices": slices}


def _incomparable(context: Context, model: ModelArtifact, test: pd.DataFrame) -> str:
    contract = context.params.data
    wanted = {key: model.record.get(key) for key in ("target", "task", "classes")}
    present = {
        "target": contract.target,
        "task": contract.task,
        "classes": list(contract.classes or ()) or None,
    }
    if wanted != present:
        theirs, ours = (
            f"{wanted['target']} ({wanted['task']})",
            f"{contract.target} ({contract.task})",
        )
        return f"it predicts {theirs}, this is {ours}"
    missing = [name for name in model.features if name not in test.columns]
    if missing:
        return f"it needs {', '.join(missing)}, which the data no longer have"
    return ""
