"""A real Docker engine: build images of a project, run them as a pod does."""

import os
import subprocess
from pathlib import Path

from own_engine import DOCKER

SHA = "0123456789abcdef0123456789abcdef01234567"
# as a pod runs: the image's own user, a root that cannot be written, no rights, no network
BOUNDS = ("--read-only", "--tmpfs=/tmp", "--cap-drop", "ALL", "--network", "none")


def docker(*words: str, ok: bool = True, folder: Path | None = None) -> str:
    environment = {**os.environ, "DOCKER_BUILDKIT": "1"}
    done = subprocess.run(
        [str(DOCKER), *words],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode == 0) is ok, done.stdout + done.stderr
    return done.stdout


def build(folder: Path, tag: str, *words: str) -> None:
    given = ["--file", "deploy/Dockerfile", "--build-arg", f"GIT_COMMIT={SHA}", "--tag", tag]
    docker("build", "--quiet", *given, *words, ".", folder=folder)


# a verb writes where it may, with the locked packages; says how much it has written
STEP = """
import json, level2.kubeflow.task, kfp, pathlib, shutil, subprocess, sys
verb = [sys.executable, "-m", "level2"]
made = pathlib.Path("/tmp/project")
raw = made / "data/raw/load.csv"
subprocess.run([*verb, "sample", "--output", raw], check=True, stdout=sys.stderr)
shutil.copy("/app/params.yaml", made)
shutil.copytree("/app/feature_repo", made / "feature_repo")
subprocess.run([*verb, "ingest"], check=True, cwd=made, stdout=sys.stderr)
print((made / "data/ingested.parquet").stat().st_size)
"""
