"""A table that arrived: judged together with the rows that are there, then put in their place."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

from .adapters import dvc, git, parquet, s3
from .adapters.files import atomic
from .adapters.tables import read_raw
from .core.arrivals import merge
from .core.canonical import ordered, typed
from .errors import ProjectError
from .steps import ingest, validate
from .workspace import Context, Workspace


class Judged(NamedTuple):
    """A raw table fit to be trained on, and what is new in it."""

    file: Path
    line: str
    changed: bool


def there(context: Context, folder: Path) -> Path | None:
    """The raw table as it is now, an object fetched into `folder`; None where there is none."""
    workspace = Workspace(context.workspace.root, folder)
    path = workspace.source(context.params)
    if context.params.data.remote:
        s3.download(context.params.data.source, path)
    return path if path.is_file() else None


def judge(
    context: Context, path: Path, raw: Path | None, reference: dict[str, Any], folder: Path
) -> Judged:
    """Merge and validate apart from the project. Raises ProjectError for a table that is refused.

    `reference` is the profile of the champion's data.
    """
    contract = context.params.data
    kind = Path(contract.source).suffix.lower()
    if path.suffix.lower() != kind:
        raise ProjectError(f"{path.name}: the raw table is {contract.source}, bring a {kind} file")
    new = read_raw(path)
    named = contract.model_copy(update={"source": path.name})  # it is its lines that are blamed
    merged = merge(read_raw(raw) if raw else None, new, named)
    ordered(*typed(new, named, 1.0), named)
    file = folder / f"merged{kind}"
    if kind == ".csv":
        merged.table.to_csv(file, index=False, lineterminator="\n")
    else:
        parquet.write(merged.table, file)
    apart = replace(context, workspace=Workspace(context.workspace.root, folder))
    table, _ = ingest.read(apart, file)
    with atomic(apart.workspace.ingested) as temporary:
        parquet.write(table, temporary)
    checks = validate.run(apart, reference)
    line = f"{merged.added:,} new rows, {merged.replaced:,} that were known · {checks}"
    return Judged(file, line, merged.changed)


def put(context: Context, file: Path, name: str) -> list[str]:
    """Make `file` the raw table, and what git and DVC know of it. Returns what is left to do."""
    root, source = context.workspace.root, context.params.data.source
    if context.params.data.remote:
        s3.upload(file, source)
        return []
    path = context.workspace.source(context.params)
    with atomic(path) as temporary:
        shutil.copyfile(file, temporary)
    dvc.track(root, path)
    known = [f"{source}.dvc", str(Path(source).with_name(".gitignore"))]
    if git.commit_only(root, f"New data: {name}", *known):
        return []
    unknown = ["git config user.email and user.name: git does not know who commits"]
    left = [f"git commit {source}.dvc, so that the model can be reproduced"]
    return left if git.knows_user(root) else unknown + left
