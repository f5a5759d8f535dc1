"""`POST /features`: new rows of a source into the online store, from whoever has the token."""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

from fastapi import FastAPI, Request, Response

from ..base.errors import ProjectError
from ..data.requests import RequestError, parse
from .request_limits import Bodies, batch
from .responses import answer
from .service import Service

SHORTEST = 16  # characters of the token


class Writer(Protocol):
    """Feast's online store, for writing."""

    def send(self, name: str, rows: list[Any]) -> Mapping[str, int]:
        """Check and write rows of a source; what became of them. Raises RequestError."""


class Pushes:
    """Writes rows in a thread of its own, one request at a time."""

    def __init__(self, connect: Callable[[], Writer], token: str, patience: float) -> None:
        """Raise ProjectError for a token that could be guessed."""
        if len(token) < SHORTEST:
            raise ProjectError(
                f"SERVE_FEATURES_TOKEN needs {SHORTEST} characters or more: "
                "`openssl rand -hex 32` makes one"
            )
        self._connect, self._token, self._patience = connect, token.encode(), patience
        self._thread = ThreadPoolExecutor(1, "pushes")
        self._writer: Writer | None = None
        self._version = ""

    def admit(self, authorization: str) -> None:
        """Raise RequestError for a sender without the token."""
        given = authorization.removeprefix("Bearer ").encode()
        if not hmac.compare_digest(given, self._token):
            raise RequestError("the header Authorization does not hold SERVE_FEATURES_TOKEN", 401)

    async def write(self, version: str, name: str, rows: list[Any]) -> Mapping[str, int]:
        """Write rows of a source of this version of the model. Raises RequestError.

        A write that is late goes on; sent again, the rows count once.
        """
        loop = asyncio.get_running_loop()
        try:  # opening may take longer: the first time imports Feast
            writer = await loop.run_in_executor(self._thread, self._opened, version)
            work = loop.run_in_executor(self._thread, writer.send, name, rows)
            return await asyncio.wait_for(work, self._patience)
        except TimeoutError:
            late = f"the online store does not respond within {self._patience:g} s"
            raise RequestError(late, 503) from None
        except RequestError:
            raise
        except ProjectError as error:
            raise RequestError(str(error), 503) from error

    def _opened(self, version: str) -> Writer:
        """The store as it is declared now, because another model may have other sources."""
        if self._writer is None or self._version != version:
            self._writer, self._version = self._connect(), version
        return self._writer

    def close(self) -> None:
        """Finish what was begun."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def install(app: FastAPI, service: Service, bodies: Bodies) -> None:
    """Add the endpoint; without a token it refuses everybody."""

    @app.post("/features")
    async def pushed(request: Request) -> Response:
        if service.pushes is None:
            raise RequestError(
                "this service takes no features: it was started without SERVE_FEATURES_TOKEN", 403
            )
        service.pushes.admit(request.headers.get("authorization", ""))
        payload = parse(await bodies.read(request))
        if type(payload) is not dict or payload.keys() != {"source", "rows"}:
            raise RequestError("give an object with `source` and `rows`", field="source")
        name, rows = payload["source"], batch(payload, "rows", service.settings.max_rows)
        if type(name) is not str:
            raise RequestError("source is the name of one of data.sources", field="source")
        version = service.slot.served.stamp.version
        return answer({"source": name, **await service.pushes.write(version, name, rows)})
