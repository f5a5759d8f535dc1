"""What is deployed: the objects of an overlay, filled in with the handed-over release."""

import copy
import json
from dataclasses import asdict, dataclass
from typing import Any

from ..base.errors import ProjectError
from ..base.images import check_by_digest

Object = dict[str, Any]
RELEASE, BEFORE = "handed-over", "handed-over-before"  # annotations that a rollback reads
_PODS = {"Deployment": ("spec", "template", "spec"), "InferenceService": ("spec", "predictor")}


@dataclass(frozen=True)
class Release:
    """A model version and the images that serve it."""

    model: str
    version: str
    sha256: str  # of its ONNX file
    image: str  # that serves
    source: str = ""  # the pipeline's: takes the model out of MLflow, or copies the prediction log

    @property
    def named(self) -> str:
        """Name and version for messages."""
        return f"{self.model} v{self.version}"

    @classmethod
    def read(cls, text: str) -> "Release | None":
        """The release in an annotation, or None."""
        try:
            return cls(**json.loads(text))
        except (ValueError, TypeError):
            return None


def release(record: Object, image: str, objects: list[Object]) -> Release:
    """The release in a hand-over record. Raises ProjectError for an image without a digest."""
    pod = _pod(workload(objects))
    fetched, beside = bool(pod.get("initContainers")), bool(pod["containers"][1:])
    handed = record.get("image") or ""
    if not fetched and not image:
        raise ProjectError(
            "the overlay serves a model that is part of the image: name that image with IMAGE=, "
            "or add the component from-mlflow to the overlay"
        )
    if (fetched or beside) and not handed:
        raise ProjectError(
            "the hand-over record names no image, and the component "
            f"{'from-mlflow' if fetched else 'shared-log'} needs the pipeline's: run the pipeline "
            "with an image, or "
            f"{'deploy one that holds the model' if fetched else 'remove the component'}"
        )
    used = image or handed
    for name in filter(None, (used, handed if fetched or beside else "")):
        check_by_digest(name)
    return Release(
        record["registered_model"],
        str(record["version"]),
        record["sha256"],
        used,
        handed if fetched or beside else "",
    )


def workload(objects: list[Object]) -> Object:
    """The object whose pods serve. Raises ProjectError unless there is exactly one."""
    found = [item for item in objects if item["kind"] in _PODS]
    if len(found) != 1:
        raise ProjectError(
            f"the overlay holds {len(found)} Deployments and InferenceServices: it needs one"
        )
    return found[0]


def filled(objects: list[Object], new: Release, before: Release | None) -> list[Object]:
    """The objects with images, digest and annotations of a release."""
    made = copy.deepcopy(objects)
    serving = workload(made)
    notes = serving["metadata"].setdefault("annotations", {})
    notes[RELEASE] = json.dumps(asdict(new), sort_keys=True)
    if before is not None:
        notes[BEFORE] = json.dumps(asdict(before), sort_keys=True)
    pod = _pod(serving)
    service = pod["containers"][0]
    service["image"] = new.image
    _set(service, "SERVE_SHA256", new.sha256)
    for first in pod.get("initContainers", []):
        if not new.source:
            raise ProjectError(
                f"{new.named} has its model in the image, and the overlay takes models out of "
                "MLflow: remove the component from-mlflow"
            )
        first["image"] = new.source
        _set(first, "MODEL_VERSION", new.version)
    for beside in pod["containers"][1:]:
        if not new.source:
            raise ProjectError(
                f"{new.named} was deployed without the pipeline's image, and the overlay copies "
                "the prediction log: remove the component shared-log"
            )
        beside["image"] = new.source
    return made


def set_share(objects: list[Object], percent: int) -> None:
    """Let a new InferenceService start with a share of the requests."""
    workload(objects)["spec"]["predictor"]["canaryTrafficPercent"] = percent


def known(live: Object | None) -> tuple[Release | None, Release | None]:
    """The release of a live object and the one before it."""
    notes = (live or {}).get("metadata", {}).get("annotations") or {}
    return Release.read(notes.get(RELEASE, "")), Release.read(notes.get(BEFORE, ""))


def share(live: Object | None) -> int:
    """Percent of the requests that an InferenceService requests for its newest version."""
    asked = ((live or {}).get("spec", {}).get("predictor") or {}).get("canaryTrafficPercent")
    return 100 if asked is None else int(asked)


def _pod(serving: Object) -> Object:
    found = serving
    for key in _PODS[serving["kind"]]:
        found = found[key]
    return found


def _set(container: Object, name: str, value: str) -> None:
    """Set a variable; before the others, so that they can refer to it."""
    others = [item for item in container.get("env", []) if item["name"] != name]
    container["env"] = [{"name": name, "value": value}, *others]
