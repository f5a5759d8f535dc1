"""What a run logs to MLflow."""

import importlib.metadata
import socket
from typing import Any

import pandas as pd

from ..base.files import read_json, write_json
from ..data import labels
from ..features.known_past import KnownPast
from ..model import estimators
from ..model.artifact import HISTORY, MANIFEST, ModelArtifact
from ..model.bundled_history import carried
from ..model.records import Evaluation
from ..project import Context
from . import environments, run_state
from .lineage import lineage
from .mlflow import Registry
from .mlflow_model import RunRecord
from .mlflow_trials import TrialRecord

PIPELINE_RUNS = "pipeline-runs"  # MLflow experiment of what became of the pipeline's runs
EXPERIMENTS = "experiments"  # MLflow experiment of trials that never touch the registry
_REQUIREMENTS = ("scikit-learn", "skops", "pandas", "numpy")


def registry(context: Context) -> Registry:
    """The MLflow server or store of the settings."""
    uri, root = context.settings.mlflow_tracking_uri, context.workspace.root
    return Registry(uri, root, _worker(context), environments.alias(context))


def _worker(context: Context) -> str:
    """The writer of runs: a folder that one run at a time may use; in pods, the pipeline's run.

    A pod's host name and folder disappear with it; the exit task closes what a killed pod left.
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
    evaluation: Evaluation,
    frame: pd.DataFrame,
) -> str:
    """Track the evaluated candidate as one finished run; write its id. Returns the run id."""
    from ..model import skops  # it loads scikit-learn, other callers of this module need none

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
    """Track how a run of the production pipeline ended, so that failures are visible too."""
    tags = {f"pipeline.{key}": str(value) for key, value in outcome.items() if value}
    name = f"{outcome['trigger']}-{outcome['state'].lower()}"
    failed = run_state.outcome(outcome["state"]) != "SUCCEEDED"
    store = registry(context)
    store.close_abandoned(experiment_name(context))  # a task may have been killed while it logged
    store.log_outcome(PIPELINE_RUNS, name, tags, failed)


def _history(context: Context, trained: ModelArtifact) -> dict[str, bytes]:
    """The history for bundles of this model, if the ingested table is not available."""
    past = None if context.experiment else KnownPast(context.workspace.ingested)
    found = carried(trained.record, past)[0] if past else None
    return {HISTORY: found} if found is not None else {}


def _trials(context: Context) -> tuple[TrialRecord, ...]:
    """Every trial of the search, as child runs of its candidate."""
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


def _flat_metrics(evaluation: Evaluation) -> dict[str, float]:
    flat = dict(evaluation["candidate"]["metrics"])
    if interval := evaluation["candidate"].get("interval"):
        flat["interval_coverage"] = interval["measured"]
        flat["interval_half_width"] = interval["half_width"]
    for name, values in evaluation["baselines"].items():
        flat |= {f"{name}.{key}": value for key, value in values.items()}
    metric = evaluation["metric"]
    for number, item in enumerate(evaluation.get("origins") or (), start=1):
        flat[f"origin_{number}.{metric}"] = item["metrics"][metric]
        flat[f"origin_{number}.gain"] = item["gain"]
    return flat
