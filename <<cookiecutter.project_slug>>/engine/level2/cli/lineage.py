"""`lineage`: show how a model version was made."""

from pathlib import Path

from ._options import Version


def lineage(version: Version = "champion") -> None:
    """Show data, features, run, environment and commit of a model version."""
    from ..base.console import Screen
    from ..model import wording
    from ..params.config import load_params
    from ..project import Context
    from ..registry import environments
    from ..registry.champion import version_named
    from ..workspace import Workspace

    root = Path.cwd()
    context = Context(load_params(root / "params.yaml"), Workspace.at(root))
    found, metrics = version_named(context, version)
    tags, screen = found.tags, Screen(0)
    dirty = " with uncommitted changes" if tags.get("git.dirty") == "true" else ""
    shown = (
        f"{key} {wording.metric(key, value)}" for key, value in metrics.items() if "." not in key
    )
    for name, value in (
        ("model", f"{found.name} v{found.version} ({tags.get('decision', 'undecided')})"),
        ("data", f"{tags.get('data.source')} md5 {tags.get('data.hash')}"),
        ("features", str(tags.get("feature.service"))),
        ("run", found.run_id),
        ("metrics", " · ".join(shown)),
        ("environment", f"requirements/train.txt sha256 {tags.get('lock.hash')}"),
        ("commit", f"{tags.get('git.commit')}{dirty}"),
        ("model file", f"model.onnx sha256 {tags.get('sha256')}"),
    ):
        screen.said_of(name, value, indent=12)
    if state := tags.get(environments.STATE):
        by, at = tags.get(environments.APPROVED_BY), tags.get(environments.APPROVED_AT)
        screen.said_of("production", f"{state} · approved by {by} · {at}", indent=12)
