"""Deploy a handed-over model to a cluster, watch it come up, and roll it back."""

from pathlib import Path
from typing import Any

from ..base.errors import ProjectError
from ..base.files import read_json
from . import canary, release, rollout
from .environment import Patience, Place
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
    """Apply the overlay with the handed-over release; with a canary on KServe."""
    if not (root / record).is_file():
        raise ProjectError(
            f"{record} is missing: the pipeline writes it when it promotes, or RECORD= names it"
        )
    place = Place(root, environment)
    new = release.release(read_json(root / record), image, place.objects)
    live = place.live()
    if not place.splits:
        if percent is not None or hold:
            plain = "a plain Deployment" if place.kind == "Deployment" else "its mode Standard"
            raise ProjectError(
                "CANARY= and HOLD= split requests, which needs KServe on Knative: "
                f"{environment} has {plain}"
            )
        _at_once(place, new, live, patience)
    elif canary.waits(live, new) and not hold:
        canary.give_all(place, new, patience)
    elif live is None or (release.known(live)[0] == new and release.share(live) == 100):
        _whole(place, new, live, patience)
    else:
        canary.split(place, new, live, percent, hold, patience)


def rollback(root: Path, environment: str, patience: Patience) -> None:
    """Serve the version before the live one."""
    place = Place(root, environment)
    live = place.live()
    current, before = release.known(live)
    if live is None or current is None:
        raise ProjectError(f"nothing is deployed in {environment} that could be rolled back")
    if place.splits and release.share(live) == 0:
        raise ProjectError(f"{current.named} is already rolled back in {environment}")
    if before is None or (place.splits and not rollout.earlier(live)):
        raise ProjectError(
            f"{environment} has no version before {current.named}: deploy the one you want"
        )
    if place.splits:
        place.give(0)  # the pods of the version before are there still, or come back
        place.wait(before.named, patience, rollout.withdrawn)
    else:
        place.cluster.apply(_alone(place, before, None))
        place.wait(before.named, patience, place.look(before, patience.minutes))
    place.say("rollback", f"{environment} · from {current.named} to {before.named}")


def _at_once(place: Place, new: Release, live: Object | None, patience: Patience) -> None:
    """Update pod by pod; the old pods serve until the new ones do."""
    current, before = release.known(live)
    good = before if current == new else current
    place.cluster.apply(_alone(place, new, good))
    try:
        place.wait(new.named, patience, place.look(new, patience.minutes))
    except ProjectError as error:
        back = f"`make rollback ENV={place.environment}` goes back to"
        raise ProjectError(f"{error}; {back} {good.named}" if good else str(error)) from error
    place.deployed(new)


def _alone(place: Place, new: Release, before: Release | None) -> list[Object]:
    """The objects of a release that shares no requests with another."""
    objects = release.filled(place.objects, new, before)
    if place.kind == "InferenceService":
        release.set_share(objects, 100)
    return objects


def _whole(place: Place, new: Release, live: Object | None, patience: Patience) -> None:
    """All requests at once: the first release, or the live one with another overlay."""
    objects = release.filled(place.objects, new, release.known(live)[1])
    release.set_share(objects, 100)
    place.cluster.apply(objects)
    place.wait(new.named, patience, place.look(new, patience.minutes))
    place.deployed(new)
