"""What the tasks of the pipeline on this machine are given; kubeflow/test_pipeline.py runs it."""

from contextlib import contextmanager
from pathlib import Path

import pytest

from pipelines import local


class Built(Exception):  # noqa: N818  no error
    """The graph has been asked for."""


@pytest.fixture
def built(monkeypatch):
    """A function that returns the image that the tasks hand on to Katib's trials."""

    def build(_name, _version, pods, default_tuner):  # noqa: ARG001  by its name
        raise Built(pods.image)

    @contextmanager
    def here(*_):
        yield "load", Path("nowhere")

    monkeypatch.setattr(local, "build", build)
    monkeypatch.setattr(local.production, "here", here)
    monkeypatch.setattr(local.local, "init", lambda *_, **__: None)

    def image(tuner):
        with pytest.raises(Built) as built:
            local.run(Path(), "manual", tuner, "", ())
        return str(built.value)

    return image


def test_katibs_trials_get_the_image_that_was_named(built, monkeypatch):
    """A pod of `python` ran nothing of the project (seen on a real Katib 0.19.0)."""
    monkeypatch.setenv("TRIAL_IMAGE", "registry.example/team/load@sha256:" + "a" * 64)
    monkeypatch.setenv("DATASET_URI", "s3://load/trials")
    assert built("katib") == "registry.example/team/load@sha256:" + "a" * 64


def test_without_katib_no_image_is_needed(built, monkeypatch):
    monkeypatch.delenv("TRIAL_IMAGE", raising=False)
    assert built("optuna") == "python"
