"""Deadlines watched by a single timer, because one per request would be expensive."""

import asyncio
from collections.abc import Callable


class Deadlines:
    """Calls a function for each thing that is not done in time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._pending: dict[object, tuple[float, Callable[[], object]]] = {}  # the oldest first
        self._watching = False

    def begin(self, thing: object, late: Callable[[], object]) -> None:
        """Call `late` unless `thing` ends in time. Call within the event loop."""
        loop = asyncio.get_running_loop()
        self._pending[thing] = loop.time() + self.seconds, late
        if not self._watching:
            self._watching = True
            loop.call_later(self.seconds, self._look, loop)

    def end(self, thing: object) -> bool:
        """Forget a thing; return whether it was in time."""
        return self._pending.pop(thing, None) is not None

    def _look(self, loop: asyncio.AbstractEventLoop) -> None:
        while self._pending:
            thing, (until, late) = next(iter(self._pending.items()))
            if until > loop.time():
                loop.call_at(until, self._look, loop)
                return
            del self._pending[thing]
            late()
        self._watching = False
