"""Commands on the cluster that `make cluster` started: kind, or the node of its own."""

import json
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cluster.node import katib, place, world
from servers import stop

ON = os.environ.get("CLUSTER", "")
MARKS = [pytest.mark.cluster, pytest.mark.skipif(not ON, reason="needs `make cluster`")]
INJECTION = {katib.INJECTION: "enabled"}
TASKS, TRIALS = "load-forecast-staging", "load-forecast-staging-trials"


def command(*words: str, folder: Path | None = None) -> list[str]:
    """Return the command that runs where the cluster answers, in a folder or the present one."""
    return world.inside(*words, folder=folder) if ON == "node" else list(words)


def kubectl(*words: str, text: str | None = None, ok: bool = True) -> str:
    """Run kubectl as the cluster's administrator; return what it prints, or its refusal."""
    at = [] if ON == "node" else ["--context", place.VERSIONS["CONTEXT"]]
    done = subprocess.run(
        command("kubectl", *at, *words),
        input=text,
        env=place.environment() if ON == "node" else None,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is ok, f"kubectl {' '.join(words)}: {done.stdout}{done.stderr}"
    return done.stdout if ok else done.stderr


def get(*words: str) -> dict:
    """Return an object, or a list of them, as the API server has it."""
    return json.loads(kubectl("get", *words, "-o", "json"))


def last_states(text: str, by: str = "name") -> dict[str, dict]:
    """The newest state of every object in what `kubectl get --watch -o json` printed."""
    decoder, position, found = json.JSONDecoder(), 0, {}
    while position < len(text.rstrip()):
        item, position = decoder.raw_decode(text, position)
        for one in item.get("items", [item]):
            found[one["metadata"][by]] = one
        position += len(text[position:]) - len(text[position:].lstrip())
    return found


@contextmanager
def experiments(space: str, file: Path) -> Iterator[dict[str, dict]]:
    """The last state of every Experiment that comes and goes meanwhile, by its uid.

    A tuner removes its own: what they found is only to be seen while they are there.
    """
    words = ["get", "experiments.kubeflow.org", "-n", space, "--watch", "-o", "json"]
    with file.open("w") as out:
        watch = subprocess.Popen(
            command("kubectl", *words),
            env=place.environment(),
            stdout=out,
            start_new_session=True,
        )
    seen: dict[str, dict] = {}
    try:
        yield seen
    finally:
        stop(watch)
        seen |= last_states(file.read_text(), "uid")


@contextmanager
def namespace(name: str) -> Iterator[str]:
    """A namespace for trials that goes with the test."""
    item = {"apiVersion": "v1", "kind": "Namespace"}
    item["metadata"] = {"name": name, "labels": INJECTION}
    kubectl("apply", "-f", "-", text=json.dumps(item))
    yield name
    kubectl("delete", "namespace", name, "--timeout=120s")
