"""The production pipeline compiles, runs the steps of the engine's graph, and pins its image."""

import shutil

import pytest
import yaml
from conftest import ROOT

from level2.base.errors import ProjectError
from level2.training.graph import STEPS

from pipelines import compile as compiler

IMAGE = f"registry.example/team/project@sha256:{'0' * 64}"


@pytest.fixture(scope="module")
def compiled(tmp_path_factory):
    folder = tmp_path_factory.mktemp("compiled")
    shutil.copy(ROOT / "params.yaml", folder)
    compiler.write(folder, IMAGE, folder / "pipeline.yaml")
    return (folder / "pipeline.yaml").read_text(encoding="utf-8")


def test_every_step_is_a_task(compiled):
    pipeline = next(iter(yaml.safe_load_all(compiled)))
    names = {step.name for step in STEPS} - {"tune"} | {"tune_family", "select"}  # its two tasks
    assert {f"comp-{name.replace('_', '-')}" for name in names} <= set(pipeline["components"])


def test_every_task_runs_the_pinned_image(compiled):
    pipeline = next(iter(yaml.safe_load_all(compiled)))
    executors = pipeline["deploymentSpec"]["executors"].values()
    assert {item["container"]["image"] for item in executors} == {IMAGE}


def test_an_image_without_a_digest_is_refused(tmp_path):
    shutil.copy(ROOT / "params.yaml", tmp_path)
    with pytest.raises(ProjectError, match="sha256"):
        compiler.write(tmp_path, "registry.example/team/project:latest", tmp_path / "p.yaml")
    assert not (tmp_path / "p.yaml").exists()
