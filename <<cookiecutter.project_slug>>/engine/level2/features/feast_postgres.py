"""PostgreSQL as Feast's offline store: the tables there, and keys of several columns kept apart.

Feast 0.67 numbers the rows of a join by their keys, written one after the other: `a`, `bc` and
`ab`, `c` are one row to it (findings/feast-postgres-glues-keys.sh of the template).
"""

import contextlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pyarrow.csv
import pyarrow.parquet
from feast.infra.offline_stores.contrib.postgres_offline_store import postgres
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import (
    PostgreSQLSource,
)
from feast.infra.utils.postgres.connection_utils import _get_conn
from feast.type_map import arrow_to_pg_type
from psycopg import sql

from ..base.errors import ProjectError
from ..base.files import digest
from ..data.contract import TIMESTAMP
from .feast_tables import same, source_name, tags

LONGEST = 60  # characters of a view's name: PostgreSQL cuts what Feast derives from it at 63
_GLUED = 'CAST("{{entity}}" as VARCHAR) ||'
_APART = f"""LENGTH(CAST("{{{{entity}}}}" as VARCHAR)) || ':' || {_GLUED}"""


class Postgres:
    """Tables of one database; `store` is Feast's `offline_store` of type postgres."""

    def __init__(self, store: Mapping[str, Any]) -> None:
        self._config = postgres.PostgreSQLOfflineStoreConfig(**store)
        keys_apart()

    def source(self, name: str, path: Path, created: str = "") -> Any:
        """A source of the table, tagged with the MD5 of the file."""
        if len(name) > LONGEST:
            raise ProjectError(
                f"`{name}` is too long for a table of PostgreSQL: shorten data.name in "
                f"params.yaml or the source's name, to {LONGEST} characters in all"
            )
        return PostgreSQLSource(
            name=f"{source_name(name)}_table",  # another kind of source may not take a name over
            query=f'SELECT * FROM "{name}"',  # noqa: S608  letters, digits and _ alone
            timestamp_field=TIMESTAMP,
            created_timestamp_column=created,
            tags=tags(path),
        )

    def publish(self, name: str, path: Path) -> str | None:
        """Replace the table by the file's rows in one transaction, unless it has them already."""
        md5, table = digest(path, "md5"), sql.Identifier(name)
        with _explained(), _get_conn(self._config) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [name])
            if _comment(cursor, name) == md5:
                return md5
            file = pyarrow.parquet.ParquetFile(path)
            columns = sql.SQL(", ").join(
                sql.SQL("{} {}").format(sql.Identifier(item.name), sql.SQL(_type(item.type)))
                for item in file.schema_arrow
            )
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
            cursor.execute(sql.SQL("CREATE TABLE {} ({})").format(table, columns))
            into = sql.SQL("COPY {} FROM STDIN (FORMAT csv)").format(table)
            with cursor.copy(into) as rows:
                for batch in file.iter_batches():
                    rows.write(_csv(batch))
            comment = sql.SQL("COMMENT ON TABLE {} IS {}").format(table, sql.Literal(md5))
            cursor.execute(comment)
        return md5

    @contextlib.contextmanager
    def reading(self, sources: Mapping[str, Any]) -> Iterator[None]:
        """Look after the join whether its tables are still the declared ones."""
        with _explained():
            yield
            with _get_conn(self._config) as connection, connection.cursor() as cursor:
                found = {name: _comment(cursor, name) for name in sources}
        for name, source in sources.items():
            same(source, found[name], f"table `{name}`")


def keys_apart() -> None:
    """Let Feast's query number rows by the lengths of their keys too. Raises RuntimeError."""
    query = postgres.MULTIPLE_FEATURE_VIEW_POINT_IN_TIME_JOIN
    if _APART in query:
        return
    if query.count(_GLUED) != 1:
        raise RuntimeError("another Feast: look at its PostgreSQL join")
    postgres.MULTIPLE_FEATURE_VIEW_POINT_IN_TIME_JOIN = query.replace(_GLUED, _APART)


def _comment(cursor: Any, name: str) -> str | None:
    cursor.execute("SELECT obj_description(to_regclass(%s))", [f'"{name}"'])
    return cursor.fetchone()[0]


def _type(kind: Any) -> str:
    """PostgreSQL's type; Feast's own `float` is one of eight bytes."""
    return {"float": "real", "large_string": "text"}.get(str(kind)) or arrow_to_pg_type(str(kind))


def _csv(batch: Any) -> bytes:
    """Rows with quotes around every value, so that a missing text is not an empty one."""
    options = pyarrow.csv.WriteOptions(include_header=False, quoting_style="all_valid")
    sink = pyarrow.BufferOutputStream()
    pyarrow.csv.write_csv(batch, sink, options)
    return bytes(sink.getvalue())


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise ProjectError(
            f"PostgreSQL, Feast's offline store: {line:.200} (offline_store in feature_store.yaml)"
        ) from error
