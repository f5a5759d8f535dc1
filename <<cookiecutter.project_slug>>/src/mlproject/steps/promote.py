"""Pass the candidate through the gate; register it; move the champion alias when it earns it."""

import json
from typing import Any

from .. import artifact, tracking
from ..adapters.files import read_json, write_json
from ..core import gate
from ..errors import ProjectError
from ..workspace import Context

_TAG_LIMIT = 4_500  # characters MLflow stores in a model version tag, with room to spare


def run(context: Context) -> str:
    """Decide, register the version with its reasons, promote or keep. Returns one line."""
    params, workspace = context.params, context.workspace
    if context.experiment:
        raise ProjectError(
            "an experiment never touches the registry: promote from the project's own run"
        )
    evaluation = read_json(workspace.need(workspace.evaluation, "evaluate"))
    candidate = artifact.load(workspace.model)
    if candidate.digest != evaluation["candidate"]["digest"]:
        raise ProjectError(
            "artifacts/evaluation.json judges another model than artifacts/model: "
            "run `evaluate` again"
        )
    store = tracking.registry(context)
    champion = store.champion(params.data.name)
    _same_champion(evaluation, champion.version if champion else None)
    decision = gate.decide(evaluation, params.promote)
    record: dict[str, Any] = {"digest": candidate.digest, **decision.to_json()}
    if champion is not None and champion.tags.get("sha256") == candidate.digest:
        record |= {
            "verdict": "unchanged",
            "version": champion.version,
            "champion": champion.version,
        }
        write_json(workspace.decision, record)
        return f"champion v{champion.version} kept: the candidate is the same model"
    run_id = _run_id(context, store, candidate.digest)
    tags = {
        "decision": record["verdict"],
        "reasons": json.dumps(record["reasons"] or [rule["detail"] for rule in record["rules"]])[
            :_TAG_LIMIT
        ],
        "rules": json.dumps({rule["name"]: rule["passed"] for rule in record["rules"]})[
            :_TAG_LIMIT
        ],
        "sha256": candidate.digest,
        **tracking.lineage(context),
    }
    version = store.register(params.data.name, run_id, tags)
    if decision.promote:
        store.promote(version)
    kept = version.version if decision.promote else (champion.version if champion else None)
    record |= {
        "version": version.version,
        "champion": kept,
        "previous": champion.version if champion else None,
    }
    write_json(workspace.decision, record)
    return _line(decision, version.version, champion.version if champion else None)


def _line(decision: gate.Decision, version: str, champion: str | None) -> str:
    if decision.promote:
        before = (
            f"champion v{champion} → v{version}" if champion else f"champion v{version} (the first)"
        )
        return f"{before} · all {len(decision.rules)} rules passed"
    kept = f"champion v{champion} kept" if champion else "no champion yet"
    return f"{kept} · candidate v{version} held: {decision.reasons[0]}"


def _same_champion(evaluation: dict[str, Any], current: str | None) -> None:
    """Refuse a comparison with a champion that has been replaced meanwhile."""
    compared = evaluation["champion"]["version"] if evaluation["champion"] else None
    if compared != current:
        raise ProjectError(
            f"the champion is {f'v{current}' if current else 'gone'} but the candidate was "
            f"compared with {f'v{compared}' if compared else 'none'}: run `evaluate` again"
        )


def _run_id(context: Context, store: Any, digest: str) -> str:
    """The run that tracked this candidate in this registry."""
    tracked = read_json(context.workspace.need(context.workspace.tracked, "evaluate"))
    if tracked["digest"] != digest or not store.has_run(tracked["run_id"]):
        raise ProjectError(
            "the candidate is not tracked in this MLflow store: run `evaluate` again"
        )
    return str(tracked["run_id"])
