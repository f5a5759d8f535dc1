"""The champion: found by the lightest way that the registry allows, loaded, and compared."""

import hashlib
import json
from typing import TYPE_CHECKING, Any

from ..base.errors import ProjectError
from ..model.artifact import MANIFEST, ModelArtifact
from ..model.records import ChampionRecord
from ..project import Context
from . import environments, mlflow_sqlite
from .mlflow_sqlite import SqliteStore, Version

if TYPE_CHECKING:
    import pandas as pd

    from .mlflow import Registry

    Reader = Registry | SqliteStore


def reader(context: Context) -> "Reader":
    """What answers for champion, versions, metrics and files; writes nothing."""
    settings, root = context.settings, context.workspace.root
    light = mlflow_sqlite.opened(settings.mlflow_tracking_uri, root, environments.alias(context))
    if light is not None:
        return light
    from . import tracking  # MLflow takes two seconds to import

    return tracking.registry(context)


def version_named(context: Context, number: str) -> tuple[Version, dict[str, float]]:
    """A registered version, or the one that is `champion`, with the metrics of its run.

    Raises ProjectError where there is none.
    """
    store, name = reader(context), context.params.data.name
    version = store.champion(name) if number == "champion" else store.version(name, number)
    if version is None:
        if number == "champion":
            raise ProjectError(environments.no_champion(context))
        raise ProjectError(
            f"{name} has no version {number}: `make ui` lists its versions, `make run` makes one"
        )
    return version, store.metrics(version.run_id)


def champion_model(store: "Reader", champion: Version) -> ModelArtifact:
    """The champion's record and ONNX file. Raises ProjectError for any file but the registered."""
    record = json.loads(store.model_file(champion, MANIFEST))
    data = store.model_file(champion, "model.onnx")
    expected = champion.tags.get("sha256")
    if hashlib.sha256(data).hexdigest() != expected:
        raise ProjectError(
            f"{champion.name} v{champion.version}: model.onnx is not the file that was registered "
            "(SHA-256 differs): restore it or promote another version"
        )
    return ModelArtifact({"model.onnx": data}, record)


def champion_profile(context: Context) -> dict[str, Any] | None:
    """The profile of the data the champion was accepted on, None on an empty registry."""
    store = reader(context)
    champion = store.champion(context.params.data.name)
    data = store.run_file(champion.run_id, context.workspace.validation.name) if champion else None
    return dict(json.loads(data)["profile"]) if data else None


def compare_champion(context: Context, test: "pd.DataFrame") -> ChampionRecord | None:
    """The champion's metrics on the same test rows, None on an empty registry.

    `comparable` is false, with a reason, where today's data lack what the champion needs.
    """
    store = reader(context)
    champion = store.champion(context.params.data.name)
    if champion is None:
        return None
    model = champion_model(store, champion)
    reason = _incomparable(context, model, test)
    measured, slices = ({}, []) if reason else _judged(context, model, test)
    return {
        "version": champion.version,
        "digest": model.digest,
        "comparable": not reason,
        "reason": reason,
        "metrics": measured,
        "slices": slices,
    }


def _judged(
    context: Context, model: ModelArtifact, test: "pd.DataFrame"
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Metrics and slices of the champion on the rows."""
    from ..data import labels
    from ..model import frames, metrics, onnx
    from ..model.slices import evaluate_slices

    params = context.params
    task, truth = params.data.task, test[params.data.target].to_numpy()
    frame = frames.model_frame(test, model.features)
    prediction = onnx.predict(model.files["model.onnx"], task, frame)
    cut = labels.read(model.record)
    slices = evaluate_slices(
        test, params.evaluate.slices, task, truth, prediction, params.evaluate.min_slice_rows, cut
    )
    return metrics.compute(task, truth, prediction, cut), slices


def _incomparable(context: Context, model: ModelArtifact, test: "pd.DataFrame") -> str:
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
