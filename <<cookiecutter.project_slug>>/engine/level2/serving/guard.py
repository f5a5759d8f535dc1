"""Wraps the application: an id and a count for each request, and a limit on concurrency."""

import json
import os
import re
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from ..model import predictions
from .prometheus import Metrics

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]

_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
_PAGES = {"/metrics", "/docs", "/openapi.json", "/", "/form"}
_ASKED = {f"/{name}": name for name in ("predict", "explain", "feedback", "features")}
_COUNTED = {*_ASKED.values(), "infer"}  # of which only so many at once
_AT_ONCE = 400  # ids that one reading of random bytes is for
_BUSY = json.dumps({"error": "too many requests at once: try again in a second"}).encode()


class Guard:
    """ASGI middleware. A request beyond the limit immediately gets 503 with Retry-After."""

    def __init__(self, app: Application, metrics: Metrics, limit: int) -> None:
        self._app, self._metrics, self._limit = app, metrics, limit
        self._pending = 0
        self._counts: dict[tuple[str, int], Any] = {}
        self._times: dict[str, Any] = {}
        self._noise = _noise()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        if scope["method"] == "HEAD":  # a server sends no body of it
            scope = {**scope, "method": "GET"}
        began, route = time.perf_counter(), _route(scope["path"])
        scope["request_id"] = name = self._name(scope["headers"])
        status = 500

        async def told(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], (b"x-request-id", name.encode())]
            await send(message)

        counted = route in _COUNTED
        try:
            if counted and self._pending >= self._limit:
                await _refuse(told)
            else:
                self._pending += counted
                try:
                    await self._app(scope, receive, told)
                finally:
                    self._pending -= counted
        finally:
            self._metrics.pending.set(self._pending)
            self._count(route, status, time.perf_counter() - began)

    def _count(self, route: str, status: int, seconds: float) -> None:
        """Routes and statuses are few: their samples are looked up once."""
        if (route, status) not in self._counts:
            self._counts[route, status] = self._metrics.requests.labels(route, str(status))
            self._times[route] = self._metrics.latency.of(route)
        self._counts[route, status].inc()
        self._times[route].observe(seconds)

    def _name(self, headers: list[tuple[bytes, bytes]]) -> str:
        """The sender's own X-Request-ID if it is valid, else a new id."""
        for key, value in headers:
            if key == b"x-request-id" and _ID.fullmatch(value):
                return value.decode()
        return predictions.name(time.time_ns() // 1_000_000, next(self._noise))


async def _refuse(send: Send) -> None:
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(_BUSY)).encode()),
        (b"retry-after", b"1"),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": _BUSY})


def _route(path: str) -> str:
    """One of a few names, whatever path is requested."""
    if path in _ASKED:
        return _ASKED[path]
    if path.startswith("/v2/health/"):
        return "health"
    if path.startswith("/v2/models/"):
        return "infer" if path.endswith("/infer") else "model"
    return "page" if path in _PAGES else "other"


def _noise() -> Iterator[str]:
    """Random hexadecimal digits, fetched from the system for many requests at once."""
    while True:
        pool = os.urandom(10 * _AT_ONCE).hex()
        yield from (pool[place : place + 20] for place in range(0, len(pool), 20))
