"""The page for people: its files, its form, explanations and feedback."""

import asyncio
import time
from pathlib import Path

from fastapi import FastAPI, Request, Response

from ..data.requests import RequestError, parse
from ..prediction_log import feedback
from . import form
from .explain import explain
from .request_limits import Bodies
from .responses import answer
from .service import Service

FOLDER = Path(__file__).with_name("page")
_TYPES = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
}
_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "cache-control": "no-cache",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}


def install(app: FastAPI, service: Service, bodies: Bodies) -> None:
    """Add the page and its endpoints."""
    for path in sorted(FOLDER.iterdir()):
        _file(app, path)
    _asked(app, service, bodies)


def _file(app: FastAPI, path: Path) -> None:
    data, kind = path.read_bytes(), f"{_TYPES[path.suffix]}; charset=utf-8"

    @app.get("/" if path.name == "page.html" else f"/page/{path.name}")
    async def file() -> Response:
        return Response(data, headers=_HEADERS | {"content-type": kind})


def _asked(app: FastAPI, service: Service, bodies: Bodies) -> None:
    @app.get("/form")
    async def described() -> Response:
        loop, served = asyncio.get_running_loop(), service.slot.served
        told = await loop.run_in_executor(service.threads, form.describe, served, service)
        return answer(told)

    @app.post("/explain")
    async def explained(request: Request) -> Response:
        served = service.slot.served
        payload = parse(await bodies.read(request))
        return answer(await explain(served, service, await service.asked(served, payload)))

    @app.post("/feedback")
    async def corrected(request: Request) -> Response:
        served = service.slot.served
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            # another site's page could send anything else without being asked for leave
            raise RequestError("send Content-Type: application/json", 415)
        said = feedback.read(parse(await bodies.read(request)), served.classes)
        if service.history is None:
            raise RequestError("this service keeps no log: there is nothing to correct", 404)
        version = await service.history.correct(said, served.stamp.name, time.time())
        told = {"request": said.request, "row": said.row, "value": said.value, "version": version}
        return answer(told)
