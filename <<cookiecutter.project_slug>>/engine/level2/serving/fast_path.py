"""Predictions without FastAPI's routing, which costs as much as the model itself."""

from collections.abc import Awaitable, Callable

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from ..data.requests import RequestError
from . import responses
from .guard import Application, Receive, Scope, Send
from .service import Service

Handler = Callable[[Request], Awaitable[Response]]


class Direct:
    """ASGI middleware: a POST to one path goes to its handler, the rest to the application."""

    def __init__(self, app: Application, service: Service, path: str, handler: Handler) -> None:
        self._app, self._service, self._path, self._handler = app, service, path, handler

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; errors are formatted as by the application."""
        if scope["type"] != "http" or scope["path"] != self._path or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        try:
            response = await self._handler(Request(scope, receive))
        except RequestError as error:
            response = responses.refused(self._service, error)
        except ClientDisconnect:
            response = responses.gone()
        except Exception as error:
            response = responses.fault(error)
        await response(scope, receive, send)
