"""`webhook`: listen for events of an object store, until SIGTERM or Ctrl-C."""

import signal
from pathlib import Path

import uvicorn

from ...base.errors import ProjectError
from ...base.listen import QUEUE, listen
from ...github.client import GitHub
from .app import Receiver, build
from .seen import Seen
from .settings import WebhookSettings

_AT_ONCE = 64  # requests; more get 503, and the store sends them again


def serve(root: Path, host: str, port: int) -> None:
    """Receive events. Raises ProjectError if a setting is missing."""
    settings = _settings()
    objects = settings.webhook_objects or _source(root)
    token = settings.github_token.get_secret_value()
    github = GitHub(settings.github_api_url, settings.github_repository, token)
    seen = Seen(root / settings.webhook_record)
    with listen(host, port) as listener:
        address = f"http://{host}:{listener.getsockname()[1]}/events"
        print(f" webhook   {address} for {objects}", flush=True)
        config = uvicorn.Config(
            build(Receiver(settings, objects, github, seen)),
            log_level="error",
            access_log=False,
            server_header=False,
            limit_concurrency=_AT_ONCE,
            timeout_graceful_shutdown=30,
            backlog=QUEUE,
        )
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: None)  # uvicorn raises it again when all is done
        uvicorn.Server(config).run(sockets=[listener])
    seen.close()


def _settings() -> WebhookSettings:
    settings = WebhookSettings()
    settings.check()
    if settings.webhook_objects and not settings.webhook_objects.startswith("s3://"):
        raise ProjectError(
            "WEBHOOK_OBJECTS names an object or a folder: s3://bucket/table.csv, s3://bucket/in/"
        )
    return settings


def _source(root: Path) -> str:
    """The raw table of the project, if it is an object."""
    from ...params.config import load_params

    source = load_params(root / "params.yaml").data.source
    if not source.startswith("s3://"):
        raise ProjectError(
            f"data.source is {source}, no object of a store: say in WEBHOOK_OBJECTS which object "
            "or folder (s3://bucket/folder/) new data land in"
        )
    return source
