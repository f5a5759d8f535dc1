"""`webhook`: receive an object store's events."""

from pathlib import Path

from ._options import Host, Port


def webhook(host: Host = "127.0.0.1", port: Port = 8080) -> None:
    """Receive events of an object store and start ct on GitHub for new data, until Ctrl-C."""
    from ..intake.webhook import run as receiver

    receiver.serve(Path.cwd(), host, port)
