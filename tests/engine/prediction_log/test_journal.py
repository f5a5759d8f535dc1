"""The prediction log: what is added is written, a slow or broken disk is waited for and said."""

import asyncio
import threading

from level2.base.errors import ProjectError
from level2.model.predictions import Entry, as_json
from level2.prediction_log import journal
from level2.prediction_log.journal import BOUND, Journal
from level2.prediction_log.sqlite_log import SqliteLog
from level2.serving.model import Stamp
from level2.serving.model_slot import Slot
from level2.serving.prometheus import Metrics


def entry(number):
    return Entry(f"r{number}", 1.0, "m", "1", [("a", None)], as_json({"x": [float("nan")]}), [2.5])


class SlowSink:
    """A stand-in for a disk that hangs until it is let go."""

    def __init__(self, error=None):
        self.go, self.written, self.closed, self.error = threading.Event(), [], False, error

    def write(self, entries):
        self.go.wait(10)
        if self.error:
            raise self.error
        self.written += entries

    def close(self):
        self.closed = True


def add(sink, count, dropped, patience=0.2):
    async def work():
        log = Journal(sink, dropped.append)
        log.start()
        for number in range(count):
            await log.add(entry(number))
        sink.go.set()
        await log.close()

    journal_patience, journal._PATIENCE = journal._PATIENCE, patience
    try:
        asyncio.run(work())
    finally:
        journal._PATIENCE = journal_patience


def test_everything_added_is_written_in_order_before_the_end():
    sink, dropped = SlowSink(), []
    sink.go.set()
    add(sink, 1_000, dropped)
    assert [item.request for item in sink.written] == [f"r{number}" for number in range(1_000)]
    assert (dropped, sink.closed) == ([], True)


def test_no_more_than_the_bound_is_ever_unwritten():
    sink, dropped = SlowSink(), []
    add(sink, BOUND + 3, dropped)
    assert len(sink.written) == BOUND
    assert dropped == [1, 1, 1], "the rest waited, then was answered unlogged and counted"


def test_a_broken_disk_is_counted_and_said_once(capsys):
    sink, dropped = SlowSink(OSError("no space")), []
    sink.go.set()
    add(sink, 600, dropped)
    assert sum(dropped) == 600
    assert capsys.readouterr().err.count("predictions are not logged: no space") == 1


def test_rows_are_there_for_another_reader_at_once(tmp_path):
    first, second = SqliteLog(tmp_path / "log.db"), SqliteLog(tmp_path / "log.db")
    first.write([entry(1)])
    second.write([entry(2)])
    found = second._store.execute("select request, entity, features, prediction from predictions")
    assert found.fetchall() == [
        ("r1", "a", '{"x":null}', "2.5"),
        ("r2", "a", '{"x":null}', "2.5"),
    ]


class Registry:
    """A stand-in for a registry that can be told what to say."""

    moves = True

    def __init__(self):
        self.stamp, self.fault, self.broken = Stamp("m", "1", "d1"), None, False

    def current(self):
        if self.fault:
            raise self.fault
        return self.stamp

    def load(self, stamp):
        if self.broken:
            raise ValueError("not a model")
        return type("Loaded", (), {"stamp": stamp, "edges": (float(stamp.version),)})


def test_only_a_good_model_takes_the_place(capsys):
    source, metrics = Registry(), Metrics()
    slot = Slot(source, metrics)
    source.stamp, source.broken = Stamp("m", "2", "d2"), True
    slot.reload()
    slot.reload()
    assert slot.served.stamp.version == "1"
    assert capsys.readouterr().err.count("v1 keeps serving: not a model") == 1
    source.broken, source.fault = False, ProjectError("no answer")
    slot.reload()
    assert slot.served.stamp.version == "1"
    source.fault = None
    slot.reload()
    slot.reload()
    assert slot.served.stamp.version == "2"
    text = metrics.text().decode()
    for outcome, count in (("refused", 2), ("unreachable", 1), ("done", 1)):
        assert f'serving_reloads_total{{outcome="{outcome}"}} {count}.0' in text
    assert 'model_info{model="m",sha256="d2",version="2"} 1.0' in text
    assert 'version="1"' not in text
    assert 'serving_prediction_bucket{le="2.0"}' in text
