"""A canary: a new version gets a share of the requests first, then all or none."""

from typing import Any

from ..base.errors import ProjectError
from . import comparison, release, rollout
from .environment import Environment, Patience
from .release import Release

Object = dict[str, Any]


def waits(live: Object | None, new: Release) -> bool:
    """Whether this release is a canary waiting to be promoted."""
    return release.known(live)[0] == new and 0 < release.share(live) < 100


def split(
    target: Environment,
    new: Release,
    live: Object,
    percent: int | None,
    hold: bool,
    patience: Patience,
) -> None:
    """Give it a share of the requests, watch it, give it all; if it fails it gets none."""
    current, before = release.known(live)
    # what was never promoted, or was rolled back, is not the version to go back to
    good = before if current == new or release.share(live) < 100 else current
    objects = release.filled(target.objects, new, good)
    part = percent or release.share(release.workload(objects))
    release.set_share(objects, part)
    target.cluster.apply(objects)
    old = rollout.revision(live) if current != new else ""
    try:
        target.wait(new.named, patience, target.look(new, patience.minutes, part, old))
        target.say("canary", f"{new.named} · {target.environment} · {part} % of the requests")
        if not hold:
            comparison.watch(target, new, lambda: _waits(target, part), patience)
    except ProjectError as error:
        target.give(0)
        stays = good.named if good else "the previous version"
        raise ProjectError(f"{error}; {stays} gets all requests again") from error
    if not hold:
        give_all(target, new, patience)


def _waits(target: Environment, part: int) -> str:
    found = rollout.inference_service(target.live() or {}, part)
    return "" if found.done else found.waits or found.failed


def give_all(target: Environment, new: Release, patience: Patience) -> None:
    """Give the canary all requests."""
    target.give(100)
    target.wait(new.named, patience, target.look(new, patience.minutes))
    target.deployed(new)
