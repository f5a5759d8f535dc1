"""`ci-drift`: `monitor` and `decide` in a workflow, for the jobs that act."""

from pathlib import Path
from typing import Annotated

import typer

from . import decide, monitor


def ci_drift(
    source: Annotated[str, typer.Option(help="data, log, or auto.")] = "data",
    only_tell: Annotated[
        bool, typer.Option("--only-tell", help="No job acts on it: people are told.")
    ] = False,
) -> None:
    """Monitor the champion and decide, for the jobs that act."""
    from ..base.console import Screen
    from ..github import ci
    from ..params.config import Settings, load_params
    from ..project import Context
    from ..registry import tracking
    from ..workspace import Workspace

    root = Path.cwd()
    workspace, params = Workspace.at(root), load_params(root / "params.yaml")
    if tracking.registry(Context(params, workspace)).champion(params.data.name) is None:
        Screen(0).say(" monitor   no champion to compare with")
        ci.tell(Settings(), "drift=false\n", "### Monitor: no champion to compare with\n")
        return
    monitor.in_folder(root, source)
    decide.in_folder(root, apply=False, elsewhere=not only_tell, tells=True)
    ci.tell_drift(workspace)
