"""The pipeline on a cluster: compiled for an image, then submitted."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from level2.kubeflow import submit as submission
from level2.kubeflow.schedule import kfp_cron
from level2.params.config import load_params

from . import compile as compiler


def submit(root: Path, image: str, given: submission.Arguments, minutes: float) -> None:
    """Start a run of the pipeline and follow it."""
    with _package(root, image) as (name, package):
        submission.submit(root, package, name, given, minutes)


def follow(root: Path, run: str, minutes: float) -> None:
    """Follow a run that was started before."""
    submission.follow_again(load_params(root / "params.yaml").data.name, run, minutes)


def schedule(root: Path, cron: str, image: str, given: submission.Arguments) -> None:
    """Repeat the pipeline by a cron line; `off` ends that."""
    if cron == "off":
        submission.unschedule(load_params(root / "params.yaml").data.name)
        return
    kfp_cron(cron)  # refused before anything is compiled
    with _package(root, image) as (name, package):
        submission.schedule(root, package, name, cron, given)


@contextmanager
def _package(root: Path, image: str) -> Iterator[tuple[str, Path]]:
    """The pipeline's name and its YAML for an image, in a temporary file."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "pipeline.yaml"
        yield compiler.compiled(root, image, package), package
