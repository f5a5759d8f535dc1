"""Pass the candidate through the gate; register it; move the champion alias when it earns it."""

import json
from typing import Any

from .. import artifact, tracking
from ..adapters.files import read_json, write_json
from ..adapters.mlflow import Registry, Version
from ..core import gate
from ..errors import ProjectError
from ..lineage import lineage
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
    origin = lineage(context)
    if champion is not None and champion.tags.get("sha256") == candidate.digest:
        return _stands(context, evaluation, champion, store, origin)
    _same_champion(evaluation, champion.version if champion else None)
    decision = gate.decide(evaluation, params.promote)
    run_id = _run_id(context, store, candidate.digest)
    tags = {**_tags(decision, candidate.digest), **origin}
    version = store.register(params.data.name, run_id, tags)
    if decision.promote:
        store.promote(version)
    before = champion.version if champion else None
    _record(
        context,
        {"digest": candidate.digest, **decision.to_json()},
        version=version.version,
        champion=version.version if decision.promote else before,
        previous=before,
    )
    return _line(decision, version.version, before)


def _stands(
    context: Context,
    evaluation: dict[str, Any],
    champion: Version,
    store: Registry,
    origin: dict[str, str],
) -> str:
    """The candidate is the champion: trained again, or promoted by a run that was cut off."""
    decision = gate.decide(evaluation, context.params.promote)
    digest, compared = evaluation["candidate"]["digest"], evaluation["champion"] or {}
    record = {"digest": digest, **decision.to_json()}
    if compared.get("digest") == digest:
        record["verdict"] = "unchanged"
    run_id = read_json(context.workspace.need(context.workspace.tracked, "evaluate"))["run_id"]
    number, before = champion.version, compared.get("version")
    if champion.run_id == run_id and before != number:
        _record(context, record, version=number, champion=number, previous=before)
        again = record["verdict"] == "unchanged"
        return _same(number, before) if again else _line(decision, number, before)
    if champion.run_id != run_id and before == number and _now_committed(champion, origin):
        tags = {**_tags(decision, digest), **origin, "decision": "unchanged"}
        made = store.register(champion.name, _run_id(context, store, digest), tags)
        store.promote(made)
        _record(context, record, version=made.version, champion=made.version, previous=number)
        return _same(made.version, number)
    _record(context, {**record, "verdict": "unchanged"}, version=number, champion=number)
    return f"champion v{number} kept: the candidate is the same model"


def _now_committed(champion: Version, origin: dict[str, str]) -> bool:
    """Whether this run can be made again from its commit and the champion's own could not."""
    return champion.tags.get("git.dirty") == "true" and origin["git.dirty"] == "false"


def _same(version: str, before: str | None) -> str:
    return f"champion v{before} → v{version} · the same model, now from a commit"


def _record(context: Context, record: dict[str, Any], **versions: str | None) -> None:
    """Write the decision with the versions it is about."""
    write_json(context.workspace.decision, {"previous": None, **record, **versions})


def _tags(decision: gate.Decision, digest: str) -> dict[str, str]:
    """What the version itself tells of its decision."""
    reasons = decision.reasons or [rule.detail for rule in decision.rules]
    return {
        "decision": decision.to_json()["verdict"],
        "reasons": json.dumps(reasons)[:_TAG_LIMIT],
        "rules": json.dumps({rule.name: rule.passed for rule in decision.rules})[:_TAG_LIMIT],
        "sha256": digest,
    }


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
