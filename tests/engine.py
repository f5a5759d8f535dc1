"""A real Docker engine: build images of a project, run them as a pod does."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

DOCKER = shutil.which("docker", path=f"/usr/bin:{os.environ['PATH']}")
BASE = "python:3.11-slim"
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


def need_engine() -> None:
    """Skip where no engine answers or no base is had."""
    if not DOCKER or subprocess.run([DOCKER, "info"], capture_output=True, check=False).returncode:
        pytest.skip("no Docker engine answers: set DOCKER_HOST")
    base = ["run", "--rm", BASE, "python3", "--version"]
    if subprocess.run([DOCKER, *base], capture_output=True, check=False).returncode:
        pytest.skip(f"the image {BASE} cannot be had: pull or import it")


def build(folder: Path, tag: str, *words: str) -> None:
    given = ["--file", "deploy/Dockerfile", "--build-arg", f"GIT_COMMIT={SHA}", "--tag", tag]
    docker("build", "--quiet", *given, *words, ".", folder=folder)
