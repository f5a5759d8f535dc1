"""Read MLflow's sqlite store without MLflow, whose import takes two seconds of CPU.

For commands that only read: champion, versions, metrics, files. Writing uses the client. It reads
only the schema it was written for and files on this machine; the client does the rest.
"""

import math
import os
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..base.errors import ProjectError
from ..base.files import local_path

CHAMPION = "champion"
SCHEMAS = {"dc11669786a5"}  # Alembic's names of the revisions these queries were tried with
_CLIENT = ("MLFLOW_WORKSPACE", "MLFLOW_ENABLE_WORKSPACES")  # settings that change what is asked
_ALIAS = """
select version from registered_model_aliases
where name = ? and lower(alias) = ? and workspace = 'default'
"""
_VERSION = """
select version, run_id, creation_time, coalesce(storage_location, source) from model_versions
where name = ? and version = ? and workspace = 'default' and current_stage != 'Deleted_Internal'
"""
_TAGS = """
select key, value from model_version_tags
where name = ? and version = ? and workspace = 'default'
"""


@dataclass(frozen=True)
class Version:
    """One model version of the registry."""

    name: str
    version: str
    run_id: str
    tags: dict[str, str]
    created: float | None = field(default=None, compare=False)  # seconds since 1970


def opened(uri: str, root: Path, alias: str = CHAMPION) -> "SqliteStore | None":
    """A reader of the store; None if the client is needed."""
    name = uri.removeprefix("sqlite:///")
    if name == uri or set("%?:") & set(name) or any(os.environ.get(item) for item in _CLIENT):
        return None
    file = root / name
    if not file.is_file():
        return None
    store = SqliteStore(file, alias)
    try:
        revisions = {row[0] for row in store.ask("select version_num from alembic_version")}
        located = store.ask("select 1 from model_versions where storage_location like 'file:%'")
    except ProjectError:
        return None
    return store if revisions and revisions <= SCHEMAS and located else None


class SqliteStore:
    """Versions and runs of a store. Raises ProjectError if it cannot be read."""

    def __init__(self, file: Path, alias: str = CHAMPION) -> None:
        self._file, self.alias = file, alias

    def ask(self, question: str, *values: object) -> Sequence[tuple[Any, ...]]:
        """Rows; the file is opened for each query."""
        address = f"{self._file.resolve().as_uri()}?mode=rw"  # rw: what a kill has left is undone
        try:
            with closing(sqlite3.connect(address, uri=True, timeout=20)) as store:
                return store.execute(question, values).fetchall()
        except sqlite3.Error as error:
            raise ProjectError(
                f"MLflow's store {self._file} does not work ({error!s:.100}): repair or replace it"
            ) from error

    def champion(self, name: str, alias: str = "") -> Version | None:
        """The version with the store's alias, or with another one, or None."""
        found = self.ask(_ALIAS, name, alias or self.alias)
        return self.version(name, str(found[0][0])) if found else None

    def version(self, name: str, number: str) -> Version | None:
        """The version with this number, or None."""
        found = self.ask(_VERSION, name, int(number)) if number.isdecimal() else ()
        if not found:
            return None
        known, run_id, created, _ = found[0]
        tags = dict(self.ask(_TAGS, name, known))
        return Version(name, str(known), str(run_id), tags, (created or 0) / 1000 or None)

    def metrics(self, run_id: str) -> dict[str, float]:
        """The metrics a run recorded."""
        question = "select key, value, is_nan from latest_metrics where run_uuid = ?"
        return {key: math.nan if nan else value for key, value, nan in self.ask(question, run_id)}

    def run_file(self, run_id: str, file: str) -> bytes | None:
        """Bytes of one artifact of a run, None if the run has no such file."""
        found = self.ask("select artifact_uri from runs where run_uuid = ?", run_id)
        if not found:
            raise ProjectError(f"run {run_id} is not in MLflow's store {self._file}: restore it")
        path = _local(found[0][0]) / file
        return path.read_bytes() if path.is_file() else None

    def model_file(self, version: Version, file: str) -> bytes:
        """Bytes of one file of a model version."""
        found = self.ask(_VERSION, version.name, int(version.version))
        path = _local(found[0][3]) / file if found else self._file
        try:
            return path.read_bytes()
        except OSError as error:
            raise ProjectError(
                f"{path} of {version.name} v{version.version} cannot be read ({error.strerror}): "
                "restore it or promote another version"
            ) from error


def _local(address: str) -> Path:
    if "://" in address and not address.startswith("file://"):
        raise ProjectError(f"{address} is not a folder of this machine: set MLFLOW_TRACKING_URI")
    return local_path(address)
