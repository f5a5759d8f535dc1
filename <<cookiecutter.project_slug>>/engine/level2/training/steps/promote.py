"""Apply the gate to the candidate; register it; move the champion alias if it passed."""

import json
from collections.abc import Mapping
from typing import Any

from ...base.errors import ProjectError
from ...base.files import read_json, write_record
from ...model import artifact, gate
from ...model.records import Evaluation, GateRecord
from ...owned import owner
from ...project import Context
from ...registry import tracking
from ...registry.environments import may_train
from ...registry.lineage import lineage
from ...registry.mlflow_sqlite import Version

_TOLD = "told"  # what a model answers besides its ONNX file's predictions, as a tag
_TAG_LIMIT = 4_500  # characters MLflow stores in a model version tag, with room to spare


def run(context: Context, evaluation: Evaluation | None = None) -> tuple[str, GateRecord]:
    """Decide, register the version with its reasons, promote or keep.

    `evaluation` is what `evaluate` returned in this process. Returns one line and the decision.
    """
    params, workspace = context.params, context.workspace
    if context.experiment:
        raise ProjectError(
            "an experiment never touches the registry: promote from the project's own run"
        )
    may_train(context)
    if evaluation is None:
        evaluation = _written(context)
    candidate = artifact.load(workspace.model)
    if candidate.digest != evaluation["candidate"]["digest"]:
        raise ProjectError(
            "artifacts/evaluation.json is about another model than artifacts/model: "
            "run `evaluate` again"
        )
    store = tracking.registry(context)
    champion = store.champion(params.data.name)
    origin = lineage(context)
    told = _told(candidate.record)
    tags = champion.tags if champion else {}
    same = (candidate.digest, told) == (tags.get("sha256"), tags.get(_TOLD, ""))
    if champion and same and not _now_committed(context, evaluation, champion, origin):
        return _stands(context, evaluation, champion)
    before = champion.version if champion else None
    _same_champion(evaluation, before)
    decision = gate.decide(evaluation, params.promote)
    tags = {**_tags(decision, candidate.digest), **({_TOLD: told} if told else {}), **origin}
    if same:
        tags["decision"] = "unchanged"
    version = store.register(params.data.name, _run_id(context, store, candidate.digest), tags)
    moves = decision.promote or same
    if moves:
        store.promote(version)
    now = version.version if moves else before
    record = _record(decision, candidate.digest, same, version.version, now, before)
    record = write_record(workspace.decision, record)
    if same:
        return _same(version.version, before), record
    failed = _notify(context, evaluation, decision, version.version, before)
    return " · ".join(filter(None, [_line(decision, version.version, before), failed])), record


def _told(record: Mapping[str, Any]) -> str:
    """Threshold and interval of a model's record as text, empty if it has neither."""
    found = {name: record[name] for name in ("threshold", "interval") if record.get(name)}
    return json.dumps(found, sort_keys=True)[:_TAG_LIMIT] if found else ""


def _written(context: Context) -> Evaluation:
    """What `evaluate` wrote in another process."""
    workspace = context.workspace
    evaluation: Evaluation = read_json(workspace.need(workspace.evaluation, "evaluate"))
    return evaluation


def _notify(
    context: Context,
    evaluation: Evaluation,
    decision: gate.Decision,
    version: str,
    before: str | None,
) -> str:
    """Call the team's notice about a decision. Returns what went wrong, if anything."""
    metric = evaluation["metric"]
    record = {
        "model": context.params.data.name,
        "version": version,
        "champion": version if decision.promote else before,
        "previous": before,
        "reasons": decision.reasons,
        "metric": metric,
        "value": evaluation["candidate"]["metrics"].get(metric),
    }
    event = "promoted" if decision.promote else "held"
    return owner.notify(context.workspace.root, event, record)


def _stands(context: Context, evaluation: Evaluation, champion: Version) -> tuple[str, GateRecord]:
    """The candidate is the champion: retrained, or promoted by an interrupted run."""
    decision = gate.decide(evaluation, context.params.promote)
    digest, compared = evaluation["candidate"]["digest"], evaluation["champion"]
    again = compared is not None and compared["digest"] == digest
    number, before = champion.version, compared["version"] if compared else None
    if champion.run_id == _tracked(context) and before != number:
        record = _record(decision, digest, again, number, number, before)
        line = _same(number, before) if again else _line(decision, number, before)
    else:
        record = _record(decision, digest, True, number, number, None)
        line = f"champion v{number} kept: the candidate is the same model"
    return line, write_record(context.workspace.decision, record)


def _tracked(context: Context) -> str:
    """Id of the run that tracks this candidate."""
    path = context.workspace.need(context.workspace.tracked, "evaluate")
    return str(read_json(path)["run_id"])


def _now_committed(
    context: Context, evaluation: Evaluation, champion: Version, origin: dict[str, str]
) -> bool:
    """Whether this run can be reproduced from its commit and the champion's own cannot."""
    if champion.run_id == _tracked(context):
        return False
    compared = evaluation["champion"]["version"] if evaluation["champion"] else None
    before, now = champion.tags.get("git.dirty"), origin["git.dirty"]
    return compared == champion.version and (before, now) == ("true", "false")


def _same(version: str, before: str | None) -> str:
    return f"champion v{before} → v{version} · the same model, now from a commit"


def _record(
    decision: gate.Decision,
    digest: str,
    same: bool,
    version: str,
    champion: str | None,
    previous: str | None,
) -> GateRecord:
    """The decision and its versions; `same`: the candidate is the champion's model."""
    judged = decision.to_json()
    return {
        "digest": digest,
        "verdict": "unchanged" if same else judged["verdict"],
        "rules": judged["rules"],
        "reasons": judged["reasons"],
        "version": version,
        "champion": champion,
        "previous": previous,
    }


def _tags(decision: gate.Decision, digest: str) -> dict[str, str]:
    """The decision as tags of the version."""
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


def _same_champion(evaluation: Evaluation, current: str | None) -> None:
    """Refuse a comparison with a champion that has been replaced since."""
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
