"""Where Feast's offline store reads the tables: this run's files, objects at s3://, PostgreSQL.

`offline_store` and `offline_tables` in feature_store.yaml decide. The files that a run wrote are
what counts: elsewhere they are published before Feast reads them, and a table that another run has
replaced in the meantime is refused.
"""

import contextlib
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

from ..base import s3
from ..base.errors import ProjectError
from ..base.files import digest
from ..data.contract import TIMESTAMP
from .feast_project import Folders
from .feast_settings import store_settings

MD5 = "md5"  # tag of a published table's declaration: which bytes it declares


class Tables(Protocol):
    """One place of tables; each has the name of its view."""

    def source(self, name: str, path: Path, created: str = "") -> Any:
        """Feast's data source of the table that this run wrote to `path`.

        `created` names its column of created times, if it has one.
        """

    def publish(self, name: str, path: Path) -> str | None:
        """Bring the table where Feast reads it; return its MD5, None if it is the file itself."""

    def reading(self, sources: Mapping[str, Any]) -> contextlib.AbstractContextManager[None]:
        """Feast's engine while it reads these data sources, by the names of their views.

        Raises ProjectError if a table is not the declared one, or its server does not respond.
        """


class Files:
    """The files themselves."""

    def source(self, name: str, path: Path, created: str = "") -> Any:
        """A source of the file."""
        return _file_source(name, str(path), created, {})

    def publish(self, name: str, path: Path) -> None:
        """Do nothing: it is there."""

    @contextlib.contextmanager
    def reading(self, sources: Mapping[str, Any]) -> Iterator[None]:
        """DuckDB with memory for these files."""
        from .ibis import limited

        with limited(*(Path(source.path) for source in sources.values())):
            yield


class Objects:
    """Objects below a folder `s3://bucket/folder`.

    DuckDB reads copies of them: by itself it would download an extension, which a task without a
    way out of its cluster cannot.
    """

    def __init__(self, folder: str) -> None:
        s3.check(folder)
        self._folder = folder.rstrip("/")

    def source(self, name: str, path: Path, created: str = "") -> Any:
        """A source of the object, tagged with the MD5 of the file."""
        return _file_source(name, self._uri(name), created, tags(path))

    def publish(self, name: str, path: Path) -> str | None:
        """Replace the object by the file."""
        s3.upload(path, self._uri(name))
        return digest(path, "md5")

    def _uri(self, name: str) -> str:
        return f"{self._folder}/{name}.parquet"

    @contextlib.contextmanager
    def reading(self, sources: Mapping[str, Any]) -> Iterator[None]:
        """DuckDB on copies of the objects, which are removed afterwards."""
        from .ibis import limited

        with tempfile.TemporaryDirectory() as folder:
            copies = {}
            for name, source in sources.items():
                copies[source.path] = Path(folder) / f"{name}.parquet"
                s3.download(source.path, copies[source.path])
                same(source, digest(copies[source.path], "md5"), source.path)
            with limited(*copies.values(), copies=copies):
                yield


def tags(path: Path) -> dict[str, str]:
    """The tags of a published table; none if no run has written it yet."""
    return {MD5: digest(path, "md5")} if path.is_file() else {}


def same(source: Any, md5: str | None, shown: str) -> None:
    """Raise ProjectError if a published table has other content than its declaration says."""
    if md5 != source.tags.get(MD5):
        raise ProjectError(
            f"{shown} was replaced by another run: let one run at a time write there, run again"
        )


def source_name(view: str) -> str:
    """Name of a view's data source."""
    return f"{view.removesuffix('_features')}_source"


def tables_of(workspace: Folders) -> Tables:
    """Where the tables of a workspace are. Raises ProjectError for settings that do not fit."""
    settings = store_settings(workspace)
    store, folder = settings.get("offline_store") or {}, settings.get("offline_tables")
    if store.get("type") == "postgres":
        from .feast_postgres import Postgres

        return Postgres(store)
    return Objects(str(folder)) if folder else Files()


def _file_source(name: str, path: str, created: str, marks: Mapping[str, str]) -> Any:
    from feast import FileSource

    return FileSource(
        name=source_name(name),
        path=path,
        timestamp_field=TIMESTAMP,
        created_timestamp_column=created,
        tags=dict(marks),
    )
