"""The prediction log's queue: written in the background, bounded, without lost rows."""

import asyncio
import sys
import threading
import time
from collections.abc import Callable

from ..model.predictions import Entry, Sink

BOUND = 256  # answered requests that a killed process may lose, at most
_ROWS = 4_096  # rows of them that may wait: what they take of the memory
_GATHER = 0.02  # seconds of entries that share one commit
_PATIENCE = 1.0  # seconds a request waits for room before it is answered unlogged
_SILENCE = 60.0  # seconds between two complaints


class Journal:
    """Queue and writing thread. Use `start` and `close` within the event loop."""

    def __init__(self, sink: Sink, dropped: Callable[[int], None]) -> None:
        self._sink, self._dropped = sink, dropped
        self._waiting: list[Entry] = []
        self._unwritten = self._rows = 0  # those of `_waiting` and those being committed
        self._lock, self._wake = threading.Lock(), threading.Event()
        self._closing = False
        self._complained = -_SILENCE

    def start(self) -> None:
        """Start writing."""
        self._loop, self._room = asyncio.get_running_loop(), asyncio.Event()
        self._thread = threading.Thread(target=self._work, name="prediction-log", daemon=True)
        self._thread.start()

    async def add(self, entry: Entry) -> None:
        """Add an entry; with BOUND of them unwritten, or many rows, wait for the disk first."""
        if self._full() and not await self._space():
            self._dropped(len(entry.keys))
            return
        with self._lock:
            self._waiting.append(entry)
            self._unwritten += 1
            self._rows += len(entry.keys)
        if not self._wake.is_set():
            self._wake.set()

    def _full(self) -> bool:
        return self._unwritten >= BOUND or self._rows >= _ROWS

    async def _space(self) -> bool:
        """Wait for space, for a limited time."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while self._full():
                    self._room.clear()
                    await self._room.wait()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        """Write what is left and close the sink."""
        self._closing = True
        self._wake.set()
        await asyncio.to_thread(self._thread.join)

    def _work(self) -> None:
        while not (self._closing and not self._waiting):
            self._wake.wait()
            if not self._closing:
                time.sleep(_GATHER)
            self._wake.clear()
            with self._lock:
                entries, self._waiting = self._waiting, []
            if entries:
                self._write(entries)
        self._sink.close()

    def _write(self, entries: list[Entry]) -> None:
        rows = sum(len(entry.keys) for entry in entries)
        try:
            self._sink.write(entries)
        except Exception as error:  # predictions go on: what is lost is counted
            self._dropped(rows)
            self._complain(error)
        with self._lock:
            self._unwritten -= len(entries)
            self._rows -= rows
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._room.set)

    def _complain(self, error: Exception) -> None:
        if time.monotonic() - self._complained >= _SILENCE:
            self._complained = time.monotonic()
            print(f" log       predictions are not logged: {error!s:.200}", file=sys.stderr)
