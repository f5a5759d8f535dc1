"""What leads from a run back to code, data, features and environment."""

import hashlib

from .adapters import dvc, git
from .adapters.files import digest
from .workspace import Context


def data_hash(context: Context) -> str:
    """MD5 of the raw table, the name DVC gives these bytes."""
    return digest(context.workspace.source(context.params), "md5")


def lineage(context: Context) -> dict[str, str]:
    """Tags that lead from a run back to code, data, features and environment."""
    root = context.workspace.root
    lock = root / "requirements" / "train.txt"
    data = data_hash(context)
    # a table that its .dvc file does not name cannot be had back from the commit
    loose = dvc.recorded(context.workspace.source(context.params)) != data
    return {
        "git.commit": git.commit(root),
        "git.dirty": str(git.dirty(root) or loose or bool(context.overrides)).lower(),
        "data.hash": data,
        "data.source": context.params.data.source,
        "feature.service": f"{context.params.data.name.replace('-', '_')}_service",
        "lock.hash": digest(lock) if lock.exists() else "none",
        "params.hash": hashlib.sha256(context.params.model_dump_json().encode()).hexdigest(),
    }
