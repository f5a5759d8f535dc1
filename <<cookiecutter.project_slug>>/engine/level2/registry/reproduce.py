"""Train a model version again from its recorded commit and data."""

import math
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

from ..base import dvc, git, s3
from ..base.errors import ProjectError
from ..base.files import digest, read_json
from ..base.yaml_text import inline
from ..workspace import Workspace
from .lineage import FURTHER
from .mlflow_sqlite import Version

TOLERANCE = 1e-6  # relative difference of a metric between two machines


def trained_again(root: Path, version: Version) -> dict[str, float]:
    """Metrics of a version trained again from its commit and data, in a separate folder.

    Raises ProjectError if it cannot be reproduced: changes were not committed, or its data are
    gone.
    """
    commit = version.tags.get("git.commit", "none")
    if commit == "none" or version.tags.get("git.dirty") == "true":
        raise ProjectError(
            f"{version.name} v{version.version} was trained from uncommitted changes of code, "
            "knobs or data: `dvc add` changed data, commit, run again, reproduce that version"
        )
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / "project"
        project = git.add_worktree(root, tree, commit)
        try:
            source = _restore_data(root, project, version)
            metrics = _retrain(
                project, {"data.source": source, **_restore_further(project, version)}
            )
        finally:
            git.remove_worktree(root, tree)
    return dict(metrics["candidate"])


def compare(recorded: dict[str, float], again: dict[str, float]) -> tuple[list[list[str]], float]:
    """Rows of metric, recorded, again and relative difference; and the largest difference.

    Infinity if a metric is not a number, or was not recorded.
    """
    rows, worst = [], 0.0
    for name, value in again.items():
        before = recorded.get(name, math.nan)
        difference = abs(value - before) / max(abs(before), 1e-12)
        worst = max(worst, difference) if difference == difference else math.inf
        rows.append([name, f"{before:,.6g}", f"{value:,.6g}", f"{difference:.1e}"])
    return rows, worst


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
                f"{address} has other content (md5 {found}) than {version.name} "
                f"v{version.version} was trained on: restore it, let the bucket keep versions"
            )
        return str(path.relative_to(tree))
    dvc.share_cache(root, tree)
    _checked_out(tree, address)
    return address


def _checked_out(tree: Path, file: str) -> None:
    """A tracked file of the tree, from the cache or the remote."""
    try:
        dvc.command(tree, "checkout", f"{file}.dvc")
    except ProjectError:
        dvc.command(tree, "pull", f"{file}.dvc")


def _restore_further(tree: Path, version: Version) -> dict[str, str]:
    """Put the further sources of that version into the tree; their paths there by key."""
    found = {}
    for tag, told in version.tags.items():
        if not tag.startswith(FURTHER):
            continue
        address, _, md5 = told.rpartition(" ")
        if "://" in address:
            path = tree / "data" / "raw" / address.rsplit("/", 1)[1]
            s3.download(address, path)
        else:
            path = tree / address
            _checked_out(tree, address)
        if digest(path, "md5") != md5:
            raise ProjectError(
                f"{address} has other content than {version.name} v{version.version} was trained "
                "on: restore it"
            )
        found[f"{tag}.path"] = str(path.relative_to(tree))
    return found


def _code(tree: Path) -> tuple[str, Path]:
    """The package that runs a commit's commands, and the folder that contains it.

    Before the engine was a separate package, all code was in the project's package in src/.
    """
    if (tree / "engine").is_dir():
        return __name__.partition(".")[0], tree / "engine"
    for main in (tree / "src").glob("*/__main__.py"):
        return main.parent.name, tree / "src"
    if wheel := _wheel(tree):
        here = next((item.version for item in metadata.distributions(name="level2")), "none")
        if wheel != here:
            raise ProjectError(
                f"its commit ran on level2 {wheel}, installed here is {here}: "
                "install that version to reproduce it"
            )
        return "level2", tree / "src"
    raise ProjectError("its commit holds neither engine/ nor a package in src/ that could train it")


def _wheel(tree: Path) -> str | None:
    """The engine's version in a commit's lock, if it used a wheel."""
    lock = tree / "requirements" / "train.txt"
    text = lock.read_text(encoding="utf-8") if lock.is_file() else ""
    found = re.search(r"^level2==([^\s;\\]+)", text, re.MULTILINE)
    return found[1] if found else None


def _retrain(tree: Path, knobs: Mapping[str, str]) -> dict[str, Any]:
    """Run the experimental steps of that commit in a separate process and store.

    `knobs` say where its tables are.
    """
    package, folder = _code(tree)
    environment = {
        **os.environ,
        "PYTHONPATH": str(folder),
        "MLFLOW_TRACKING_URI": "sqlite:///mlflow.db",  # below that folder
    }
    command = [sys.executable, "-m", package, "experiment", "--name", "reproduced"]
    for knob, value in knobs.items():
        command += ["--set", f"{knob}={inline(value)}"]
    done = subprocess.run(
        command, cwd=tree, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip().splitlines() or ["it printed nothing"]
        raise ProjectError(f"training at that commit failed: {said[-1].strip()}")
    return dict(read_json(Workspace.at(tree, "reproduced").metrics))
