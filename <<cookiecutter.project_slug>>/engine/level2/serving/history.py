"""Read the prediction log beside requests: earlier predictions, and feedback."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

from ..base.errors import ProjectError
from ..data.requests import RequestError
from ..features.series import Answered
from ..prediction_log.feedback import Feedback

_MOST = 400  # rows read for a series
_TRIES, _PAUSE = 4, 0.05  # seconds: an answer is in the log a moment after it was given
Found = TypeVar("Found")


class Cases(Protocol):
    """Looks up logged rows."""

    def correct(self, said: Feedback, model: str, at: float) -> str | None:
        """Store the true value of a row; its version, None for an unknown row."""

    def pass_on(self, said: Feedback, model: str, at: float) -> None:
        """Store the true value of a row that another replica logged."""

    def recent(self, model: str, entity: str | None, most: int) -> list[Answered]:
        """The newest logged rows, of one entity or of all."""

    def close(self) -> None:
        """Release the resource."""


class History:
    """Has its own thread, so that a slow disk does not stop predictions.

    With `shared`, other replicas' logs and this one meet elsewhere: any of them takes feedback.
    """

    def __init__(self, cases: Cases, shared: bool = False) -> None:
        self._cases, self._shared = cases, shared
        self._thread = ThreadPoolExecutor(1, "history")

    async def correct(self, said: Feedback, model: str, at: float) -> str | None:
        """Store the true value; returns the row's version, None if another replica answered it.

        Raises RequestError.
        """
        for _ in range(_TRIES):
            version = await self._run(lambda: self._cases.correct(said, model, at))
            if version is not None:
                return version
            await asyncio.sleep(_PAUSE)
        if self._shared:
            return await self._run(lambda: self._cases.pass_on(said, model, at))
        raise RequestError(
            f"the log has no row {said.row} of request {said.request}: give the `id` of an answer",
            404,
            "request",
        )

    async def recent(self, model: str, entity: str | None) -> list[Answered]:
        """The newest logged rows, of one entity or of all. Raises RequestError."""
        return await self._run(lambda: self._cases.recent(model, entity, _MOST))

    async def _run(self, work: Callable[[], Found]) -> Found:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        except ProjectError as error:
            raise RequestError(str(error), 503) from error

    def close(self) -> None:
        """Finish pending work and close."""
        self._thread.submit(self._cases.close)
        self._thread.shutdown(wait=True)
