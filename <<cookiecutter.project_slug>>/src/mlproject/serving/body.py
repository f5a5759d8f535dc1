"""The body of a request, no longer and no slower than allowed."""

import asyncio
from typing import Protocol

from starlette.requests import Request

from ..core.requests import RequestError


class Limits(Protocol):
    """How long a body may be, and how long it may take."""

    @property
    def max_body_bytes(self) -> int:
        """Bytes."""

    @property
    def body_seconds(self) -> float:
        """Seconds."""


async def read(request: Request, settings: Limits) -> bytes:
    """All bytes of the body. Raises RequestError where it is too long, too slow or encoded."""
    limit = settings.max_body_bytes
    for name, value in request.scope["headers"]:
        if name == b"content-encoding" and value != b"identity":
            raise RequestError("send the body as it is, without Content-Encoding", 415)
        if name == b"inference-header-content-length":
            raise RequestError("send tensors as JSON: binary data are not taken", 415)
        if name == b"content-length" and value.isdigit() and int(value[:20]) > limit:
            raise _too_long(limit)
    parts, size = [], 0
    try:
        async with asyncio.timeout(settings.body_seconds):
            async for part in request.stream():
                size += len(part)
                if size > limit:
                    raise _too_long(limit)
                parts.append(part)
    except TimeoutError:
        raise RequestError(
            f"the body did not arrive within {settings.body_seconds:g} s: send it at once", 408
        ) from None
    return b"".join(parts)


def _too_long(limit: int) -> RequestError:
    return RequestError(f"the body is longer than {limit:,} bytes: send less at once", 413)
