"""What the champion in the registry says about today's data."""

import json
from typing import Any

import pandas as pd

from ..data import labels
from ..model import estimators, metrics, onnx
from ..model.artifact import ModelArtifact
from ..model.records import ChampionRecord
from ..model.slices import evaluate_slices
from ..project import Context
from .champion import champion_model
from .tracking import registry


def champion_profile(context: Context) -> dict[str, Any] | None:
    """The profile of the data the champion was accepted on, None on an empty registry."""
    store = registry(context)
    champion = store.champion(context.params.data.name)
    data = store.run_file(champion.run_id, context.workspace.validation.name) if champion else None
    return dict(json.loads(data)["profile"]) if data else None


def compare_champion(context: Context, test: pd.DataFrame) -> ChampionRecord | None:
    """The champion's metrics on the same test rows, None on an empty registry.

    `comparable` is false, with a reason, where today's data lack what the champion needs.
    """
    store = registry(context)
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
    context: Context, model: ModelArtifact, test: pd.DataFrame
) -> tuple[dict[str, float], list[dict[str, Any]]]:
    """Metrics and slices of the champion on the rows."""
    params = context.params
    task, truth = params.data.task, test[params.data.target].to_numpy()
    frame = estimators.model_frame(test, model.features)
    prediction = onnx.predict(model.files["model.onnx"], task, frame)
    cut = labels.read(model.record)
    slices = evaluate_slices(
        test, params.evaluate.slices, task, truth, prediction, params.evaluate.min_slice_rows, cut
    )
    return metrics.compute(task, truth, prediction, cut), slices


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
