"""What answers of a KFP server mean: its health, its refusals, the states of a run."""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import ProjectError

HEALTH = "/apis/v2beta1/healthz"
DONE = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
CREDENTIALS = "KF_PIPELINES_TOKEN, KF_PIPELINES_SA_TOKEN_PATH or KF_PIPELINES_COOKIE"


PLUMBING = re.compile(r"|root|executor|system-.*|.*-driver|(?:condition|exit-handler|for-loop)-.*")


@dataclass(frozen=True)
class Health:
    """What a healthy server says of itself."""

    multi_user: bool


@dataclass(frozen=True)
class Task:
    """One task of a run, as the server tells it."""

    name: str
    state: str
    error: str = ""
    key: str = ""
    children: tuple[str, ...] = ()


def judge_health(where: str, status: int, kind: str, body: bytes, location: str = "") -> Health:
    """Read an answer of /healthz. Raises ProjectError naming what answered instead of KFP."""
    if status != 200:
        raise ProjectError(_unhealthy(where, status, location))
    if "html" in kind.lower() or body.lstrip()[:1] == b"<":
        raise ProjectError(
            f"{where} answers with a web page instead of the API, as a login does: "
            f"set {CREDENTIALS}, or correct the path of KF_PIPELINES_ENDPOINT"
        )
    try:
        told = json.loads(body)
    except ValueError:
        raise ProjectError(
            f"{where} answers something that is not JSON ({kind or 'no content type'}): "
            "KF_PIPELINES_ENDPOINT is not the address of a KFP API"
        ) from None
    if not isinstance(told, dict) or (told and not {"multi_user", "pipeline_store"} & set(told)):
        raise ProjectError(
            f"{where} answers JSON that does not come from KFP 2: "
            "KF_PIPELINES_ENDPOINT is not the address of a KFP API"
        )
    return Health(multi_user=told.get("multi_user") is True)


def _unhealthy(where: str, status: int, location: str) -> str:
    """One sentence for a status that is not 200."""
    if status == 401:
        return f"{where} does not know who asks (401): set or renew {CREDENTIALS}"
    if status == 403:
        return (
            f"{where} knows who asks and refuses (403): the account needs access to "
            "pipelines in this namespace"
        )
    if status == 404:
        return (
            f"{where} has no API v2beta1 (404): this needs KFP 2, "
            "or the path of KF_PIPELINES_ENDPOINT is wrong"
        )
    if 300 <= status < 400:
        target = location.split("?")[0][:100] or "elsewhere"
        return (
            f"{where} redirects to {target} ({status}), as a login does: "
            f"set {CREDENTIALS}, or correct KF_PIPELINES_ENDPOINT"
        )
    if status >= 500:
        return (
            f"{where} is up but KFP behind it is not ({status}): "
            "look at the pod ml-pipeline, or try again"
        )
    return f"{where} answers {status} to the health check: KF_PIPELINES_ENDPOINT may be wrong"


def version_one(where: str) -> str:
    """The sentence for a server that speaks the old API alone."""
    return f"{where} is KFP 1, which has no API v2beta1: this needs KFP 2"


def refusal(doing: str, where: str, status: int, body: str) -> str:
    """One sentence for a call that the API refused."""
    if status == 401:
        return f"{where} no longer accepts the credentials (401) while {doing}: renew {CREDENTIALS}"
    if 300 <= status < 400:
        return f"{where} redirected ({status}) while {doing}, as a login does: renew {CREDENTIALS}"
    try:
        told = json.loads(body)
        message = told.get("message") or told.get("error") or ""
    except (ValueError, AttributeError):
        message = ""
    first = (str(message).strip().splitlines() or ["no reason given"])[0]
    return f"{where} answered {status} while {doing}: {first[:300]}"


def shown(tasks: Iterable[Task], run: str) -> list[Task]:
    """Leave out what KFP adds around the tasks of the pipeline: drivers, executors, groups.

    Of tasks with one name (loops, retries), the last one counts.
    """
    kept = {
        task.name: task
        for task in tasks
        if task.name != run
        and not PLUMBING.fullmatch(task.name)
        and task.state not in ("", "RUNTIME_STATE_UNSPECIFIED")
    }
    return list(kept.values())


def verdict(state: str, tasks: Iterable[Task], run: str, link: str, error: str = "") -> str:
    """Why a run that ended is no success, empty for SUCCEEDED."""
    if state == "SUCCEEDED":
        return ""
    if state != "FAILED":
        return f"run {run} ended {state}, which is no success: {link}"
    failed = [task for task in tasks if task.state == "FAILED"]
    keys = {task.key for task in failed if task.key} & {task.key for task in shown(failed, run)}
    inner = [task for task in shown(failed, run) if not keys & set(task.children)]
    said = [task.error for task in (*inner, *failed) if task.error.strip()]
    reason = next(iter([*said, error]))
    because = f" ({reason.strip().splitlines()[0][:200]})" if reason.strip() else ""
    where = " in " + ", ".join(f"`{task.name}`" for task in inner) if inner else ""
    return f"run {run} FAILED{where}{because}: {link}"
