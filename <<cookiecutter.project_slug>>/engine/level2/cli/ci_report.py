"""`ci-report`: a workflow's report on a pull request."""

from pathlib import Path
from typing import Annotated

import typer


def ci_report(
    base: Annotated[str, typer.Option(help="Revision to compare with.")] = "HEAD^1",
) -> None:
    """Write a pull request's report and verdict into reports/pull_request."""
    from ..github import ci

    ci.report(Path.cwd(), base)
