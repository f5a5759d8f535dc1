"""Deploy a handed-over model to a cluster, watch it come up, and roll it back."""

from pathlib import Path
from typing import Any

from ..base.errors import ProjectError
from ..base.files import read_json
from . import canary, canary_pods, release, rollout
from .environment import Environment, Patience
from .release import Release

Object = dict[str, Any]


def deploy(
    root: Path,
    environment: str,
    image: str,
    record: Path,
    percent: int | None,
    hold: bool,
    patience: Patience,
) -> None:
    """Apply the overlay with the handed-over release, after a canary where there is to be one."""
    if not (root / record).is_file():
        raise ProjectError(
            f"{record} is missing: the pipeline writes it when it promotes, or RECORD= names it"
        )
    target = Environment(root, environment)
    new = release.release(read_json(root / record), image, target.objects)
    live = target.live()
    asked = percent is not None or hold
    percent = percent or target.limits.percent
    if not target.splits:
        if asked and target.kind != "Deployment":
            raise ProjectError(
                "CANARY= and HOLD= split requests, which KServe's mode Standard cannot for a "
                f"container of ours: serve {environment} with ../../plain, or with Knative"
            )
        wanted = (percent is not None or hold) and target.kind == "Deployment"
        if wanted and live is not None and release.known(live)[0] != new:
            canary_pods.split(target, new, live, percent, hold, patience)
        if not hold:
            if target.kind == "Deployment":
                canary_pods.remove(target)  # first, so that the update finds room for its pods
            _at_once(target, new, live, patience)
    elif canary.waits(live, new) and not hold:
        canary.give_all(target, new, patience)
    elif live is None or (release.known(live)[0] == new and release.share(live) == 100):
        _whole(target, new, live, patience)
    else:
        canary.split(target, new, live, percent, hold, patience)


def rollback(root: Path, environment: str, patience: Patience) -> Release:
    """Serve the version before the live one. Returns the release that served until then."""
    target = Environment(root, environment)
    live = target.live()
    current, before = release.known(live)
    if target.kind == "Deployment" and (started := canary_pods.waiting(target)):
        canary_pods.remove(target)
        target.say("rollback", f"{environment} · {started.named} removed, a canary")
        return started
    if live is None or current is None:
        raise ProjectError(f"nothing is deployed in {environment} that could be rolled back")
    if target.splits and release.share(live) == 0:
        raise ProjectError(f"{current.named} is already rolled back in {environment}")
    if before is None or (target.splits and not rollout.earlier(live)):
        raise ProjectError(
            f"{environment} has no version before {current.named}: deploy the one you want"
        )
    if target.splits:
        target.give(0)  # the pods of the version before are there still, or come back
        target.wait(before.named, patience, rollout.withdrawn)
    else:
        target.cluster.apply(_alone(target, before, None))
        target.wait(before.named, patience, target.look(before, patience.minutes))
    target.say("rollback", f"{environment} · from {current.named} to {before.named}")
    return current


def _at_once(target: Environment, new: Release, live: Object | None, patience: Patience) -> None:
    """Update pod by pod; the old pods serve until the new ones do."""
    current, before = release.known(live)
    good = before if current == new else current
    target.cluster.apply(_alone(target, new, good))
    try:
        target.wait(new.named, patience, target.look(new, patience.minutes))
    except ProjectError as error:
        back = f"`make rollback ENV={target.environment}` goes back to"
        raise ProjectError(f"{error}; {back} {good.named}" if good else str(error)) from error
    target.deployed(new)


def _alone(target: Environment, new: Release, before: Release | None) -> list[Object]:
    """The objects of a release that shares no requests with another."""
    objects = release.filled(target.objects, new, before)
    if target.kind == "InferenceService":
        release.set_share(objects, 100)
    return objects


def _whole(target: Environment, new: Release, live: Object | None, patience: Patience) -> None:
    """All requests at once: the first release, or the live one with another overlay."""
    objects = release.filled(target.objects, new, release.known(live)[1])
    release.set_share(objects, 100)
    target.cluster.apply(objects)
    target.wait(new.named, patience, target.look(new, patience.minutes))
    target.deployed(new)
