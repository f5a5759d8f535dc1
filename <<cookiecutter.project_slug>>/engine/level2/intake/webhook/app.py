"""The HTTP side of the webhook: authentication, events, reactions."""

import asyncio
import hmac
import sqlite3
import sys
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse
from starlette.requests import ClientDisconnect

from ...base.errors import ProjectError
from ...data.events import Made, made, wanted
from ...data.requests import RequestError, parse
from ...github.client import GitHub
from ...serving.request_limits import Bodies
from .seen import Seen
from .settings import WebhookSettings

EVENT = "new-data"


class Receiver:
    """One repository on GitHub, notified once of each version of an object."""

    def __init__(self, settings: WebhookSettings, objects: str, github: GitHub, seen: Seen) -> None:
        self.settings, self._objects, self._github, self._seen = settings, objects, github, seen
        self._one = asyncio.Lock()

    def admit(self, authorization: str) -> None:
        """Raise RequestError for a sender without the secret."""
        given = authorization.removeprefix("Bearer ").encode()
        secret = self.settings.webhook_secret.get_secret_value().encode()
        if not hmac.compare_digest(given, secret):
            raise RequestError("the header Authorization does not hold WEBHOOK_SECRET", 401)

    async def take(self, told: list[Made]) -> dict[str, Any]:
        """Start ct once if a version is new. It is recorded only after GitHub has accepted."""
        ours = [item for item in told if wanted(item, self._objects)]
        async with self._one:  # the same event twice at once is still one
            new = [item for item in ours if not self._seen.known(item)]
            if new:
                await asyncio.to_thread(self._github.dispatch, EVENT)
            for item in new:
                self._seen.note(item)
        return {"dispatched": bool(new), "new": len(new), "known": len(ours) - len(new)}


def build(receiver: Receiver) -> FastAPI:
    """The application."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    bodies = Bodies(receiver.settings)

    @app.get("/healthz")
    async def healthy() -> JSONResponse:
        return JSONResponse({"status": "ok"})

    @app.post("/events")
    async def events(request: Request) -> JSONResponse:
        receiver.admit(request.headers.get("authorization", ""))
        found = made(parse(await bodies.read(request)))
        answer = await receiver.take(found)
        if answer["dispatched"]:
            print(f" {EVENT}  {answer['new']} new, ct is started", flush=True)
        return JSONResponse(answer)

    @app.exception_handler(RequestError)
    async def refused(_: Request, error: RequestError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, error.status)

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> JSONResponse:
        return JSONResponse({"error": "the sender hung up"}, 400)

    @app.exception_handler(sqlite3.Error)
    async def full(_: Request, error: sqlite3.Error) -> JSONResponse:
        print(f" stopped   WEBHOOK_RECORD cannot be written: {error!s:.200}", file=sys.stderr)
        return JSONResponse({"error": "the record of objects cannot be written"}, 503)

    @app.exception_handler(ProjectError)
    async def unheard(_: Request, error: ProjectError) -> JSONResponse:
        print(f" stopped   {error!s:.400}", file=sys.stderr, flush=True)
        return JSONResponse({"error": "GitHub did not accept the event: send this again"}, 502)

    return app
