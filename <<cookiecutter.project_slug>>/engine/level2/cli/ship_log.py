"""`ship-log`: copy the prediction log to an object store."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import ProjectError


def ship_log(
    once: Annotated[bool, typer.Option("--once", help="Copy what is there, then exit.")] = False,
) -> None:
    """Copy the service's prediction log to PREDICTION_LOG, until Ctrl-C."""
    from ..prediction_log import shipping
    from ..serving.settings import ServeSettings

    name = ServeSettings().log
    if name is None:
        raise ProjectError("SERVE_LOG is off: there is no prediction log to copy")
    shipping.follow(Path.cwd() / name, once)
