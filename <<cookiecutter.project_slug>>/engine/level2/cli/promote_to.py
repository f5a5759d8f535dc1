"""`promote-to`: make staging's champion that of production."""

from pathlib import Path
from typing import Annotated

import typer

from ..base.errors import ProjectError


def promote_to(
    environment: Annotated[str, typer.Argument(help="production.")],
    version: Annotated[str, typer.Option(help="Version number; staging's champion.")] = "",
    record: Annotated[
        Path | None, typer.Option(help="Hand-over record that staging was deployed from.")
    ] = None,
    by: Annotated[str, typer.Option(help="Who approved it.")] = "",
) -> None:
    """Make staging's champion that of production: only production's alias moves."""
    from ..base.console import Screen
    from ..base.files import read_json, write_json
    from ..params.config import load_params
    from ..project import Context
    from ..registry import environments, promotion
    from ..workspace import Workspace

    if environment != environments.PRODUCTION:
        raise ProjectError(
            f"`{environment}` is not promoted to: the gate of `make pipeline` promotes on "
            "staging, and this command brings that champion to production"
        )
    root = Path.cwd()
    if record is not None and not (root / record).is_file():
        raise ProjectError(f"{record} is missing: `make bundle RECORD={record}` writes it")
    context = Context(load_params(root / "params.yaml"), Workspace.at(root))
    handed = read_json(root / record) if record is not None else None
    line, done = promotion.promote(context, version, handed, by)
    write_json(context.workspace.promotion, done)
    screen = Screen(0)
    screen.say(f" promoted  {environment} · {line}", "green")
    screen.say(f" record    {context.workspace.promotion.relative_to(root)}")
