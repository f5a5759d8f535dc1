"""Limits of a request, and the statuses beyond them: bytes and time of its body, rows."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, Protocol

from starlette.requests import ClientDisconnect, Request

from ..base.amounts import plural
from ..data.requests import RequestError, shown
from .deadlines import Deadlines

TOO_LONG = 413  # a body of more than max_body_bytes
TOO_SLOW = 408  # a body that takes longer than body_seconds
TOO_MANY_ROWS = 422  # more rows than max_rows
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class Limits(Protocol):
    """The maximum length of a body, and the maximum time to receive it."""

    @property
    def max_body_bytes(self) -> int:
        """Bytes."""

    @property
    def body_seconds(self) -> float:
        """Seconds."""


class Bodies:
    """Reads the bodies of an application's requests."""

    def __init__(self, limits: Limits) -> None:
        self._most, self._deadlines = limits.max_body_bytes, Deadlines(limits.body_seconds)

    async def read(self, request: Request) -> bytes:
        """All bytes of the body. Raises RequestError if it is too long, too slow or encoded."""
        self._look(request.scope["headers"])
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  servers run an application in a task
        self._deadlines.begin(task, task.cancel)
        try:
            return await self._all(request.receive)
        except asyncio.CancelledError:
            if self._deadlines.end(task) or task.uncancel():  # somebody else has ended this task
                raise
            seconds = self._deadlines.seconds
            raise RequestError(
                f"the body did not arrive within {seconds:g} s: send it at once", TOO_SLOW
            ) from None
        finally:
            self._deadlines.end(task)

    def _look(self, headers: Iterable[tuple[bytes, bytes]]) -> None:
        for name, value in headers:
            if name == b"content-encoding" and value != b"identity":
                raise RequestError("send the body as it is, without Content-Encoding", 415)
            if name == b"inference-header-content-length":
                raise RequestError("send tensors as JSON: binary data are not accepted", 415)
            if name == b"content-length" and value.isdigit() and int(value[:20]) > self._most:
                raise self._too_long()

    async def _all(self, receive: Receive) -> bytes:
        parts, size, more = [], 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientDisconnect
            part, more = message.get("body", b""), message.get("more_body", False)
            size += len(part)
            if size > self._most:
                raise self._too_long()
            parts.append(part)
        return b"".join(parts)

    def _too_long(self) -> RequestError:
        sentence = f"the body is longer than {self._most:,} bytes: send less at once"
        return RequestError(sentence, TOO_LONG)


def batch(payload: Any, name: str, limit: int) -> list[Any]:
    """The list of rows under `name`. Raises RequestError if it is not a list, empty or too long."""
    rows = payload[name]
    if type(rows) is not list:
        raise RequestError(f"{name} is {shown(rows)}: give a list of rows", field=name)
    check_rows(len(rows), limit, name, f"{name} has {plural(len(rows), 'row')}: give")
    return rows


def check_rows(count: int, limit: int, name: str, problem: str) -> None:
    """Raise RequestError, its sentence begun by `problem`, unless there are 1 to `limit` rows."""
    if not count:
        raise RequestError(f"{problem} 1 to {limit:,}", field=name)
    if count > limit:
        raise RequestError(f"{problem} 1 to {limit:,}", TOO_MANY_ROWS, field=name)
