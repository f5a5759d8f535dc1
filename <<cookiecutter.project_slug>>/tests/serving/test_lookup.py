"""A stand-in of a store that does not come back: refused in time, then at once, then read."""

import asyncio
import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from mlproject.adapters.prometheus import Metrics
from mlproject.core.contract import Feature
from mlproject.core.requests import Key, RequestError
from mlproject.serving.lookup import Lookup

SERVED = SimpleNamespace(
    key=Key("site", None, "day"),
    features={"size": Feature(type="float")},
    stamp=SimpleNamespace(version="1"),
)


class Frozen:
    """Answers once it is let go."""

    def __init__(self):
        self.go = threading.Event()

    def read(self, entities):
        assert self.go.wait(10)
        return [({"size": 2.5}, datetime(2024, 1, 1, tzinfo=UTC)) for _ in entities]


def test_a_frozen_store_is_given_up_and_comes_back():
    store, metrics, took = Frozen(), Metrics(), []

    async def work():
        lookup = Lookup(lambda: store, metrics, patience=0.3)
        for _ in range(2):
            began = time.monotonic()
            with pytest.raises(RequestError, match=r"does not answer within 0\.3 s") as refused:
                await lookup.columns(SERVED, [{"site": "a"}])
            took.append(time.monotonic() - began)
            assert refused.value.status == 503
        store.go.set()
        await asyncio.sleep(0.2)
        found = await lookup.columns(SERVED, [{"site": "a"}])
        lookup.close()
        return found

    keys, columns = asyncio.run(work())
    assert (keys, columns) == ([("a", datetime(2024, 1, 1, tzinfo=UTC))], {"size": [2.5]})
    assert took[0] >= 0.3
    assert took[1] < 0.2, "nobody waits for what is known to hang"
    assert metrics.store_errors._value.get() == 2
