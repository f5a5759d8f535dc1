"""Run the pipeline on this machine: KFP's own runner, each task a process, no network."""

from pathlib import Path

from kfp import local

from mlproject import cluster_tuning, production
from mlproject.config import Settings

from .pods import Pods
from .training import build


def run(root: Path, trigger: str, tuner: str, source: str, overrides: tuple[str, ...]) -> None:
    """Run every task; artifacts and report end where `make run` leaves them."""
    production.check_tuner(tuner)
    if tuner == "katib":
        cluster_tuning.check_settings(Settings())
    with production.here(root, trigger, source, overrides) as (name, folder):
        local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(folder))
        build(name, "", Pods("python", commit="", retries=0))(
            trigger=trigger, tuner=tuner, source=source, overrides=list(overrides)
        )
