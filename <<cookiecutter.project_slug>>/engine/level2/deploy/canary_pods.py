"""A canary of a plain Deployment: a second one behind the same Service, its share by its pods."""

import copy
from typing import Any

from ..base.errors import ProjectError
from . import comparison, release
from .environment import Environment, Patience
from .release import Release

Object = dict[str, Any]
TRACK = "track"  # label of its pods


def name(target: Environment) -> str:
    """The name of the Deployment that holds the canary."""
    return f"{target.name}-canary"


def live(target: Environment) -> Object | None:
    """The canary's Deployment, if one runs."""
    return target.cluster.get("Deployment", name(target))


def waiting(target: Environment) -> Release | None:
    """The release that a canary serves, if one runs."""
    return release.known(live(target))[0]


def split(
    target: Environment,
    new: Release,
    served: Object,
    percent: int | None,
    hold: bool,
    patience: Patience,
) -> None:
    """Start pods of the new version and watch them; remove them if they are worse.

    Raises ProjectError then, and if they do not come up. If they may stay, they do until the
    caller removes them.
    """
    current, _ = release.known(served)
    pods = int(served["spec"].get("replicas") or 1)
    more = count(percent or 10, pods)
    deployment = canary(release.workload(release.filled(target.objects, new, current)), more)
    target.cluster.apply([deployment])
    try:
        found = target.cluster.roll_out(name(target), patience.minutes)
        if not found.done:
            why = found.failed or found.waits
            raise ProjectError(f"{new.named} did not come up in {target.environment}: {why}")
        share = f"{more} of {pods + more} pods"
        target.say("canary", f"{new.named} · {target.environment} · {share}")
        if not hold:
            comparison.watch(target, new, lambda: _waits(target), patience)
    except ProjectError as error:
        remove(target)
        stays = current.named if current else "the previous version"
        raise ProjectError(f"{error}; {stays} gets all requests again") from error


def remove(target: Environment) -> None:
    """Remove the canary, if one runs."""
    if live(target) is not None:  # so that who deploys without canaries needs no right to delete
        target.cluster.delete("Deployment", name(target))


def count(percent: int, pods: int) -> int:
    """Pods of the canary beside `pods` others, so that it gets about that percent; at least one."""
    return max(1, round(percent * pods / (100 - percent)))


def canary(serving: Object, pods: int) -> Object:
    """The Deployment of the canary: the serving one with a label and a name of its own."""
    made = copy.deepcopy(serving)
    made["metadata"]["name"] += "-canary"
    spec = made["spec"]
    spec["replicas"] = pods
    for labels in (spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"]):
        labels[TRACK] = "canary"
    return made


def _waits(target: Environment) -> str:
    found = live(target)
    if found is None:
        return "its Deployment is gone"
    ready = found.get("status", {}).get("readyReplicas", 0)
    return "" if ready >= found["spec"]["replicas"] else f"{ready} of its pods are ready"
