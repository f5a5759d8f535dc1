"""One timer for all: what is late is called once, what has ended never."""

import asyncio
import time

from level2.serving.deadlines import Deadlines
from level2.serving.request_limits import Bodies

SECONDS = 0.1


def test_only_what_has_not_ended_in_time_is_called():
    called = {}

    async def work():
        deadlines, began = Deadlines(SECONDS), time.monotonic()
        for name in ("first", "ended", "second"):
            deadlines.begin(name, lambda name=name: called.setdefault(name, time.monotonic()))
            await asyncio.sleep(SECONDS / 4)
        assert deadlines.end("ended")
        await asyncio.sleep(2 * SECONDS)
        assert not deadlines.end("first"), "it was late"
        deadlines.begin("third", lambda: called.setdefault("third", time.monotonic()))
        await asyncio.sleep(2 * SECONDS)
        return {name: at - began for name, at in called.items()}

    found = asyncio.run(work())
    assert list(found) == ["first", "second", "third"]
    assert found["first"] >= SECONDS
    assert found["second"] >= 1.5 * SECONDS
    assert found["third"] >= 3.5 * SECONDS, "the timer begins again after it had nothing to watch"


class Silent:
    """A request whose body never comes."""

    def __init__(self):
        self.scope = {"headers": []}

    async def receive(self):
        await asyncio.sleep(60)


class Limits:
    """Those of a service."""

    max_body_bytes, body_seconds = 1_000, 60.0


def test_a_request_that_somebody_else_ends_is_not_told_that_it_was_slow():
    async def work():
        reading = asyncio.ensure_future(Bodies(Limits()).read(Silent()))
        await asyncio.sleep(0.01)
        reading.cancel()
        await asyncio.wait([reading])
        return reading.cancelled()

    assert asyncio.run(work())
