"""`train`: the step alone, or one trial of a tuner."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import ProjectError
from . import steps
from ._options import Experiment, Overrides


def train(
    overrides: Overrides = None,
    experiment: Experiment = None,
    trial: Annotated[
        str | None, typer.Option(help="Family to try: print its metric, write nothing.")
    ] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set-param", help="Parameter of the trial: alpha=0.1")
    ] = None,
    dataset: Annotated[
        str | None, typer.Option(help="Training set of the trial, a path or s3://.")
    ] = None,
    dataset_digest: Annotated[str | None, typer.Option(help="SHA-256 it must have.")] = None,
    params_digest: Annotated[str | None, typer.Option(help="SHA-256 of the knobs.")] = None,
) -> None:
    """Fit the chosen estimator on all rows outside the test set; or run one trial."""
    if trial is None:
        if assignments or dataset or dataset_digest or params_digest:
            raise ProjectError("--set-param, --dataset and the digests need --trial FAMILY")
        steps.in_folder(Path.cwd(), "train", tuple(overrides or ()), experiment)
        return
    from ..kubeflow.katib import trial as one

    expected = one.Expected(dataset, dataset_digest, params_digest)
    one.run(Path.cwd(), trial, assignments or (), expected, tuple(overrides or ()))
