"""A listening socket of a server."""

import socket

from .errors import ProjectError

QUEUE = 2_048  # connections the kernel holds while the server is busy


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket. Raises ProjectError if the address is taken or unknown."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        listener = socket.socket(family)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(QUEUE)  # from here on nobody is turned away
    except (OSError, OverflowError) as error:
        raise ProjectError(
            f"cannot listen at {host}:{port} ({error}): choose another port"
        ) from error
    return listener
