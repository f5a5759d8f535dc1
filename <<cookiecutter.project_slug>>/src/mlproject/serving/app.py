"""The HTTP face of the service: routes, errors as sentences, start and end."""

import asyncio
import json
import sys
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ..adapters.prometheus import CONTENT_TYPE
from ..core.requests import RequestError, parse
from . import body, inference_protocol, pages
from .guard import Application, Guard
from .model import Served
from .service import Service


def build(service: Service) -> Application:
    """The application of one service, guarded."""

    @asynccontextmanager
    async def life(_: FastAPI) -> AsyncIterator[None]:
        if service.journal is not None:
            service.journal.start()
        following = asyncio.create_task(service.slot.follow(service.settings.reload_seconds))
        yield
        following.cancel()
        with suppress(asyncio.CancelledError):
            await following
        await service.close()

    app = FastAPI(lifespan=life, docs_url=None, redoc_url=None, openapi_url=None)
    _errors(app, service)
    _predict(app, service)
    _protocol(app, service)
    _pages(app, service)
    return Guard(app, service.metrics, service.settings.max_pending)


def _predict(app: FastAPI, service: Service) -> None:
    @app.post("/predict")
    async def predict(request: Request) -> Response:
        served = service.slot.served
        payload = parse(await body.read(request, service.settings))
        asked = await service.asked(served, payload)
        name = request.scope["request_id"]
        _, answers = await service.predict(served, asked, name)
        found = {
            "id": name,
            "model": served.stamp.name,
            "version": served.stamp.version,
            "target": served.target,
            "unit": served.unit,
            "predictions": answers,
        }
        if asked.looked_up:
            found["features_at"] = [time.isoformat() for _, time in asked.keys if time]
        return _json(found)


def _protocol(app: FastAPI, service: Service) -> None:
    def named(name: str, version: str | None) -> Served:
        served = service.slot.served
        if name != served.stamp.name or version not in (None, served.stamp.version):
            stamp = served.stamp
            raise RequestError(f"here is model {stamp.name} version {stamp.version} only", 404)
        return served

    @app.get("/v2")
    async def server() -> Response:
        return _json({"name": service.slot.served.stamp.name, "version": "2", "extensions": []})

    @app.get("/v2/health/live")
    async def live() -> Response:
        return _json({"live": True})

    @app.get("/v2/health/ready")
    async def ready() -> Response:
        return _json({"ready": True})

    @app.get("/v2/models/{name}")
    @app.get("/v2/models/{name}/versions/{version}")
    async def model(name: str, version: str | None = None) -> Response:
        return _json(inference_protocol.metadata(named(name, version)))

    @app.get("/v2/models/{name}/ready")
    @app.get("/v2/models/{name}/versions/{version}/ready")
    async def model_ready(name: str, version: str | None = None) -> Response:
        return _json({"name": named(name, version).stamp.name, "ready": True})

    @app.post("/v2/models/{name}/infer")
    @app.post("/v2/models/{name}/versions/{version}/infer")
    async def infer(request: Request, name: str, version: str | None = None) -> Response:
        served = named(name, version)
        payload = parse(await body.read(request, service.settings))
        rows = inference_protocol.rows(served, payload, service.settings.max_rows)
        asked = service.rows(served, rows, "inputs")
        wanted = inference_protocol.wanted(served, payload.get("outputs"))
        identity = inference_protocol.identity(payload) or request.scope["request_id"]
        found, answers = await service.predict(served, asked, identity)
        return _json(inference_protocol.answer(served, identity, wanted, found, answers))


def _pages(app: FastAPI, service: Service) -> None:
    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=CONTENT_TYPE)

    @app.get("/openapi.json")
    async def openapi() -> Response:
        return _json(pages.openapi(service.slot.served, service.settings))

    @app.get("/")
    @app.get("/docs")
    async def docs() -> Response:
        page = pages.docs(service.slot.served, service.settings)
        headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)


def _errors(app: FastAPI, service: Service) -> None:
    @app.exception_handler(RequestError)
    async def refused(_: Request, error: RequestError) -> Response:
        if error.kind:
            served = service.slot.served
            known = error.field in served.features or error.field in served.key.columns
            service.metrics.values.labels(error.field if known else "other", error.kind).inc()
        headers = {"retry-after": "1"} if error.status == 503 else {}
        told: dict[str, Any] = {"error": str(error)}
        return _json(told | ({"field": error.field} if error.field else {}), error.status, headers)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        sentences = {
            404: "there is no such page: /docs lists them",
            405: f"{request.method} is not answered here: /docs says what is",
        }
        told = {"error": sentences.get(error.status_code, str(error.detail))}
        return _json(told, error.status_code, dict(error.headers or {}))

    @app.exception_handler(ClientDisconnect)
    async def gone(_: Request, __: ClientDisconnect) -> Response:
        return _json({"error": "the sender hung up"}, 400)

    @app.exception_handler(Exception)
    async def fault(_: Request, error: Exception) -> Response:
        traceback.print_exception(error, file=sys.stderr)
        return _json({"error": "a fault of the service: its log says more"}, 500)


def _json(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    text = json.dumps(value, allow_nan=False)
    return Response(text, status, headers, media_type="application/json")
