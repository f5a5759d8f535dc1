"""The log of several replicas, copied in parts and read again as one: nothing lost, nothing twice.

A folder stands in for the object store here; tests/real/test_shared_log.py asks a real one.
"""

import json
import random
import sqlite3
import threading
import time
from contextlib import suppress
from uuid import uuid4

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from level2.base import s3
from level2.base.errors import ProjectError
from level2.data.feature import Feature
from level2.model.predictions import Entry
from level2.prediction_log import segments, shipping
from level2.prediction_log.feedback import SENT_BACK, Feedback
from level2.prediction_log.gathering import gather
from level2.prediction_log.shipping import Shipper, follow
from level2.prediction_log.sqlite_cases import SqliteCases
from level2.prediction_log.sqlite_log import SqliteLog
from level2.prediction_log.window import recent

FOLDER = "s3://bucket/log"
NOON = 1_700_049_600.0 - 1_700_049_600 % 3_600  # a whole hour
FEATURES = {"size": Feature(type="float")}


@pytest.fixture
def store(tmp_path, monkeypatch):
    """A folder with the same three verbs as base/s3.py."""
    root = tmp_path / "store"

    def put(content, uri):
        path = root / uri.removeprefix("s3://")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    def listed(folder):
        found = (root / folder.removeprefix("s3://")).rglob("*")
        return sorted(f"s3://{path.relative_to(root)}" for path in found if path.is_file())

    monkeypatch.setattr(s3, "put", put)
    monkeypatch.setattr(s3, "listed", listed)
    monkeypatch.setattr(
        s3, "contents", lambda uris: ((root / u.removeprefix("s3://")).read_bytes() for u in uris)
    )
    return root


def entry(number, at, version="1", key=("a", None), request=None):
    features = [json.dumps({"size": float(number)})]
    return Entry(request or f"r{number}", at, "m", version, [key], features, [number / 2])


def write(path, *entries):
    log = SqliteLog(path)
    log.write(entries)
    log.close()
    return path


def shipper(path):
    return Shipper(path, FOLDER, s3.put)


def window(path, version="1", days=30.0):
    return recent(path, "m", version, days, "shop", "shop_key", FEATURES, ())


def gathered(tmp_path, version="1", days=30.0):
    path = tmp_path / f"gathered-{uuid4().hex}.db"
    gather(FOLDER, "m", version, days, path)
    return window(path, version, days)


@pytest.mark.usefixtures("store")
def test_what_is_gathered_is_the_log_itself(tmp_path):
    """Versions, hours, days, repeated keys, times out of order, and feedback."""
    chance = random.Random(4)  # noqa: S311  no secret
    day = pd.Timestamp("2023-11-15", tz="UTC").to_pydatetime()
    entries, at = [], NOON
    for number in range(3_000):
        at += chance.choice([1.0, 20.0, 900.0])
        key = (chance.choice("abc"), day if number % 50 == 0 else None)
        version = "1" if number % 1_000 < 900 else "2"
        entries.append(entry(number, at - chance.choice([0.0, 0.0, 3.0]), version, key))
    log = write(tmp_path / "log.db", *entries)
    cases = SqliteCases(log)
    for number, value in ((5, 1.0), (2_700, 2.0), (2_700, 3.0), (2_899, 4.0)):
        assert cases.correct(Feedback(f"r{number}", 0, value), "m", at + value) == "1"
    assert shipper(log).ship() == 3_004
    assert shipper(log).ship() <= 1_000, "a new process sends only open parts again"
    for version, days in (("1", 30.0), ("2", 30.0), ("1", 0.5)):
        expected = window(log, version, days)
        assert len(expected) > (20 if days < 1 else 200)
        assert_frame_equal(gathered(tmp_path, version, days), expected)
    assert gathered(tmp_path)[SENT_BACK].dropna().tolist() == [1.0, 3.0, 4.0]
    assert gathered(tmp_path, "9").empty


def test_a_part_that_grows_replaces_itself(store, tmp_path):
    log = write(tmp_path / "log.db", entry(1, NOON))
    running = shipper(log)
    assert [running.ship(), running.ship()] == [1, 0]
    write(log, entry(2, NOON + 60))
    assert running.ship() == 1
    assert len(list(store.rglob("*.parquet"))) == 1
    write(log, entry(3, NOON + 3_600))
    assert [running.ship(), running.ship()] == [1, 0]
    assert len(list(store.rglob("*.parquet"))) == 2
    assert gathered(tmp_path)["size"].tolist() == [1.0, 2.0, 3.0]
    path = next(store.rglob("*.parquet")).relative_to(store / "bucket/log").as_posix()
    assert path.startswith(f"predictions/model=m/version=1/date={segments.day(NOON)}/")


