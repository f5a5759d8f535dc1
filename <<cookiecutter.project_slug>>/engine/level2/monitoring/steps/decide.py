"""`decide`: from the monitor's verdict to one action, with a record of why."""

import getpass
import json
import socket
import tempfile
import time
from pathlib import Path

from ...base import s3
from ...base.errors import ProjectError
from ...base.files import digest, read_json, write_json, write_text
from ...owned import owner
from ...project import Context
from ...registry import tracking
from ...registry.mlflow import Registry
from ...reports.training.markdown_text import prose
from .. import decision
from ..records import ActionRecord

DECISIONS = "decisions"  # MLflow experiment: what was decided outlives the machine that decided
ACTS = "decision.acts"  # whether what was decided was about to be done, or only looked at


def run(context: Context, acts: bool, tells: bool = False) -> tuple[str, ActionRecord]:
    """Decide; write record and evidence, log to MLflow. Returns one line and the record.

    Without `acts` nothing is done, and the decision does not count as tried later; `tells` sends
    the team's notice all the same.
    """
    workspace, knobs, now = context.workspace, context.params.decide, time.time()
    verdict = read_json(workspace.need(workspace.watched, "monitor"))
    store, name = tracking.registry(context), context.params.data.name
    champion = store.champion(name)
    watched = verdict["model"]["version"]
    if champion is None or champion.version != watched:
        is_now = f"v{champion.version}" if champion else "gone"
        raise ProjectError(
            f"artifacts/monitor.json is about v{watched}, the champion is {is_now}: "
            "run `monitor` again"
        )
    past = [_past(at, tags) for at, tags in store.noted(DECISIONS) if tags.get("model") == name]
    found = decision.decide(verdict, past, knobs, now, _held(context, store, champion.version))
    record: ActionRecord = {
        "action": found.action,
        "number": decision.NUMBERS[found.action],
        "meant": decision.MEANT[found.action],
        "rule": found.rule,
        "reason": found.reason,
        "signals": found.signals,
        "tried": found.tried,
        "at": now,
        "by": _by(context),
        "model": verdict["model"],
        "verdict": verdict["verdict"],
        "rules": [item.model_dump() for item in knobs.rules],
        "trials": knobs.trials,
        "inputs": {"monitor.json": digest(workspace.watched), "looked_at": verdict["at"]},
        "findings": [item["detail"] for item in verdict["findings"]],
    }
    write_json(workspace.decided, record)
    write_text(workspace.decided_summary, _evidence(context, record))
    tags = {**_tags(name, record), ACTS: "yes" if acts else "no"}
    store.log_outcome(DECISIONS, f"{found.action} v{watched}", tags, failed=False)
    line = f"{record['number']} {found.action}: {found.reason}"
    if not (acts or tells) or found.action == "keep":
        return line, record
    told = {
        "model": name,
        "version": watched,
        "action": found.action,
        "reason": found.reason,
        "findings": record["findings"],
    }
    failed = owner.notify(workspace.root, "decided", told)
    return f"{line} · {failed}" if failed else line, record


def _held(context: Context, store: Registry, champion: str) -> decision.Held | None:
    """The newest version, if it was held and trained on the raw table as it is now."""
    newest = store.newest(context.params.data.name)
    if newest is None or newest.version == champion or newest.tags.get("decision") != "hold":
        return None
    if newest.tags.get("data.hash") != _now(context):
        return None
    return decision.Held(newest.created or 0.0, newest.version)


def _now(context: Context) -> str:
    """MD5 of the raw table, empty if there is none."""
    path = context.workspace.source(context.params)
    if not context.params.data.remote:
        return digest(path, "md5") if path.is_file() else ""
    with tempfile.TemporaryDirectory() as folder:
        s3.download(context.params.data.source, Path(folder) / path.name)
        return digest(Path(folder) / path.name, "md5")


def _past(at: float, tags: dict[str, str]) -> decision.Past:
    acted = tags.get(ACTS, "yes") == "yes"
    action = tags.get("decision.action", "keep") if acted else "keep"
    return decision.Past(at, action, tags.get("verdict", ""))


def _tags(name: str, record: ActionRecord) -> dict[str, str]:
    return {
        "model": name,
        "model.version": record["model"]["version"],
        "verdict": record["verdict"],
        "signals": json.dumps(record["signals"]),
        "decision.action": record["action"],
        "decision.reason": record["reason"],
        "decision.by": record["by"],
    }


def _by(context: Context) -> str:
    """Who decided: a job, or a person at a machine."""
    settings = context.settings
    if settings.github_run_id:
        return f"run {settings.github_run_id} of {settings.github_repository}"
    try:
        who = getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        who = "somebody"
    return f"{who} at {socket.gethostname()}"


def _evidence(context: Context, record: ActionRecord) -> str:
    """The text of an issue or a job's page: the decision above the monitor's report."""
    report = context.workspace.need(context.workspace.watched_summary, "monitor")
    head = f"### Decision {record['number']}: {record['meant']}"
    why = f"{prose(record['reason'])}. Decided by {prose(record['by'])}."
    return f"{head}\n\n{why}\n\n{report.read_text(encoding='utf-8')}"
