"""Errors of a request as a status and one sentence."""

import sys
import traceback
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request, Response
from pydantic_core import to_json
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from ..data.requests import RequestError
from .service import Service


def install(app: FastAPI, service: Service) -> None:
    """Turn every error into a sentence."""

    @app.exception_handler(RequestError)
    async def _refused(_: Request, error: RequestError) -> Response:
        return refused(service, error)

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        sentences = {
            404: "there is no such page: /docs lists them",
            405: f"{request.method} is not supported here: /docs lists what is",
        }
        told = {"error": sentences.get(error.status_code, str(error.detail))}
        return answer(told, error.status_code, dict(error.headers or {}))

    @app.exception_handler(ClientDisconnect)
    async def _gone(_: Request, __: ClientDisconnect) -> Response:
        return gone()

    @app.exception_handler(Exception)
    async def _fault(_: Request, error: Exception) -> Response:
        return fault(error)


def refused(service: Service, error: RequestError) -> Response:
    """A request that cannot be answered; unusual values are counted."""
    if error.kind:
        served = service.slot.served
        known = error.field in served.features or error.field in served.key.columns
        service.metrics.values.labels(error.field if known else "other", error.kind).inc()
    headers = {"retry-after": "1"} if error.status == 503 else {}
    told: dict[str, Any] = {"error": str(error)}
    return answer(told | ({"field": error.field} if error.field else {}), error.status, headers)


def gone() -> Response:
    """The client has disconnected."""
    return answer({"error": "the sender hung up"}, 400)


def fault(error: Exception) -> Response:
    """An unexpected error, with its traceback in the process's log."""
    traceback.print_exception(error, file=sys.stderr)
    return answer({"error": "a fault of the service: see its log"}, 500)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A JSON response."""
    return _Json(to_json(value, inf_nan_mode="null"), status, headers or {})


class _Json(Response):
    """Starlette's own constructor spends time on finding out what is already known."""

    def __init__(self, body: bytes, status: int, headers: Mapping[str, str]) -> None:
        self.body, self.status_code, self.background = body, status, None
        self.raw_headers = [
            (b"content-length", b"%d" % len(body)),
            (b"content-type", b"application/json"),
            *((name.lower().encode(), value.encode()) for name, value in headers.items()),
        ]
