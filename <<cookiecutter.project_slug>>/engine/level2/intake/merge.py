"""A new table: checked together with the existing rows, then merged into the raw table."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from ..base import dvc, git, s3
from ..base.errors import ProjectError
from ..base.files import atomic
from ..data import dialects, parquet, unpack
from ..data.canonical import ordered, typed
from ..data.contract import DataContract
from ..data.tables import read_raw, write_table
from ..project import Context
from ..training.steps import ingest, validate
from ..workspace import Workspace
from .arrivals import merge
from .workbook import as_texts


class Judged(NamedTuple):
    """A raw table that passed the checks, and what is new in it."""

    file: Path
    line: str
    changed: bool


def there(context: Context, folder: Path) -> Path | None:
    """The current raw table, an object fetched into `folder`; None if there is none."""
    workspace = Workspace(context.workspace.root, folder)
    path = workspace.source(context.params)
    if context.params.data.remote:
        s3.download(context.params.data.source, path)
    return path if path.is_file() else None


def judge(
    context: Context, path: Path, raw: Path | None, reference: dict[str, Any], folder: Path
) -> Judged:
    """Merge and validate outside the project. Raises ProjectError for a refused table.

    `reference` is the profile of the champion's data.
    """
    contract = context.params.data
    source = Path(contract.source)
    new = _arrived(path, source, contract)
    named = contract.model_copy(update={"source": path.name})  # it is its lines that are blamed
    merged = merge(read_raw(raw, contract.delimiter) if raw else None, new, named)
    ordered(*typed(new, named, 1.0), named)
    file = folder / f"merged{''.join(source.suffixes[-2:])}"
    mark: str | None = contract.delimiter
    if mark is None and raw is not None and unpack.kind(raw) in unpack.TEXTS:
        with unpack.plain(raw) as there_already:
            mark = dialects.delimiter(there_already)
    write_table(merged.table, file, mark or ",")
    apart = replace(context, workspace=Workspace(context.workspace.root, folder))
    table, _ = ingest.read(apart, file)
    with atomic(apart.workspace.ingested) as temporary:
        parquet.write(table, temporary)
    checks = validate.run(apart, reference)
    line = f"{merged.added:,} new rows, {merged.replaced:,} known ones replaced · {checks}"
    return Judged(file, line, merged.changed)


def _arrived(path: Path, source: Path, contract: DataContract) -> pd.DataFrame:
    """The new table, as texts if the raw table holds texts. Raises ProjectError."""
    texts = unpack.kind(source) in (*unpack.TEXTS, ".zip")
    with unpack.plain(path) as file:
        if path.suffix.lower() != ".xlsx" and (file.suffix.lower() in unpack.TEXTS) != texts:
            right = ".csv or .xlsx" if texts else ".parquet or .xlsx"
            raise ProjectError(
                f"{path.name}: the raw table is {contract.source}, bring a {right} file"
            )
        new = read_raw(file)
        return as_texts(new, contract) if texts and file.suffix == ".parquet" else new


def put(context: Context, file: Path, name: str) -> list[str]:
    """Make `file` the raw table in git and DVC. Returns what is left to do."""
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
