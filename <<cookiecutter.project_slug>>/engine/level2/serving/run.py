"""`serve`: open what the service needs, listen, and finish accepted requests before exiting."""

import gc
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import uvicorn

from ..base.errors import ProjectError
from ..base.listen import QUEUE, listen
from ..features.known_past import KnownPast, Past
from ..prediction_log.journal import Journal
from ..prediction_log.settings import LogSettings
from ..prediction_log.sqlite_cases import SqliteCases
from ..prediction_log.sqlite_log import SqliteLog
from .app import build
from .history import History
from .known_sources import KnownSources
from .lookup import Lookup
from .model_slot import Slot
from .prometheus import Metrics
from .pushes import Pushes
from .service import Service
from .settings import ServeSettings
from .sources import Source, open_source

_ALLOCATIONS = 10_000  # until waste is looked for: requests leave little that refers to itself
_TURN = 0.0005  # seconds: threads that read the store and write the log wait less for their turn


def serve(root: Path, host: str, port: int, folder: Path | None) -> None:
    """Serve the champion, or the model in `folder`, until SIGTERM or Ctrl-C."""
    settings = ServeSettings()
    source = open_source(root, folder)
    project = settings.features and (root / "params.yaml").is_file()
    service = _service(root, settings, source, project)
    with listen(host, port) as listener:
        stamp = service.slot.served.stamp
        address = f"http://{host}:{listener.getsockname()[1]}"
        print(f" serving   {stamp.name} v{stamp.version} at {address}", flush=True)
        config = uvicorn.Config(
            build(service),
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,  # nobody asks who a request is from
            ws="none",
            timeout_graceful_shutdown=settings.drain_seconds,
            backlog=QUEUE,
        )
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: None)  # uvicorn raises it again when all is done
        sys.setswitchinterval(_TURN)
        gc.collect()
        gc.freeze()  # what lives as long as the process is not looked at again
        gc.set_threshold(_ALLOCATIONS)
        uvicorn.Server(config).run(sockets=[listener])


def _store(root: Path, kind: str) -> Callable[[], Any]:
    """Opens the online store for reading or writing, on the first request that needs it."""

    def connect() -> Any:
        try:
            from ..features.feast_online import OnlineStore
            from ..features.feast_push import Push
            from ..params.config import load_params
            from ..workspace import Workspace
        except ImportError as error:
            raise ProjectError("this image has no Feast: send `rows` with all features") from error
        opened = {"read": OnlineStore, "write": Push}[kind]
        return opened(Workspace.at(root), load_params(root / "params.yaml"))

    return connect


def _service(root: Path, settings: ServeSettings, source: Source, project: bool) -> Service:
    metrics = Metrics()
    pushes = _pushes(root, settings, project)
    slot = Slot(source, metrics, settings.sha256)
    journal = history = None
    if settings.log is not None:
        path = root / settings.log
        journal = Journal(SqliteLog(path), metrics.log_dropped.inc)
        history = History(SqliteCases(path), bool(LogSettings().prediction_log))
    lookup = Lookup(_store(root, "read"), metrics, settings.store_seconds) if project else None
    threads = ThreadPoolExecutor(2, "scoring")
    past = _past(root, source)
    here = source.past is None and find_spec("feast") is not None
    sources = KnownSources(root if here else None) if past is not None else None
    return Service(
        slot, settings, metrics, journal, lookup, history, threads, past, sources, pushes
    )


def _pushes(root: Path, settings: ServeSettings, project: bool) -> Pushes | None:
    """What takes rows of sources, if there is a token. Raises ProjectError if it could not."""
    token = settings.features_token.get_secret_value()
    if not token:
        return None
    if not project:
        raise ProjectError(
            "SERVE_FEATURES_TOKEN is set, but this service reads no feature store: serve the "
            "project's folder without SERVE_FEATURES=false, or leave the token out"
        )
    return Pushes(_store(root, "write"), token, settings.store_seconds)


def _past(root: Path, source: Source) -> Past | None:
    """Where lags are looked up: the project's whole history, or that of a bundle.

    None if rows of the user's own table cannot be read.
    """
    if find_spec("pandas") is None:
        return None
    project = KnownPast(root / "data" / "ingested.parquet")
    whole = project.there() and find_spec("pyarrow") is not None
    return project if whole or source.past is None else source.past
