"""Run the pipeline on this machine: KFP's own runner, each task a process, no network."""

import shlex
import sys
from pathlib import Path
from unittest.mock import patch

from kfp import local

from level2.kubeflow import pipeline as production
from level2.kubeflow.katib import search
from level2.params.config import Settings

from .cluster_tasks import Pods
from .training import build


def run(root: Path, trigger: str, tuner: str, source: str, overrides: tuple[str, ...]) -> None:
    """Run every task; artifacts and report end up where `make run` writes them."""
    production.check_tuner(tuner)
    if tuner == "katib":
        search.check_settings(Settings())
    with production.here(root, trigger, source, overrides) as (name, folder):
        local.init(local.SubprocessRunner(use_venv=False), pipeline_root=str(folder))
        # no container runs here: the image is that of Katib's trials alone
        image = Settings().trial_image or "python"
        # each would hold the training set: one after another where they compute here
        pods = Pods(image, commit="", retries=0, branches=1 if tuner == "optuna" else None)
        pipeline = build(name, "", pods, default_tuner=tuner)
        # KFP writes the path of Python into a shell's script as it is
        with patch.object(sys, "executable", shlex.quote(sys.executable)):
            pipeline(trigger=trigger, tuner=tuner, source=source, overrides=list(overrides))
