"""`ci-outcome`: report how a workflow's pipeline run ended."""

from pathlib import Path
from typing import Annotated, Literal

import typer


def ci_outcome(
    trigger: Annotated[str, typer.Option(help="What started the run.")] = "manual",
    on: Annotated[
        Literal["machine", "cluster"],
        typer.Option(help="Where it ran: the registry knows of both."),
    ] = "machine",
) -> None:
    """Show how the last run of the pipeline ended, on this machine or on a cluster."""
    from ..github import ci

    (ci.outcome_on_cluster if on == "cluster" else ci.outcome)(Path.cwd(), trigger)
