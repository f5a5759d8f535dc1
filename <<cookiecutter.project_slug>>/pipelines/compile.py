"""Compile the pipeline for one image, named by digest: byte-identical every time."""

from pathlib import Path

from kfp import compiler

from level2.base.files import atomic
from level2.kubeflow import pipeline
from level2.params.config import load_params

from .cluster_tasks import Pods
from .training import build

TUNER = "katib"  # that of `submit` too: the YAML is only used where a cluster is


def write(root: Path, image: str, output: Path) -> None:
    """Write the pipeline's YAML and print so. Raises ProjectError for an image without a digest."""
    pipeline.say_compiled(output, compiled(root, image, output), image)


def compiled(root: Path, image: str, output: Path) -> str:
    """Write the pipeline's YAML. Returns the pipeline's name."""
    pipeline.check_target(image, output)
    name = load_params(root / "params.yaml").data.name
    pods = Pods(image, pipeline.commit(root))
    with atomic(output) as temporary:
        compiler.Compiler().compile(build(name, image, pods, TUNER), str(temporary))
    return name
