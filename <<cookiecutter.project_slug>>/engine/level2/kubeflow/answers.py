"""Interpret responses of a KFP server: its health, its errors, the states of a run."""

import json
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from ..base.errors import ProjectError

HEALTH = "/apis/v2beta1/healthz"
DONE = ("SUCCEEDED", "FAILED", "CANCELED", "SKIPPED")
CREDENTIALS = "KF_PIPELINES_TOKEN, KF_PIPELINES_SA_TOKEN_PATH or KF_PIPELINES_COOKIE"
TEMPLATES = ("retry-system-container-impl", "system-container-impl", "system-container-driver")


@dataclass(frozen=True)
class Health:
    """What a healthy server reports about itself."""

    multi_user: bool


@dataclass(frozen=True)
class Task:
    """One node of a run as the server reports it: a task, its retry twin, or a wrapper.

    `children` are the nodes below it, by Argo's names: `workflow-hash`.
    """

    name: str
    state: str
    error: str = ""
    children: tuple[str, ...] = ()


@dataclass(frozen=True)
class Run:
    """A run as the server reports it."""

    state: str
    tasks: tuple[Task, ...] = ()
    error: str = ""
    terminated: bool = False  # someone has asked KFP to stop it


def judge_health(where: str, status: int, kind: str, body: bytes, location: str = "") -> Health:
    """Read a response of /healthz. Raises ProjectError naming what responded instead of KFP."""
    if status != 200:
        raise ProjectError(_unhealthy(where, status, location))
    if "html" in kind.lower() or body.lstrip()[:1] == b"<":
        raise ProjectError(
            f"{where} answers with a web page instead of the API, as a login page would: "
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
        return f"{where} does not accept the credentials (401): set or renew {CREDENTIALS}"
    if status == 403:
        return (
            f"{where} accepts the credentials but denies access (403): the account needs access to "
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
            f"{where} redirects to {target} ({status}), as a login page would: "
            f"set {CREDENTIALS}, or correct KF_PIPELINES_ENDPOINT"
        )
    if status >= 500:
        return (
            f"{where} is up but KFP behind it is not ({status}): "
            "look at the pod ml-pipeline, or try again"
        )
    return f"{where} answers {status} to the health check: KF_PIPELINES_ENDPOINT may be wrong"


def version_one(where: str) -> str:
    """The message for a server that has only the old API."""
    return f"{where} is KFP 1, which has no API v2beta1: this needs KFP 2"


def refusal(doing: str, where: str, status: int, body: str) -> str:
    """One sentence for a call that the API refused."""
    if status == 401:
        return f"{where} no longer accepts the credentials (401) while {doing}: renew {CREDENTIALS}"
    if 300 <= status < 400:
        return (
            f"{where} redirected ({status}) while {doing}, as a login page would: renew "
            f"{CREDENTIALS}"
        )
    try:
        told = json.loads(body)
        fields = ("message", "error_message", "error")  # an upload answers with the second
        message = next((told[name] for name in fields if told.get(name)), "")
    except (ValueError, AttributeError):
        message = ""
    first = (str(message).strip().splitlines() or ["no reason given"])[0]
    return f"{where} answered {status} while {doing}: {first[:300]}"


def shown(tasks: Iterable[Task], names: Collection[str]) -> list[Task]:
    """The pipeline's own tasks, one each, without the nodes that KFP and Argo add.

    `names` are those of the compiled pipeline. The last node of a name counts, but in a loop, where
    each branch has one, not before all have ended.
    """
    unknown = ("", "RUNTIME_STATE_UNSPECIFIED")
    kept: dict[str, Task] = {}
    for task in tasks:
        if task.name in names and task.state not in unknown:
            before = kept.get(task.name)
            if before is None or before.state in DONE:
                kept[task.name] = task
    return list(kept.values())


def failed_nodes(tasks: Iterable[Task]) -> list[str]:
    """Ids of the nodes below those that failed: executors first, their last attempt first."""
    failed = [task for task in tasks if task.state == "FAILED" and task.children]
    failed.sort(key=lambda task: not task.name.startswith("executor"))
    return list(dict.fromkeys(child for task in failed for child in reversed(task.children)))


def pod_names(node: str) -> list[str]:
    """Possible names of the pod of `workflow-hash`: Argo makes `workflow-template-hash` of it."""
    workflow, _, digits = node.rpartition("-")
    return [*(f"{workflow}-{template}-{digits}" for template in TEMPLATES), node]


def last_words(log: str) -> str:
    """Why a pod failed, from its log: the project's own message, or its last error, or nothing."""
    lines = [
        re.sub(r"\x1b\[[0-9;]*m|[^\x20-\x7e\u00a0-\uffff]", "", line) for line in log.splitlines()
    ]
    for pattern in (
        r"(?:^|\s)stopped: (.+)",
        r"^((?:\w+\.)*\w*(?:Error|Exception)\b.*|.*signal: .+)",
    ):
        said = [found[1].strip() for line in lines if (found := re.search(pattern, line))]
        if said:
            return said[-1][:300]
    return ""


def verdict(run: Run, names: Collection[str], title: str, link: str, reason: str = "") -> str:
    """Why a run that ended is not a success, empty for SUCCEEDED.

    `reason` comes from the failed task's own log, because a server gives no reason for a task.
    """
    if run.state == "SUCCEEDED":
        return ""
    if run.terminated or run.state == "CANCELED":
        return f"run {title} was terminated: it ended {run.state}, not SUCCEEDED: {link}"
    if run.state != "FAILED":
        return f"run {title} ended {run.state}, not SUCCEEDED: {link}"
    failed = [task for task in run.tasks if task.state == "FAILED"]
    inner = shown(failed, names)
    said = [reason, *(task.error for task in (*inner, *failed)), run.error]
    reason = next((text for text in said if text.strip()), "")
    because = f" ({reason.strip().splitlines()[0][:300]})" if reason else ""
    where = " in " + ", ".join(f"`{task.name}`" for task in inner) if inner else ""
    return f"run {title} FAILED{where}{because}: {link}"
