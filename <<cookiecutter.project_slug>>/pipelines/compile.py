"""Compile the pipeline for one image, named by its digest: the same bytes every time."""

from pathlib import Path

from kfp import compiler

from mlproject import production
from mlproject.adapters.files import atomic
from mlproject.config import load_params

from .pods import Pods
from .training import build

RETRIES = 2


def write(root: Path, image: str, output: Path) -> None:
    """Write the pipeline's YAML. Raises ProjectError for an image without a digest."""
    production.check_image(image)
    params = load_params(root / "params.yaml")
    with atomic(output) as temporary:
        compiler.Compiler().compile(
            build(params.data.name, image, Pods(image, RETRIES)), str(temporary)
        )
    production.say_compiled(output, params.data.name, image)
