"""MLflow's server or store: how it is opened, and its errors in one sentence."""

import functools
import os
import re
import socket
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from pathlib import Path
from typing import Any
from unittest.mock import patch

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "2")
os.environ.setdefault("MLFLOW_HTTP_REQUEST_TIMEOUT", "20")  # seconds without a byte, not 120
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

import mlflow
from filelock import FileLock
from mlflow.exceptions import MlflowException
from mlflow.tracking._tracking_service.utils import _SERVER_ARTIFACT_ROOT_ENV_VAR
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError

from ..base.errors import ProjectError
from .mlflow_sqlite import CHAMPION

_ABSENT = ("RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE")  # how stores say: no such thing


class Store:
    """One MLflow server or store. Raises ProjectError if it cannot be reached."""

    def __init__(self, uri: str, root: Path, worker: str = "", alias: str = CHAMPION) -> None:
        self.uri, self.alias = _absolute(uri, root), alias
        self.root = root
        self.worker = worker or f"{socket.gethostname()}:{root}"
        with self._faults():
            self.client = self._open()

    def _open(self) -> mlflow.MlflowClient:
        """Open the store; a fresh sqlite file is migrated by one process at a time."""
        alone: AbstractContextManager[Any] = nullcontext()
        if file := _sqlite_file(self.uri):
            file.parent.mkdir(parents=True, exist_ok=True)
            _readable(file)
            _escape_script_location()
            alone = FileLock(f"{file}.lock")
        # MLflow writes the place of its default experiment into SQL as it is: a URI has no quotes
        place = {_SERVER_ARTIFACT_ROOT_ENV_VAR: (self.root / "mlartifacts").resolve().as_uri()}
        with alone, patch.dict(os.environ, {**place, **os.environ}):
            client = mlflow.MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            client.search_experiments(max_results=1)
        return client

    @contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except (MlflowException, SQLAlchemyError, sqlite3.Error, OSError, ImportError) as error:
            raise ProjectError(
                f"MLflow at {_shown(self.uri)} does not work ({_reason(error)}): "
                "check MLFLOW_TRACKING_URI and the server"
            ) from error

    def _found(self, ask: Callable[[], Any]) -> Any:
        """The result of `ask`, None if the store says it does not exist."""
        with self._faults():
            try:
                return ask()
            except MlflowException as error:
                if error.error_code in _ABSENT:
                    return None
                raise


def _absolute(uri: str, root: Path) -> str:
    """Resolve a relative sqlite path from the project, whatever the working folder.

    In a URI a folder's `%`, `?` or `#` means something else: SQLAlchemy escapes them. The driver is
    then named, or MLflow creates the folder that the escaped address seems to name.
    """
    file = _sqlite_file(uri)
    if file is None or file.is_absolute():
        return uri
    address = make_url(uri).set(database=str(root / file)).render_as_string(hide_password=False)
    return address.replace("sqlite:", "sqlite+pysqlite:", 1) if "%" in address else address


def _sqlite_file(uri: str) -> Path | None:
    """The file of a sqlite store; None for a server, another database, or one in memory."""
    if not uri.startswith("sqlite"):
        return None
    name = make_url(uri).database
    return None if not name or name.startswith((":", "file:")) else Path(name)


def _readable(file: Path) -> None:
    """Raise sqlite3's error for a file that is not a store: MLflow would retry for two minutes."""
    with closing(sqlite3.connect(file, timeout=20)) as store:
        store.execute("select count(*) from sqlite_master")


@functools.cache
def _escape_script_location() -> None:
    """Let MLflow's migrations run in a folder with `%`, such as an environment in the project.

    MLflow escapes `%` for Alembic in the store's address but not in the folder of its scripts.
    """
    from alembic.config import Config

    given = Config.set_main_option

    def escaped(self: Config, name: str, value: str) -> None:
        given(self, name, value.replace("%", "%%") if name == "script_location" else value)

    Config.set_main_option = escaped  # type: ignore[method-assign]


def _shown(text: str) -> str:
    """An address, or a message with one, without credentials."""
    return re.sub(r"://[^\s/]*@", "://", text)


def _reason(error: Exception) -> str:
    """The first line of MLflow's message."""
    line = (str(error).strip().splitlines() or [type(error).__name__])[0]
    if "Max retries exceeded" in line:
        return "it does not respond"
    return _shown(line)[:160]
