"""A canary: a new version gets a share of the requests first, then all or none."""

import time
from typing import Any

from ..base.errors import ProjectError
from . import release, rollout
from .environment import Patience, Place
from .release import Release

Object = dict[str, Any]


def waits(live: Object | None, new: Release) -> bool:
    """Whether this release is a canary waiting to be promoted."""
    return release.known(live)[0] == new and 0 < release.share(live) < 100


def split(
    place: Place, new: Release, live: Object, percent: int | None, hold: bool, patience: Patience
) -> None:
    """Give it a share of the requests, watch it, give it all; if it fails it gets none."""
    current, before = release.known(live)
    # what was never promoted, or was rolled back, is not the version to go back to
    good = before if current == new or release.share(live) < 100 else current
    objects = release.filled(place.objects, new, good)
    part = percent or release.share(release.workload(objects))
    release.set_share(objects, part)
    place.cluster.apply(objects)
    old = rollout.revision(live) if current != new else ""
    try:
        place.wait(new.named, patience, place.look(new, patience.minutes, part, old))
        place.say("canary", f"{new.named} · {place.environment} · {part} % of the requests")
        if not hold:
            _watch(place, new, part, patience)
    except ProjectError as error:
        place.give(0)
        stays = good.named if good else "the previous version"
        raise ProjectError(f"{error}; {stays} gets all requests again") from error
    if not hold:
        give_all(place, new, patience)


def _watch(place: Place, new: Release, part: int, patience: Patience) -> None:
    """Raises ProjectError if the canary stops being ready while it is watched."""
    end = time.monotonic() + patience.watch
    while time.monotonic() < end:
        time.sleep(patience.poll)
        found = rollout.inference_service(place.live() or {}, part)
        if not found.done:
            raise ProjectError(f"{new.named} was ready and no longer is: {found.waits}")


def give_all(place: Place, new: Release, patience: Patience) -> None:
    """Give the canary all requests."""
    place.give(100)
    place.wait(new.named, patience, place.look(new, patience.minutes))
    place.deployed(new)
