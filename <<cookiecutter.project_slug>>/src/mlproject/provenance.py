"""Where a model version comes from, and making it again from that."""

import math
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from . import champions
from .adapters import dvc, git, s3
from .adapters.files import digest, read_json
from .adapters.mlflow_sqlite import Version
from .config import load_params
from .console import Screen
from .core.report import wording
from .core.yaml_text import inline
from .errors import ProjectError
from .workspace import Context, Workspace

TOLERANCE = 1e-6  # relative difference of a metric between two machines


def show(root: Path, number: str) -> None:
    """Print data -> features -> run -> environment -> commit of a version."""
    version, metrics = _find(root, number)
    tags, screen = version.tags, Screen(0)
    dirty = " with uncommitted changes" if tags.get("git.dirty") == "true" else ""
    rows = [
        ["model", f"{version.name} v{version.version} ({tags.get('decision', 'undecided')})"],
        ["data", f"{tags.get('data.source')} md5 {tags.get('data.hash')}"],
        ["features", str(tags.get("feature.service"))],
        ["run", version.run_id],
        [
            "metrics",
            " · ".join(
                f"{key} {wording.metric(key, value)}"
                for key, value in metrics.items()
                if "." not in key
            ),
        ],
        ["environment", f"requirements/train.txt sha256 {tags.get('lock.hash')}"],
        ["commit", f"{tags.get('git.commit')}{dirty}"],
        ["model file", f"model.onnx sha256 {tags.get('sha256')}"],
    ]
    for name, value in rows:
        screen.said_of(name, value, indent=12)


def reproduce(root: Path, number: str) -> None:
    """Train a version again from its commit and data. Raises ProjectError if metrics differ."""
    version, recorded = _find(root, number)
    commit = version.tags.get("git.commit", "none")
    if commit == "none" or version.tags.get("git.dirty") == "true":
        raise ProjectError(
            f"{version.name} v{version.version} was trained from uncommitted changes of code, "
            "knobs or data: `dvc add` changed data, commit, run again, reproduce that version"
        )
    screen = Screen(0)
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "project"
        project = git.add_worktree(root, tree, commit)
        try:
            metrics = _retrain(project, _restore_data(root, project, version))
        finally:
            git.remove_worktree(root, tree)
    rows, worst = [], 0.0
    for name, value in metrics["candidate"].items():
        before = recorded.get(name, math.nan)
        difference = abs(value - before) / max(abs(before), 1e-12)
        worst = max(worst, difference) if difference == difference else math.inf
        rows.append([name, f"{before:,.6g}", f"{value:,.6g}", f"{difference:.1e}"])
    screen.rows("", ["metric", f"v{version.version}", "again", "difference"], rows)
    if not worst <= TOLERANCE:
        raise ProjectError(
            f"{version.name} v{version.version} is not reproduced: "
            f"a metric differs by {worst:.1e}, at most {TOLERANCE:g} is expected"
        )
    screen.say(f" reproduced {version.name} v{version.version} from commit {commit[:12]}", "green")


def _find(root: Path, number: str) -> tuple[Version, dict[str, float]]:
    context = Context(load_params(root / "params.yaml"), Workspace.at(root))
    store = champions.reader(context)
    name = context.params.data.name
    version = store.champion(name) if number == "champion" else store.version(name, number)
    if version is None:
        if number == "champion":
            raise ProjectError(
                f"{name} has no champion yet: `make run` promotes one, "
                "or reports/report.md says why it was held"
            )
        raise ProjectError(
            f"{name} has no version {number}: `make ui` lists its versions, `make run` makes one"
        )
    return version, store.metrics(version.run_id)


def _restore_data(root: Path, tree: Path, version: Version) -> str:
    """Put the raw table of that version into the tree; return its path there.

    It comes from the project's DVC cache or remote, or from the object store.
    """
    address = version.tags["data.source"]
    if "://" in address:
        path = tree / "data" / "raw" / address.rsplit("/", 1)[1]
        s3.download(address, path, version.tags.get("data.version"))
        if (found := digest(path, "md5")) != version.tags["data.hash"]:
            raise ProjectError(
                f"{address} holds other bytes (md5 {found}) than {version.name} "
                f"v{version.version} was trained on: bring them back, let the bucket keep versions"
            )
        return str(path.relative_to(tree))
    dvc.share_cache(root, tree)
    source = Path(address)
    try:
        dvc.command(tree, "checkout", f"{source}.dvc")
    except ProjectError:
        dvc.command(tree, "pull", f"{source}.dvc")
    return address


def _retrain(tree: Path, source: str) -> dict[str, Any]:
    """Run the experimental steps of that commit in a process and a store of their own."""
    package = __package__ or ""
    environment = {
        **os.environ,
        "PYTHONPATH": str(tree / "src"),
        "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db",  # below that folder
    }
    command = [sys.executable, "-m", package, "experiment", "--name", "reproduced"]
    command += ["--set", f"data.source={inline(source)}"]
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise ProjectError(f"training at that commit failed: {said[-1].strip()}")
    return dict(read_json(Workspace.at(tree, "reproduced").metrics))
