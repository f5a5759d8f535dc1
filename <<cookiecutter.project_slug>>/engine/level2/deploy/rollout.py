"""The progress of an InferenceService's rollout, read from the live object."""

from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]
MODE = "serving.kserve.io/deploymentMode"
STANDARD = ("Standard", "RawDeployment")


@dataclass(frozen=True)
class Progress:
    """Done, failed for a reason, or what it still waits for."""

    done: bool
    failed: str = ""
    waits: str = ""


def standard(live: Object | None) -> bool:
    """Whether KServe serves this with a plain Deployment: its mode Standard or RawDeployment."""
    notes = (live or {}).get("metadata", {}).get("annotations") or {}
    told = (live or {}).get("status", {}).get("deploymentMode")
    return (told or notes.get(MODE)) in STANDARD


def begun(live: Object, below: Object | None, image: str) -> Progress:
    """Whether the Deployment that KServe made for an InferenceService requests pods of `image`.

    In mode Standard, KServe reports no ready revision, and is Ready while old pods still serve.
    """
    if below is None:
        return Progress(False, waits=_unready(live.get("status", {})) or "KServe has made no pods")
    [first, *_] = below["spec"]["template"]["spec"]["containers"]
    if first["image"] != image:
        return Progress(False, waits=_unready(live.get("status", {})) or "KServe has not begun")
    return Progress(True)


def ready(live: Object) -> Progress:
    """Whether an InferenceService is Ready, or what its conditions report."""
    status = live.get("status", {})
    if _condition(status, "Ready").get("status") == "True":
        return Progress(True)
    return Progress(False, waits=_unready(status) or "it is not Ready")


def inference_service(live: Object, percent: int, other_than: str = "") -> Progress:
    """Whether the newest revision is ready and gets its percent of the requests.

    `other_than` is the revision before the change: the status lags behind, and the field
    observedGeneration is that of the Knative service below, not of this object.
    """
    status = live.get("status", {})
    model = status.get("modelStatus", {})
    if model.get("transitionStatus") in ("BlockedByFailedLoad", "InvalidSpec"):
        failure = model.get("lastFailureInfo", {})
        return Progress(False, failed=failure.get("message") or failure.get("reason") or "failed")
    part = status.get("components", {}).get("predictor", {})
    newest, made = part.get("latestReadyRevision", ""), part.get("latestCreatedRevision", "")
    if not newest or newest != made or newest == other_than:
        return Progress(False, waits=_unready(status) or "the new revision is not ready")
    if not ready(live).done:
        return ready(live)
    gets = _gets(part, newest)
    if gets != percent:
        return Progress(False, waits=f"{newest} gets {gets} % of the requests, not {percent} %")
    return Progress(True)


def withdrawn(live: Object) -> Progress:
    """Whether the newest revision, ready or not, gets no requests."""
    part = live.get("status", {}).get("components", {}).get("predictor", {})
    newest = part.get("latestCreatedRevision", "")
    gets = _gets(part, newest)
    return Progress(gets == 0, waits=f"{newest} still gets {gets} % of the requests")


def revision(live: Object | None) -> str:
    """The newest ready revision of an InferenceService."""
    status = (live or {}).get("status", {})
    return str(status.get("components", {}).get("predictor", {}).get("latestReadyRevision", ""))


def earlier(live: Object) -> bool:
    """Whether an InferenceService has a revision to go back to."""
    part = live.get("status", {}).get("components", {}).get("predictor", {})
    newest, whole = part.get("latestReadyRevision", ""), part.get("latestRolledoutRevision", "")
    return bool(part.get("previousRolledoutRevision") or (whole and whole != newest))


def _gets(part: Object, name: str) -> int:
    """Percent of the requests of a revision, which may be listed twice."""
    entries = part.get("traffic", [])
    return sum(item.get("percent", 0) for item in entries if item.get("revisionName") == name)


def _condition(status: Object, kind: str) -> Object:
    return next((item for item in status.get("conditions", []) if item["type"] == kind), {})


def _unready(status: Object) -> str:
    """The conditions' messages, the most specific first."""
    for kind in ("PredictorConfigurationReady", "PredictorReady", "Ready"):
        found = _condition(status, kind)
        if found.get("status") == "False" and (found.get("message") or found.get("reason")):
            return str(found.get("message") or found.get("reason"))
    return ""
