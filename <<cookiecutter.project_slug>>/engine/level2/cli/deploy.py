"""`deploy`: deploy a promoted model to an environment's cluster."""

from pathlib import Path
from typing import Annotated

import typer


def deploy(
    environment: Annotated[str, typer.Argument(help="staging or production.")],
    image: Annotated[str, typer.Option(help="Serving image: repository@sha256:digest.")] = "",
    record: Annotated[Path, typer.Option(help="Hand-over record of the pipeline.")] = Path(
        "artifacts/hand_over.json"
    ),
    canary: Annotated[
        int | None, typer.Option(min=1, max=99, help="Percent of the requests for the canary.")
    ] = None,
    hold: Annotated[bool, typer.Option("--hold", help="Stop at the canary.")] = False,
    minutes: Annotated[float, typer.Option(min=0, help="Minutes to wait for pods.")] = 10,
    watch: Annotated[float, typer.Option(min=0, help="Seconds to watch a canary.")] = 60,
) -> None:
    """Deploy the handed-over model to an environment's cluster, and wait until it serves."""
    from ..deploy import deployment
    from ..deploy.environment import Patience

    patience = Patience(minutes, watch)
    deployment.deploy(Path.cwd(), environment, image, record, canary, hold, patience)