@pytest.mark.usefixtures("store")
def test_a_kill_at_any_moment_loses_and_repeats_nothing(tmp_path, monkeypatch):
    """The store fails after every possible number of calls, before or after it has stored."""
    kept, calls = s3.put, []
    log = tmp_path / "log.db"
    for number in range(12):
        write(log, entry(number, NOON + number * 1_000))

        def put(content, uri):
            calls.append(uri)
            if len(calls) % 3 == 0:
                raise ProjectError("no response")
            kept(content, uri)
            if len(calls) % 3 == 1:
                raise KeyboardInterrupt

        monkeypatch.setattr(s3, "put", put)
        with suppress(ProjectError, KeyboardInterrupt):
            shipper(log).ship()
    assert len(calls) >= 12
    monkeypatch.setattr(s3, "put", kept)
    shipper(log).ship()
    assert gathered(tmp_path)["size"].tolist() == [float(number) for number in range(12)]


def test_a_part_has_a_bound_and_a_long_outage_is_caught_up(store, tmp_path, monkeypatch):
    monkeypatch.setattr(segments, "ROWS", 10)
    log = write(tmp_path / "log.db", *(entry(number, NOON + number) for number in range(95)))
    assert shipper(log).ship() == 95
    assert len(list(store.rglob("*.parquet"))) == 10
    assert len(gathered(tmp_path)) == 95


@pytest.mark.usefixtures("store")
def test_replicas_are_read_as_one_by_time_and_any_of_them_takes_feedback(tmp_path):
    first = write(tmp_path / "1.db", entry(1, NOON), entry(3, NOON + 20))
    second = write(tmp_path / "2.db", entry(2, NOON + 10), entry(1, NOON + 30, request="r9"))
    SqliteCases(second).pass_on(Feedback("r3", 0, 7.0), "m", NOON + 40)
    SqliteCases(second).pass_on(Feedback("nobody's", 0, 7.0), "m", NOON + 40)
    SqliteCases(second).pass_on(Feedback("r1", 0, 7.0), "another model", NOON + 40)
    for log in (first, second):
        shipper(log).ship()
    found = gathered(tmp_path)
    assert found["size"].tolist() == [1.0, 2.0, 3.0, 1.0]
    assert found[SENT_BACK].fillna(0).tolist() == [0.0, 0.0, 7.0, 0.0]


@pytest.mark.usefixtures("store")
def test_a_log_that_was_emptied_overwrites_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(segments, "ROWS", 2)
    log = write(tmp_path / "log.db", *(entry(number, NOON + number) for number in range(5)))
    shipper(log).ship()
    with sqlite3.connect(log) as connection:
        connection.execute("delete from predictions")
    write(log, entry(10, NOON + 10))
    shipper(log).ship()
    assert gathered(tmp_path)["size"].tolist() == [0.0, 1.0, 2.0, 3.0, 4.0, 10.0]


@pytest.mark.usefixtures("store")
def test_what_is_no_part_is_named(tmp_path):
    shipper(write(tmp_path / "log.db", entry(1, NOON))).ship()
    s3.put(b"not parquet", f"{FOLDER}/predictions/model=m/version=1/date=2030-01-01/x-1.parquet")
    with pytest.raises(ProjectError, match=r"2030-01-01/x-1.parquet is not a part of a prediction"):
        gathered(tmp_path)


@pytest.mark.usefixtures("store")
def test_no_log_yet_is_waited_for(tmp_path):
    assert shipper(tmp_path / "log.db").ship() == 0
    assert not (tmp_path / "log.db").exists()


def test_the_end_waits_for_the_service_but_not_for_ever(tmp_path, monkeypatch):
    path = tmp_path / "log.db"
    log = SqliteLog(path)
    log.write([entry(1, NOON)])

    def finish():
        log.write([entry(2, NOON + 1)])
        log.close()

    timer = threading.Timer(0.5, finish)
    timer.start()
    shipping._outlive(path)
    assert len(window(path)) == 2
    timer.join()
    other = SqliteLog(path)
    other.write([entry(3, NOON + 2)])
    monkeypatch.setattr(shipping, "_LINGER", 0.3)
    began = time.monotonic()
    shipping._outlive(path)
    assert 0.3 <= time.monotonic() - began < 5
    other.close()


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("", "PREDICTION_LOG is not set: name the folder to copy to, s3://bucket/folder"),
        ("bucket/folder", "`bucket/folder` is not an object"),
        ("s3://key:secret@bucket/folder", "`…@bucket/folder` is not an object"),
    ],
)
def test_an_address_that_is_none_is_refused(tmp_path, monkeypatch, value, said):
    monkeypatch.setenv("PREDICTION_LOG", value)
    with pytest.raises(ProjectError) as error:
        follow(tmp_path / "log.db", once=True)
    assert said in str(error.value)
    assert "secret" not in str(error.value)
