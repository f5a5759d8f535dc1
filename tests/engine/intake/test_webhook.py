"""The webhook as a process; events are posted as MinIO does, GitHub is a stand-in over HTTP."""

import http.client
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager

import pytest

from layout import PROJECT
from servers.github_api import TOKEN, Recorder

ROOT = PROJECT
PACKAGE = "level2"
SECRET = "a-shared-secret-of-this-test"
OURS = "s3://tables/in/"


def environment(github, **settings):
    known = {
        "WEBHOOK_SECRET": SECRET,
        "WEBHOOK_OBJECTS": OURS,
        "GITHUB_API_URL": github.address,
        "GITHUB_REPOSITORY": github.repository,
        "GITHUB_TOKEN": TOKEN,
        "PYTHONPATH": str(ROOT / "engine"),
    }
    return {"PATH": os.environ["PATH"], **known, **settings}


def command(folder, github, *words, **settings):
    return subprocess.run(
        [sys.executable, "-m", PACKAGE, "webhook", "--port", "0", *words],
        cwd=folder,
        env=environment(github, **settings),
        capture_output=True,
        text=True,
        timeout=60,
    )


class Hook:
    """A running webhook."""

    def __init__(self, process):
        self.process, self.first = process, process.stdout.readline()
        self.port = int(re.search(r"127\.0\.0\.1:(\d+)/events", self.first)[1])

    def ask(self, method="POST", path="/events", body=b"", **headers):
        """(status, JSON) of one request."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read())
        finally:
            connection.close()

    def tell(self, *items, authorization=f"Bearer {SECRET}"):
        """Post one notification of objects as (key, etag, sequencer)."""
        body = json.dumps({"Records": [record(*item) for item in items]}).encode()
        return self.ask(body=body, authorization=authorization)


def record(key="in/load.csv", etag="a", order="1", bucket="tables"):
    thing = {"key": key, "eTag": etag, "sequencer": order, "size": 5}
    s3 = {"bucket": {"name": bucket}, "object": thing}
    return {"eventName": "s3:ObjectCreated:Put", "s3": s3}


@contextmanager
def running(folder, github, **settings):
    with subprocess.Popen(
        [sys.executable, "-m", PACKAGE, "webhook", "--port", "0"],
        cwd=folder,
        env=environment(github, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield Hook(process)
        finally:
            if process.poll() is None:
                process.terminate()


@pytest.fixture
def github():
    with Recorder() as server:
        yield server


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """One webhook for the tests that only ask; its GitHub forgets between them."""
    with Recorder() as server, running(tmp_path_factory.mktemp("webhook"), server) as hook:
        yield hook, server


@pytest.fixture
def hook(shared):
    shared[1].dispatches.clear()
    return shared[0]


@pytest.fixture
def sent(shared):
    return shared[1].dispatches


def test_a_new_object_starts_ct_once(hook, sent):
    assert hook.tell(("in/one.csv",)) == (200, {"dispatched": True, "new": 1, "known": 0})
    assert sent == [{"event_type": "new-data"}]
    assert hook.tell(("in/one.csv",)) == (200, {"dispatched": False, "new": 0, "known": 1})
    assert hook.tell(("in/one.csv", "a", "2"))[1]["dispatched"] is False, "the same bytes again"
    assert hook.tell(("in/one.csv", "b", "3"))[1]["dispatched"] is True
    assert hook.tell(("in/one.csv", "a", "2"))[1]["dispatched"] is False, "an old event, late"
    assert hook.tell(("in/one.csv", "a", "4"))[1]["dispatched"] is True, "taken back to what it was"
    assert len(sent) == 3


def test_many_objects_at_once_are_one_run(hook, sent):
    found = hook.tell(*((f"in/part-{number}.csv",) for number in range(20)))
    assert found == (200, {"dispatched": True, "new": 20, "known": 0})
    assert len(sent) == 1


def test_what_is_not_asked_for_starts_nothing(hook, sent):
    nothing = (200, {"dispatched": False, "new": 0, "known": 0})
    assert hook.tell(("out/two.csv",)) == nothing
    assert hook.tell(("in/two.csv", "a", "1", "others")) == nothing
    assert sent == []


def test_one_event_many_times_at_once_is_one_run(hook, sent):
    answers = []
    tell = [
        threading.Thread(target=lambda: answers.append(hook.tell(("in/race.csv",))))
        for _ in range(12)
    ]
    for thread in tell:
        thread.start()
    for thread in tell:
        thread.join()
    assert [status for status, _ in answers] == [200] * 12
    assert sum(found["dispatched"] for _, found in answers) == 1
    assert len(sent) == 1


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer ", f"Bearer {SECRET}x", f"Bearer {SECRET[:-1]}", "Basic abc", SECRET.upper(), "ä"],
)
def test_whoever_does_not_know_the_secret_is_refused(hook, sent, authorization):
    status, said = hook.tell(("in/secret.csv",), authorization=authorization)
    assert (status, SECRET in json.dumps(said)) == (401, False)
    assert sent == []
    assert hook.tell(("in/secret.csv",), authorization=SECRET)[0] == 200, "with or without Bearer"


def test_without_the_secret_no_body_is_read(hook):
    with socket.create_connection(("127.0.0.1", hook.port), timeout=10) as peer:
        peer.sendall(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n{")
        assert peer.recv(200).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400),
        (b"not json", 400),
        (b"[]", 422),
        (b"\xff\xfe", 400),
        (b"[" * 100_000, 400),
        (b'{"Records": [{"eventName": 1}]}', 422),
        (b" " * 300_000, 413),
    ],
)
def test_what_is_no_notification_is_a_sentence(hook, sent, body, status):
    found, said = hook.ask(body=body, authorization=SECRET)
    assert (found, list(said)) == (status, ["error"])
    assert sent == []


def test_a_body_without_a_length_is_cut_off(hook, sent):
    def endless():
        yield from [b" " * 65_536] * 40

    connection = http.client.HTTPConnection("127.0.0.1", hook.port, timeout=30)
    try:
        connection.request("POST", "/events", endless(), {"Authorization": SECRET})
        assert connection.getresponse().status == 413
    except (BrokenPipeError, ConnectionResetError):
        pass  # it has hung up before all was sent
    finally:
        connection.close()
    assert sent == []


def test_probes_are_answered_and_nothing_else(hook):
    assert hook.ask("GET", "/healthz") == (200, {"status": "ok"})
    assert hook.ask("GET", "/events")[0] == 405
    assert hook.ask("GET", "/docs")[0] == 404


def test_what_was_acted_on_is_known_after_a_kill(tmp_path, github):
    with running(tmp_path, github) as hook:
        assert hook.tell(("in/load.csv",))[1]["dispatched"] is True
        hook.process.kill()
    with running(tmp_path, github) as hook:
        assert hook.tell(("in/load.csv",))[1]["dispatched"] is False
        hook.process.send_signal(signal.SIGTERM)
        assert hook.process.wait(30) == 0
    assert len(github.dispatches) == 1
    with sqlite3.connect(tmp_path / "data/webhook.db") as store:
        assert store.execute("select bucket, key, etag from objects").fetchall() == [
            ("tables", "in/load.csv", "a")
        ]


@pytest.mark.slow
def test_an_event_that_github_did_not_take_is_asked_for_again(tmp_path, github):
    """The store sends again what is not answered by 200; then the event is taken."""
    address = github.address
    github.__exit__()
    with Recorder() as later:
        with running(tmp_path, github) as hook:
            status, said = hook.tell(("in/load.csv",))
            assert (status, TOKEN in json.dumps(said)) == (502, False)
        with running(tmp_path, later) as hook:
            assert hook.tell(("in/load.csv",))[1]["dispatched"] is True
        assert (len(github.dispatches), len(later.dispatches)) == (0, 1)
        assert later.address != address


@pytest.fixture
def github_that_refuses(github):
    return {"GITHUB_TOKEN": "another-token"}, github


def test_a_wrong_token_is_said_without_the_token(tmp_path, github_that_refuses):
    settings, github = github_that_refuses
    with running(tmp_path, github, **settings) as hook:
        assert hook.tell(("in/load.csv",))[0] == 502
        hook.process.terminate()
        said = hook.process.stderr.read()
    assert "GitHub answered 401 to POST /dispatches" in said
    assert "another-token" not in said
    assert SECRET not in said


def slow(*values):
    return pytest.param(*values, marks=pytest.mark.slow)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"WEBHOOK_SECRET": ""}, "WEBHOOK_SECRET needs 16 characters or more"),
        slow({"WEBHOOK_SECRET": "short"}, "WEBHOOK_SECRET needs 16 characters or more"),
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
        slow({"GITHUB_REPOSITORY": ""}, "GITHUB_REPOSITORY names the repository"),
        slow({"GITHUB_REPOSITORY": "a/b/../c"}, "GITHUB_REPOSITORY names the repository"),
        slow({"WEBHOOK_OBJECTS": "https://x/"}, "WEBHOOK_OBJECTS names an object or a folder"),
        slow({"WEBHOOK_MAX_BODY_BYTES": "many"}, "WEBHOOK_MAX_BODY_BYTES: input should be"),
        ({"WEBHOOK_RECORD": "/proc/none/x.db"}, "the record of objects cannot be opened"),
    ],
)
def test_a_setting_that_cannot_be_ends_the_start(tmp_path, github, settings, said):
    done = command(tmp_path, github, **settings)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "short" not in done.stderr.replace("shortest", "")


def test_without_a_folder_named_the_raw_table_is_what_is_waited_for(tmp_path, github):
    params = (ROOT / "params.yaml").read_text()
    (tmp_path / "params.yaml").write_text(params)
    done = command(tmp_path, github, WEBHOOK_OBJECTS="")
    assert "data.source is data/raw/load.csv, no object of a store" in done.stderr
    source = "s3://tables/in/load.csv"
    (tmp_path / "params.yaml").write_text(params.replace("data/raw/load.csv", source))
    with running(tmp_path, github, WEBHOOK_OBJECTS="") as hook:
        assert hook.first.strip().endswith(f"for {source}")
        assert hook.tell(("in/load.csv", "a", "1"), ("in/other.csv", "a", "1"))[1]["new"] == 1
