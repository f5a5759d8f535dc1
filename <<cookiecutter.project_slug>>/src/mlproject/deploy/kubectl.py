"""kubectl: build an overlay, apply it to the cluster of an environment, read what came of it."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from ..errors import ProjectError

Object = dict[str, Any]
MANAGER = "deploy"
SECONDS = 60  # for one word with the API


def build(overlay: Path) -> list[Object]:
    """The objects of an overlay, without a cluster. Raises ProjectError."""
    if not (overlay / "kustomization.yaml").is_file():
        raise ProjectError(f"{overlay}/kustomization.yaml is missing: there is nothing to deploy")
    text = _run("kustomize", str(overlay), what=f"{overlay} cannot be built")
    return [item for item in yaml.safe_load_all(text) if item]


class Cluster:
    """The cluster of one context of the kubeconfig, never of the current one."""

    def __init__(self, context: str, namespace: str, setting: str) -> None:
        known = _run("config", "get-contexts", "-o", "name", what="no kubeconfig").split()
        if context not in known:
            others = f"set {setting} to one of {', '.join(known)}" if known else "it has none"
            raise ProjectError(f"the kubeconfig has no context `{context}`: {others}")
        self.context, self.namespace = context, namespace

    def get(self, kind: str, name: str) -> Object | None:
        """A live object, None where there is none of that name."""
        found = self._ask("get", kind, name, "--ignore-not-found", "-o", "json")
        return json.loads(found) if found.strip() else None

    def apply(self, objects: list[Object]) -> None:
        """Make the objects so, the namespace only where it is missing."""
        spaces = [item for item in objects if item["kind"] == "Namespace"]
        for item in spaces:
            if not self._exists(item["metadata"]["name"]):
                self._apply([item])
        self._apply([item for item in objects if item not in spaces])

    def patch(self, kind: str, name: str, change: Object) -> None:
        """Change a few fields of a live object."""
        words = ("--type", "merge", "--field-manager", MANAGER, "-p", json.dumps(change))
        self._ask("patch", kind, name, *words)

    def _exists(self, space: str) -> bool:
        """Whether a namespace is there; who may not look is told so when it is not."""
        try:
            return bool(self._ask("get", "namespace", space, "--ignore-not-found", "-o", "name"))
        except ProjectError as error:
            if "forbidden" in str(error).lower():
                return True
            raise

    def _apply(self, objects: list[Object]) -> None:
        # forced: what someone changed by hand goes back to what the overlay says
        words = ("apply", "--server-side", "--force-conflicts", "--field-manager", MANAGER)
        self._ask(*words, "-f", "-", text=yaml.safe_dump_all(objects))

    def _ask(self, *words: str, text: str = "") -> str:
        where = ("--context", self.context, "--namespace", self.namespace)
        limit = f"--request-timeout={SECONDS}s"
        return _run(*where, limit, *words, text=text, what=f"{self.context}: {words[0]} failed")


def _run(*words: str, what: str, text: str = "") -> str:
    """What kubectl prints. Raises ProjectError with its last sentence."""
    program = shutil.which("kubectl")
    if program is None:
        raise ProjectError("kubectl is not installed: it is what deploys")
    try:
        done = subprocess.run(
            [program, *words],
            input=text,
            capture_output=True,
            text=True,
            timeout=2 * SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ProjectError(f"{what}: no answer in {2 * SECONDS} s") from None
    if done.returncode:
        said = [line.strip() for line in done.stderr.splitlines() if line.strip()]
        raise ProjectError(f"{what}: {_plain(said[-1])[:400] if said else 'kubectl says nothing'}")
    return done.stdout


def _plain(said: str) -> str:
    """Say what kubectl says; what a cluster without KServe says about it in words that help."""
    if "have a resource type" in said and "InferenceService" in said:
        return (
            "this cluster has no KServe: write ../../plain instead of ../../kserve in the "
            "kustomization.yaml of the overlay"
        )
    return said.removeprefix("error: ").removeprefix("Error from server ")
