"""Links from a run back to code, data, features and environment."""

import hashlib

from ..base import dvc, git
from ..base.errors import ProjectError
from ..base.files import digest, read_json
from ..project import Context

_SOURCE = "data.source="
FURTHER = "data.sources."  # and the name of a further source: its address and MD5


def data_origin(context: Context) -> dict[str, str]:
    """Tags of the raw tables: address, MD5 (DVC's hash), version in its store.

    They come from the record of `ingest`: the file or object may have changed since.
    """
    source = context.params.data.source
    path = context.workspace.raw
    noted = read_json(path) if path.exists() else {}
    if noted.get("source") != source:
        if context.params.data.remote:
            raise ProjectError(f"{source} has not been ingested here: run `ingest` first")
        file = context.workspace.source(context.params)
        noted = {"source": source, "md5": digest(file, "md5"), "version": None}
    version = {"data.version": noted["version"]} if noted["version"] else {}
    further = {
        f"{FURTHER}{name}": f"{item['source']} {item['md5']}"
        for name, item in (noted.get("sources") or {}).items()
    }
    return {"data.source": source, "data.hash": noted["md5"], **version, **further}


def lineage(context: Context) -> dict[str, str]:
    """Tags that link a run to its code, data, features and environment."""
    root = context.workspace.root
    commit, changed = git.commit(root), git.dirty(root)
    if commit == "none" and context.settings.git_commit:  # an image: no repository, built from one
        commit, changed = context.settings.git_commit, False
    lock = root / "requirements" / "train.txt"
    data, remote = data_origin(context), context.params.data.remote
    # a table that its .dvc file does not name cannot be had back from the commit; an object is
    # named by the tags themselves, whether params.yaml or an override gave its address
    recorded = dvc.recorded(context.workspace.source(context.params))
    loose = not remote and recorded != data["data.hash"]
    for item in context.params.data.sources.values():
        held = dvc.recorded(context.workspace.source_file(item.path))
        loose |= not item.remote and f"{item.path} {held}" not in data.values()
    knobs = [item for item in context.overrides if not (remote and item.startswith(_SOURCE))]
    return {
        "git.commit": commit,
        "git.dirty": str(changed or loose or bool(knobs)).lower(),
        **data,
        "feature.service": f"{context.params.data.name.replace('-', '_')}_service",
        "lock.hash": digest(lock) if lock.exists() else "none",
        "params.hash": hashlib.sha256(context.params.model_dump_json().encode()).hexdigest(),
    }
