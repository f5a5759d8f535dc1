"""The current model, replaced as a whole when the champion changes."""

import asyncio
import sys
import time

from ..base.errors import ProjectError
from .model import Served, Stamp
from .prometheus import Metrics
from .sources import Source


class Slot:
    """Holds one loaded version. Raises ProjectError if there is none to start with.

    If `only` is given, no model with another digest is served.
    """

    def __init__(self, source: Source, metrics: Metrics, only: str = "") -> None:
        self._source, self._metrics, self._only = source, metrics, only
        self._complaint = ""
        self.served = self._load(source.current())
        self._tell(self.served)

    def reload(self) -> None:
        """Serve the champion if it has changed; if anything is wrong with it, keep the old one."""
        outcome = "unreachable"
        try:
            stamp = self._source.current()
            if stamp == self.served.stamp:
                self._complaint = ""
                return
            outcome = "refused"
            served = self._load(stamp)
        except Exception as error:
            self._metrics.reloads.labels(outcome).inc()
            self._complain(f"{error!s:.300}")
            return
        self._complaint = ""
        self._tell(served)
        self._metrics.reloads.labels("done").inc()
        self.served = served  # one assignment: a request has the old one or the new one
        print(f" reload    {stamp.name} v{stamp.version}", file=sys.stderr, flush=True)

    async def follow(self, seconds: float) -> None:
        """Check for another champion every so many seconds, until cancelled."""
        while self._source.moves:
            await asyncio.sleep(seconds)
            await asyncio.to_thread(self.reload)

    def _load(self, stamp: Stamp) -> Served:
        if self._only and stamp.digest != self._only:
            raise ProjectError(
                f"{stamp.name} v{stamp.version} is not the model to be served here: its SHA-256 is "
                f"{stamp.digest[:12] or 'unknown'}…, SERVE_SHA256 says {self._only[:12]}…"
            )
        return self._source.load(stamp)

    def _tell(self, served: Served) -> None:
        self._metrics.serve(served.stamp, served.edges, time.time())

    def _complain(self, problem: str) -> None:
        """Report a problem once, not at every check."""
        if problem != self._complaint:
            self._complaint = problem
            stays = f"v{self.served.stamp.version} keeps serving"
            print(f" reload    {stays}: {problem}", file=sys.stderr, flush=True)
