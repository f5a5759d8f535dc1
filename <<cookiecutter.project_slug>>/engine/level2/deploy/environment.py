"""An environment that models are deployed to: its overlay, cluster and serving object."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..base.console import Screen
from ..base.errors import ProjectError
from ..params.canary import Canary
from ..params.config import Settings, load_params
from . import release, rollout
from .kubectl import Cluster, build
from .release import Release

ENVIRONMENTS = ("staging", "production")
Object = dict[str, Any]
Look = Callable[[Object], rollout.Progress]


@dataclass(frozen=True)
class Patience:
    """How long to wait for pods, and to watch a canary."""

    minutes: float = 10
    watch: float = 60  # seconds
    poll: float = 2  # seconds


class Environment:
    """One environment: its overlay and its serving object."""

    def __init__(self, root: Path, environment: str) -> None:
        if environment not in ENVIRONMENTS:
            raise ProjectError(
                f"`{environment}` is not an environment: use one of {', '.join(ENVIRONMENTS)}"
            )
        self.root, self.environment = root, environment
        self.objects = build(root / "deploy" / "serving" / "overlays" / environment)
        serving = release.workload(self.objects)
        self.kind, self.name = serving["kind"], serving["metadata"]["name"]
        self._written = serving
        context = getattr(Settings(), f"kube_context_{environment}")
        space = serving["metadata"].get("namespace", "default")
        self.cluster = Cluster(context, space, f"KUBE_CONTEXT_{environment.upper()}")
        self.screen = Screen(0)

    @cached_property
    def limits(self) -> Canary:
        """Section `canary` of params.yaml; its defaults where there is no such file."""
        file = self.root / "params.yaml"
        return load_params(file).canary if file.is_file() else Canary()

    @cached_property
    def splits(self) -> bool:
        """Whether a new version can start with a share of the requests: with KServe on Knative."""
        if self.kind != "InferenceService" or rollout.standard(self._written):
            return False
        return not rollout.standard(self.live())  # where the cluster's default decides

    def look(self, new: Release, minutes: float, percent: int = 100, old: str = "") -> Look:
        """The progress of a release's rollout; `old` is the previous revision.

        For a Deployment it waits, at most that many minutes.
        """

        def see(live: Object) -> rollout.Progress:
            if self.kind == "Deployment":
                return self.cluster.roll_out(self.name, minutes)
            if rollout.standard(live):
                return self._standard(live, new.image, minutes)
            return rollout.inference_service(live, percent, old)

        return see

    def _standard(self, live: Object, image: str, minutes: float) -> rollout.Progress:
        """Whether KServe has applied the change, its Deployment has rolled out, and it is Ready."""
        name = f"{self.name}-predictor"
        found = rollout.begun(live, self.cluster.get("Deployment", name), image)
        if found.done:
            found = self.cluster.roll_out(name, minutes)
        return rollout.ready(live) if found.done else found

    def live(self) -> Object | None:
        """The object as it is on the cluster."""
        return self.cluster.get(self.kind, self.name)

    def deployed(self, new: Release) -> None:
        """Print that a release serves."""
        self.say(
            "deployed", f"{new.named} · {self.environment} · {new.image.rpartition('@')[2][:19]}…"
        )

    def give(self, percent: int) -> None:
        """Give the newest version of an InferenceService a share of the requests."""
        change = {"spec": {"predictor": {"canaryTrafficPercent": percent}}}
        self.cluster.patch(self.kind, self.name, change)

    def say(self, verb: str, text: str) -> None:
        """Print one line about what was done."""
        self.screen.say(f" {verb:<9} {text}")

    def wait(self, what: str, patience: Patience, look: Look) -> None:
        """Wait until it is done. Raises ProjectError with what it waits for, or why it failed."""
        end = time.monotonic() + 60 * patience.minutes
        while True:
            live = self.live()
            if live is None:
                raise ProjectError(f"{self.kind} {self.name} is gone from {self.environment}")
            found = look(live)
            if found.done:
                return
            if found.failed:
                raise ProjectError(f"{what} did not come up in {self.environment}: {found.failed}")
            if time.monotonic() > end:
                raise ProjectError(
                    f"{what} did not come up in {self.environment} within "
                    f"{patience.minutes:g} minutes: {found.waits}"
                )
            time.sleep(patience.poll)
