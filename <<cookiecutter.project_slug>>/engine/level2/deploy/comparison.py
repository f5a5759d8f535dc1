"""Watch a canary: its readiness, and what its pods report beside those of the version before."""

import time
from collections.abc import Callable

from ..base.errors import ProjectError
from . import pod_metrics, traffic
from .environment import Environment, Patience
from .release import Release


def watch(target: Environment, new: Release, ready: Callable[[], str], patience: Patience) -> None:
    """Watch a canary for a while. Raises ProjectError if it may not stay.

    `ready` returns what the canary waits for, empty while it is ready. Where a version got fewer
    requests than `canary.min_requests`, or the pods may not be asked, readiness alone decides.
    """
    if not patience.watch:
        return
    before, refusal = _read(target)
    end = time.monotonic() + patience.watch
    while time.monotonic() < end:
        time.sleep(patience.poll)
        if waits := ready():
            raise ProjectError(f"{new.named} was ready and no longer is: {waits}")
    after, refusal = _read(target) if before else (None, refusal)
    if before is None or after is None:
        target.say("judged", f"by readiness alone: {refusal}")
        return
    _judge(target, new, *after.since(before, new))


def _judge(target: Environment, new: Release, old: traffic.Traffic, its: traffic.Traffic) -> None:
    limits = target.limits
    line = traffic.summary(old, its)
    if not traffic.enough(old, its, limits):
        least = f"fewer than canary.min_requests {limits.min_requests:,}"
        target.say("judged", f"by readiness alone: {line}, {least}")
        return
    target.say("judged", line)
    if found := traffic.objections(old, its, limits):
        raise ProjectError(f"{new.named} is worse than the version before: {'; '.join(found)}")


def _read(target: Environment) -> tuple[pod_metrics.Reading | None, str]:
    """What the pods report now, or why they cannot be asked."""
    try:
        found = pod_metrics.read(target.cluster)
    except ProjectError as error:
        return None, str(error)
    return (found, "") if found.pods else (None, "no pod of the service reports")
