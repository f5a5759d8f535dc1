"""One writer of the online store at a time, so that nothing changes between reading and writing."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from filelock import FileLock

_HERE = threading.Lock()
_SECONDS = 60  # a lock of Redis ends by itself, if its owner was killed
_NUMBER = "hashtextextended(current_database() || %s, 0)"


@contextmanager
def alone(config: Any, store: Any) -> Iterator[None]:
    """Lock the store against other writers: threads, and as far as it has locks, processes.

    `config` and `store` are Feast's. SQLite is locked by a file beside it, Redis and PostgreSQL by
    themselves, so from every machine; any other store for this process alone.
    """
    settings = config.online_store
    kind, name = settings.type, f"{config.project}:rows"
    with ExitStack() as locks:
        locks.enter_context(_HERE)
        if kind == "sqlite":
            locks.enter_context(FileLock(f"{settings.path}.lock", timeout=_SECONDS))
        elif kind == "redis":
            client = store._get_client(settings)
            locks.enter_context(client.lock(name, timeout=_SECONDS, blocking_timeout=_SECONDS))
        elif kind == "postgres":
            locks.enter_context(_postgres(config, store, name))
        yield


@contextmanager
def _postgres(config: Any, store: Any, name: str) -> Iterator[None]:
    """An advisory lock of the database's session."""
    with store._get_conn(config, autocommit=True) as connection:
        connection.execute(f"select pg_advisory_lock({_NUMBER})", [name])
        try:
            yield
        finally:
            connection.rollback()  # a write that failed would hold up what follows
            connection.execute(f"select pg_advisory_unlock({_NUMBER})", [name])
            connection.commit()
