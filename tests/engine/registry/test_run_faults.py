"""Which faults a task meets by trying again, with the errors the libraries themselves raise."""

import http.server
import socket
import ssl
import threading

import pytest

from level2.base import s3
from level2.base.errors import ProjectError
from level2.base.faults import may_pass
from level2.registry.mlflow import Registry


@pytest.fixture
def nobody():
    """An address nobody listens at."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{one.getsockname()[1]}"


@pytest.fixture
def answering():
    """A server that answers every request with one status, or breaks off."""
    running = []

    def start(status):
        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self):
                if status is None:
                    self.connection.close()
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            do_GET = do_POST = do_HEAD = do_PUT = answer  # noqa: N815  names of http.server

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        running.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield start
    for server in running:
        server.shutdown()
        server.server_close()


@pytest.fixture(autouse=True)
def _hasty(monkeypatch):
    for name, value in {
        "AWS_ACCESS_KEY_ID": "a",
        "AWS_SECRET_ACCESS_KEY": "b",
        "AWS_DEFAULT_REGION": "us-east-1",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "MLFLOW_HTTP_REQUEST_TIMEOUT": "2",
    }.items():
        monkeypatch.setenv(name, value)


def raised(call, *words):
    with pytest.raises(ProjectError) as caught:
        call(*words)
    return caught.value


def stored(address, monkeypatch, tmp_path):
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    return raised(s3.download, "s3://bucket/table.csv", tmp_path / "table.csv")


def test_a_server_that_is_not_there_may_come_back(nobody, monkeypatch, tmp_path):
    assert may_pass(stored(nobody, monkeypatch, tmp_path))
    assert may_pass(raised(Registry, nobody, tmp_path))


@pytest.mark.parametrize(
    ("status", "passes"),
    [(503, True), (500, True), (429, True), (None, True), (403, False), (404, False), (400, False)],
)
def test_what_the_server_answers_decides(status, passes, answering, monkeypatch, tmp_path):
    address = answering(status)
    found = stored(address, monkeypatch, tmp_path)
    assert may_pass(found) is passes
    assert (f"no response from {address}" in str(found)) is (status is None)
    assert may_pass(raised(Registry, address, tmp_path)) is passes


def chained(error):
    """A sentence of ours that comes from an error."""
    try:
        try:
            raise error
        except Exception as cause:
            raise ProjectError("why") from cause
    except ProjectError as made:
        return made


def test_a_mistake_and_a_wrong_certificate_stay_what_they_are():
    assert not may_pass(ProjectError("no rows: give some"))
    assert not may_pass(chained(KeyError("lost")))
    assert not may_pass(chained(FileNotFoundError(2, "gone")))
    assert not may_pass(chained(ssl.SSLCertVerificationError("self-signed")))
    assert may_pass(chained(ConnectionResetError(104, "reset")))
    assert may_pass(chained(TimeoutError("slow")))


def test_redis_that_is_away_may_come_back(nobody):
    redis = pytest.importorskip("redis")
    with pytest.raises(redis.exceptions.ConnectionError) as caught:
        redis.Redis(port=int(nobody.rpartition(":")[2])).ping()
    assert may_pass(chained(caught.value))
