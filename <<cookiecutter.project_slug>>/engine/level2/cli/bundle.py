"""`bundle`: write a model version as a self-contained folder."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import ProjectError


def bundle(
    output: Annotated[Path, typer.Option(help="Folder to write.")] = Path("artifacts/bundle"),
    version: Annotated[str, typer.Option(help="Version number, or `champion`.")] = "champion",
    record: Annotated[
        Path | None, typer.Option(help="Also write the hand-over record for `deploy` here.")
    ] = None,
    image: Annotated[
        str, typer.Option(help="Image of the pipeline, written into the record.")
    ] = "",
) -> None:
    """Write a model version as a folder that serves without MLflow, for an image."""
    from ..base.console import Screen
    from ..batch import bundle as step
    from ..params.config import load_params
    from ..project import Context
    from ..workspace import Workspace

    if image and record is None:
        raise ProjectError("--image is written into the record: name its file with --record")
    root = Path.cwd()
    context = Context(load_params(root / "params.yaml"), Workspace.at(root))
    Screen(0).say(f" bundle    {step.run(context, output, version, record, image)}")
