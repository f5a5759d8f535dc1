"""A stand-in of a store that does not come back: refused in time, then at once, then read."""

import asyncio
import threading
import time
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from level2.data.feature import Feature
from level2.data.requests import Key, RequestError
from level2.serving.lookup import Lookup
from level2.serving.prometheus import Metrics

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
            with pytest.raises(RequestError, match=r"does not respond within 0\.3 s") as refused:
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


class Slow:
    """Takes a while, and remembers what it was asked at once."""

    def __init__(self, version):
        self.version, self.asked = version, []

    def read(self, entities):
        time.sleep(0.05)
        self.asked.append(list(entities))
        day = datetime(2024, 1, 1, tzinfo=UTC)
        return [({"size": float(name)}, day) if name != "none" else None for name in entities]


def served(version):
    return SimpleNamespace(**{**vars(SERVED), "stamp": SimpleNamespace(version=version)})


def ask(*asked, patience=5.0):
    """Answers of requests that are sent together, and the stores that were opened."""
    stores = []

    def connect():
        stores.append(Slow(len(stores)))
        return stores[-1]

    async def work():
        lookup = Lookup(connect, Metrics(), patience)
        one = (
            lookup.columns(served(version), [{"site": name} for name in names])
            for version, *names in asked
        )
        found = await asyncio.gather(*one, return_exceptions=True)
        lookup.close()
        return found

    return asyncio.run(work()), stores


def test_requests_that_wait_share_a_read_and_each_gets_its_own():
    found, (store,) = ask(("1", "1"), ("1", "2", "3"), ("1", "none"), ("1", "4"))
    assert len(store.asked) < 4
    assert sum(map(len, store.asked)) == 5
    assert found[0][1] == {"size": [1.0]}
    assert found[1][1] == {"size": [2.0, 3.0]}
    assert "does not know none" in str(found[2]), "the others are not refused with it"
    assert found[3][1] == {"size": [4.0]}


def test_a_read_is_shared_by_one_version_only():
    found, stores = ask(("1", "1"), ("1", "2"), ("2", "3"), ("2", "4"), ("1", "5"))
    assert [columns["size"] for _, columns in found] == [[1.0], [2.0], [3.0], [4.0], [5.0]]
    assert all(len({*names}) == len(names) for store in stores for names in store.asked)


def test_a_read_does_not_grow_without_end():
    names = [str(number) for number in range(600)]
    found, (store,) = ask(("1", "1"), ("1", *names), ("1", *names))
    assert max(map(len, store.asked)) <= 1_000
    assert sum(map(len, store.asked)) == 1_201
    assert found[2][1]["size"] == [float(name) for name in names]
