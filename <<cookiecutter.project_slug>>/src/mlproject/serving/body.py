"""The body of a request, no longer and no slower than allowed."""

import asyncio

from starlette.requests import Request

from ..core.requests import RequestError
from .settings import ServeSettings


async def read(request: Request, settings: ServeSettings) -> bytes:
    """All bytes of the body. Raises RequestError where it is too long, too slow or encoded."""
    headers = request.headers
    if headers.get("content-encoding", "identity") != "identity":
        raise RequestError("send the body as it is, without Content-Encoding", 415)
    if "inference-header-content-length" in headers:
        raise RequestError("send tensors as JSON: binary data are not taken", 415)
    limit = settings.max_body_bytes
    told = headers.get("content-length", "0")
    if told.isdecimal() and int(told[:20]) > limit:
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
    return RequestError(f"the body is longer than {limit:,} bytes: send fewer rows at once", 413)
