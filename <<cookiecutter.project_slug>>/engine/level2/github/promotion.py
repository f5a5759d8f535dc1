"""The evidence that reviewers of production decide on: staging's champion beside production's."""

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

from ..base.console import Screen
from ..base.files import read_json, write_json
from ..model import wording
from ..params.config import load_params
from ..project import Context
from ..registry.champion import reader
from ..registry.hand_over import handed_over
from ..registry.mlflow_sqlite import CHAMPION, Version
from ..registry.promotion import waits
from ..workspace import Workspace
from .ci import tell

if TYPE_CHECKING:
    from ..registry.champion import Reader


def evidence(root: Path, image: str) -> None:
    """Show what waits for production, and pass it on to later jobs of the workflow.

    Outputs: `record`, the hand-over record in one line; `waiting`, whether production neither has
    that version nor rolled it back; `retrain`, what ct.retrain says. A record that is there
    already, of what staging serves, is passed on.
    """
    context = Context(load_params(root / "params.yaml"), Workspace.at(root))
    name, rules, screen = context.params.data.name, context.params.ct, Screen(0)
    store = reader(context)
    staging, now = store.champion(name, CHAMPION), store.champion(name, rules.production_alias)
    retrain = f"retrain={str(rules.retrain).lower()}\n"
    if staging is None:
        why = f"{name} has no champion in this registry: set MLFLOW_TRACKING_URI to staging's"
        screen.say(f"::notice::{why}")
        tell(context.settings, f"{retrain}waiting=false\nrecord=\n", f"### Production: {why}\n")
        return
    record = context.workspace.handed_over
    if not record.is_file():
        handed = handed_over(name, staging.version, staging.tags.get("sha256", ""), image)
        write_json(record, handed)
    waiting = waits(staging, now)
    line = json.dumps(read_json(record), sort_keys=True)
    outputs = f"{retrain}waiting={str(waiting).lower()}\nrecord={line}\n"
    tell(context.settings, outputs, _page(store, staging, now, waiting))
    said = "waits for production" if waiting else "is nothing new for production"
    screen.say(f" evidence  {name} v{staging.version} {said}", "yellow" if waiting else "green")


def _page(store: "Reader", staging: Version, now: Version | None, waiting: bool) -> str:
    """Metrics, gate and origin of both versions, as Markdown."""
    versions = [staging, *([now] if now else [])]
    metrics = [store.metrics(version.run_id) for version in versions]
    names = [key for key in metrics[0] if "." not in key]
    title = "Waiting for production" if waiting else "Nothing new for production"
    heads = [f"staging v{staging.version}", *([f"production v{now.version}"] if now else [])]
    lines = [
        f"### {title}: {staging.name} v{staging.version}",
        "",
        _row("", *heads),
        _row("---", *("---" for _ in heads)),
    ]
    for key in names:
        cells = (found.get(key, math.nan) for found in metrics)
        lines.append(_row(wording.label(key), *(wording.metric(key, value) for value in cells)))
    for label, tag in (
        ("gate", "decision"),
        ("commit", "git.commit"),
        ("data", "data.hash"),
        ("model, SHA-256", "sha256"),
    ):
        shown = [version.tags.get(tag, "unknown")[:16] for version in versions]
        lines.append(_row(label, *(f"`{text}`" for text in shown)))
    if now is None:
        lines += ["", "Production has no champion yet."]
    return "\n".join([*lines, "", ""])


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
