"""`serve`: predictions over HTTP."""

from pathlib import Path

from ._options import Host, ModelFolder, Port


def serve(host: Host = "127.0.0.1", port: Port = 8000, model: ModelFolder = None) -> None:
    """Serve the champion's predictions over HTTP, until Ctrl-C."""
    from ..serving import run as service

    service.serve(Path.cwd(), host, port, model)
