"""`rollback`: return to the previously deployed version."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ..base.errors import ProjectError

if TYPE_CHECKING:
    from ..project import Context


def rollback(
    environment: Annotated[str, typer.Argument(help="staging or production.")],
    minutes: Annotated[float, typer.Option(min=0, help="Minutes to wait for it.")] = 10,
    alone: Annotated[
        bool, typer.Option("--no-cluster", help="Move back only the alias of production.")
    ] = False,
) -> None:
    """Return to the previously deployed version; in production its alias follows."""
    from ..registry import environments, promotion

    root = Path.cwd()
    if alone:
        if environment != environments.PRODUCTION:
            raise ProjectError(
                f"NO_CLUSTER=yes moves an alias back, and {environment} has none that "
                "`make promote` moves: use ENV=production"
            )
        _say(promotion.withdraw(_context(root)))
        return
    from ..deploy import deployment
    from ..deploy.environment import Patience

    left = deployment.rollback(root, environment, Patience(minutes))
    if environment == environments.PRODUCTION and (root / "params.yaml").is_file():
        _alias_follows(_context(root), left.version)


def _alias_follows(context: "Context", version: str) -> None:
    """Move production's alias back, where the registry has one that names the version left."""
    from ..registry import promotion
    from ..registry.champion import reader
    from ..registry.mlflow_sqlite import CHAMPION

    if context.params.ct.production_alias == CHAMPION or not _registry(context):
        return
    try:
        store, name = reader(context), context.params.data.name
        if store.champion(name, context.params.ct.production_alias) is None:
            return  # production was never promoted to
        _say(promotion.withdraw(context, version))
    except ProjectError as error:
        raise ProjectError(f"the cluster is rolled back, but its alias is not: {error}") from error


def _registry(context: "Context") -> bool:
    """Whether there is a registry; asking MLflow for a missing file would create it."""
    uri = context.settings.mlflow_tracking_uri
    name = uri.removeprefix("sqlite:///")
    return name == uri or (context.workspace.root / name).is_file()


def _context(root: Path) -> "Context":
    from ..params.config import load_params
    from ..project import Context
    from ..workspace import Workspace

    return Context(load_params(root / "params.yaml"), Workspace.at(root))


def _say(line: str) -> None:
    from ..base.console import Screen

    Screen(0).say(f" rollback  {line}")
