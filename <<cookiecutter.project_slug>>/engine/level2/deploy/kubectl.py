"""kubectl: build an overlay, apply it to an environment's cluster, read the result."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import yaml

from ..base.errors import ProjectError
from .rollout import Progress

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
    """The cluster of one context of the kubeconfig, never the current one."""

    def __init__(self, context: str, namespace: str, setting: str) -> None:
        known = _run("config", "get-contexts", "-o", "name", what="no kubeconfig").split()
        if context not in known:
            others = f"set {setting} to one of {', '.join(known)}" if known else "it has none"
            raise ProjectError(f"the kubeconfig has no context `{context}`: {others}")
        self.context, self.namespace = context, namespace
        self._where = ("--context", context, "--namespace", namespace)

    def get(self, kind: str, name: str) -> Object | None:
        """A live object, or None if there is none of that name."""
        found = self._ask("get", kind, name, "--ignore-not-found", "-o", "json")
        return json.loads(found) if found.strip() else None

    def apply(self, objects: list[Object]) -> None:
        """Apply the objects; the namespace only if it is missing."""
        spaces = [item for item in objects if item["kind"] == "Namespace"]
        for item in spaces:
            if not self._exists(item["metadata"]["name"]):
                self._apply([item])
        self._apply([item for item in objects if item not in spaces])

    def patch(self, kind: str, name: str, change: Object) -> None:
        """Change a few fields of a live object."""
        words = ("--type", "merge", "--field-manager", MANAGER, "-p", json.dumps(change))
        self._ask("patch", kind, name, *words)

    def every(self, kind: str) -> list[Object]:
        """The live objects of a kind in the environment's namespace."""
        return list(json.loads(self._ask("get", kind, "-o", "json"))["items"])

    def metrics(self, pod: str, port: int) -> str:
        """What a pod answers under /metrics, through the API server."""
        place = f"/api/v1/namespaces/{self.namespace}/pods/{pod}:{port}/proxy/metrics"
        return self._ask("get", "--raw", place)

    def delete(self, kind: str, name: str) -> None:
        """Delete an object and what it made; nothing if there is none."""
        self._ask("delete", kind, name, "--ignore-not-found", "--wait=false")

    def roll_out(self, deployment: str, minutes: float) -> Progress:
        """Wait until all pods of a Deployment have the newest version and are available.

        Raises ProjectError if the cluster has no such Deployment or refuses to list them.
        """
        # without this right, `rollout status` tries again until its time is over
        self._ask("get", "deployments", "--field-selector", f"metadata.name={deployment}")
        words = ("rollout", "status", f"deployment/{deployment}")
        limit = f"--timeout={60_000 * minutes:.0f}ms"
        what = f"{self.context}: rollout failed"
        done = _call(*self._where, *words, limit, seconds=60 * minutes + SECONDS, what=what)
        if not done.returncode:
            return Progress(True)
        reason = _last(done.stderr)
        if reason.startswith("timed out"):
            return Progress(False, waits=_last(done.stdout).rstrip("."))
        return Progress(False, failed=reason)

    def _exists(self, space: str) -> bool:
        """Whether a namespace exists; assumed if the right to look is missing."""
        try:
            return bool(self._ask("get", "namespace", space, "--ignore-not-found", "-o", "name"))
        except ProjectError as error:
            if "forbidden" in str(error).lower():
                return True
            raise

    def _apply(self, objects: list[Object]) -> None:
        # forced: what someone changed by hand goes back to what the overlay says
        words = ("apply", "--server-side", "--force-conflicts", "--field-manager", MANAGER)
        # as JSON: kubectl takes a plain 1e3 or 08 for a number, and PyYAML writes the text so
        self._ask(*words, "-f", "-", text="\n".join(map(json.dumps, objects)))

    def _ask(self, *words: str, text: str = "") -> str:
        where, failed = self._where, f"{self.context}: {words[0]} failed"
        return _run(*where, f"--request-timeout={SECONDS}s", *words, text=text, what=failed)


def _run(*words: str, what: str, text: str = "") -> str:
    """Output of kubectl. Raises ProjectError with its last sentence."""
    done = _call(*words, what=what, text=text)
    if done.returncode:
        raise ProjectError(f"{what}: {_last(done.stderr) or 'kubectl says nothing'}")
    return done.stdout


def _call(
    *words: str, what: str, text: str = "", seconds: float = 2 * SECONDS
) -> subprocess.CompletedProcess[str]:
    """Run kubectl. Raises ProjectError if it is missing or takes too long."""
    program = shutil.which("kubectl")
    if program is None:
        raise ProjectError("kubectl is not installed: install it to deploy")
    try:
        return subprocess.run(
            [program, *words],
            input=text,
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ProjectError(f"{what}: no answer in {seconds:g} s") from None


def _last(said: str) -> str:
    """The last line kubectl printed, or empty."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return _plain(lines[-1])[:400] if lines else ""


def _plain(said: str) -> str:
    """Return what kubectl says, but explain a cluster without KServe."""
    if "have a resource type" in said and "InferenceService" in said:
        return (
            "this cluster has no KServe: write ../../plain instead of ../../kserve in the "
            "kustomization.yaml of the overlay"
        )
    return said.removeprefix("error: ").removeprefix("Error from server ")
