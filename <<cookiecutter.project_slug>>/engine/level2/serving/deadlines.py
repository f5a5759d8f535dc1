"""Things that must be done in time, watched by one timer for all: one each costs a request much."""

import asyncio
from collections.abc import Callable


class Deadlines:
    """Calls what is to be done about each thing that was not done in time."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._pending: dict[object, tuple[float, Callable[[], object]]] = {}  # the oldest first
        self._watching = False

    def begin(self, thing: object, late: Callable[[], object]) -> None:
        """Call `late` unless `thing` has ended in time. Call within the event loop."""
        loop = asyncio.get_running_loop()
        self._pending[thing] = loop.time() + self.seconds, late
        if not self._watching:
            self._watching = True
            loop.call_later(self.seconds, self._look, loop)

    def end(self, thing: object) -> bool:
        """Forget a thing; whether it was in time."""
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
