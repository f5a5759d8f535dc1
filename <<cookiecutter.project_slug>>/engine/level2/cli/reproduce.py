"""`reproduce`: train a model version again and compare."""

from pathlib import Path

from ..base.errors import ProjectError
from ._options import Version


def reproduce(version: Version = "champion") -> None:
    """Train a version again from its recorded commit and data, and compare."""
    from ..base.console import Screen
    from ..params.config import load_params
    from ..project import Context
    from ..registry.champion import version_named
    from ..registry.reproduce import TOLERANCE, compare, trained_again
    from ..workspace import Workspace

    root, screen = Path.cwd(), Screen(0)
    context = Context(load_params(root / "params.yaml"), Workspace.at(root))
    found, recorded = version_named(context, version)
    name = f"{found.name} v{found.version}"
    rows, worst = compare(recorded, trained_again(root, found))
    screen.rows("", ["metric", f"v{found.version}", "again", "difference"], rows)
    if not worst <= TOLERANCE:
        raise ProjectError(
            f"{name} is not reproduced: "
            f"a metric differs by {worst:.1e}, at most {TOLERANCE:g} is expected"
        )
    screen.say(f" reproduced {name} from commit {found.tags['git.commit'][:12]}", "green")
