"""The HTTP side of the service: routes, errors as sentences, start and shutdown."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request, Response

from ..data.requests import RequestError, parse
from . import inference_protocol, openapi, pages, pushes, responses, web
from .fast_path import Direct, Handler
from .guard import Application, Guard
from .model import Served
from .prometheus import CONTENT_TYPE
from .request_limits import Bodies
from .responses import answer
from .service import Service


def build(service: Service) -> Application:
    """The application of one service, with its guard."""

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
    responses.install(app, service)
    bodies = Bodies(service.settings)
    predict = _predict(app, service, bodies)
    _protocol(app, service, bodies)
    _pages(app, service)
    web.install(app, service, bodies)
    pushes.install(app, service, bodies)
    direct = Direct(app, service, "/predict", predict)
    return Guard(direct, service.metrics, service.settings.max_pending)


def _predict(app: FastAPI, service: Service, bodies: Bodies) -> Handler:
    @app.post("/predict")
    async def predict(request: Request) -> Response:
        served = service.slot.served
        payload = parse(await bodies.read(request))
        name = request.scope["request_id"]
        if type(payload) is dict and "ahead" in payload:
            future = await service.forecast(served, payload, name)
            answers, more = served.answers(future.found), future.told(served)
        else:
            asked = await service.asked(served, payload)
            scored, answers = await service.predict(served, asked, name)
            more = served.intervals(scored)
            if asked.looked_up and served.key.time:
                more["features_at"] = [time.isoformat() for _, time in asked.keys if time]
        found = {
            "id": name,
            "model": served.stamp.name,
            "version": served.stamp.version,
            "target": served.target,
            "unit": served.unit,
            "predictions": answers,
            **more,
        }
        return answer(found)

    return predict


def _protocol(app: FastAPI, service: Service, bodies: Bodies) -> None:
    def named(name: str, version: str | None) -> Served:
        served = service.slot.served
        if name != served.stamp.name or version not in (None, served.stamp.version):
            stamp = served.stamp
            raise RequestError(
                f"this service has only model {stamp.name} version {stamp.version} only", 404
            )
        return served

    @app.get("/v2")
    async def server() -> Response:
        return answer({"name": service.slot.served.stamp.name, "version": "2", "extensions": []})

    @app.get("/v2/health/live")
    async def live() -> Response:
        return answer({"live": True})

    @app.get("/v2/health/ready")
    async def ready() -> Response:
        return answer({"ready": True})

    @app.get("/v2/models/{name}")
    @app.get("/v2/models/{name}/versions/{version}")
    async def model(name: str, version: str | None = None) -> Response:
        return answer(inference_protocol.metadata(named(name, version)))

    @app.get("/v2/models/{name}/ready")
    @app.get("/v2/models/{name}/versions/{version}/ready")
    async def model_ready(name: str, version: str | None = None) -> Response:
        return answer({"name": named(name, version).stamp.name, "ready": True})

    @app.post("/v2/models/{name}/infer")
    @app.post("/v2/models/{name}/versions/{version}/infer")
    async def infer(request: Request, name: str, version: str | None = None) -> Response:
        served = named(name, version)
        payload = parse(await bodies.read(request))
        rows = inference_protocol.rows(served, payload, service.settings.max_rows)
        asked = service.rows(served, rows, "inputs")
        wanted = inference_protocol.wanted(served, payload.get("outputs"))
        identity = inference_protocol.identity(payload) or request.scope["request_id"]
        found, answers = await service.predict(served, asked, identity)
        return answer(inference_protocol.answer(served, identity, wanted, found, answers))


def _pages(app: FastAPI, service: Service) -> None:
    reads, takes = service.lookup is not None, service.pushes is not None

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(service.metrics.text(), media_type=CONTENT_TYPE)

    @app.get("/openapi.json")
    async def described() -> Response:
        served = service.slot.served
        tables, ahead = service.reads_tables(served), service.looks_ahead(served)
        return answer(openapi.openapi(served, service.settings, reads, tables, ahead, takes))

    @app.get("/docs")
    async def docs(request: Request) -> Response:
        host, port = request.scope["server"]  # where it listens, whatever the request says
        address = f"http://{host}:{port}"
        served = service.slot.served
        tables, ahead = service.reads_tables(served), service.looks_ahead(served)
        page = pages.docs(served, service.settings, reads, address, tables, ahead, takes)
        headers = {"content-security-policy": "default-src 'none'; style-src 'unsafe-inline'"}
        return Response(page, media_type="text/html; charset=utf-8", headers=headers)
