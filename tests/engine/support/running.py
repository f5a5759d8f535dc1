"""Start the real service as a process on a free port, ask it, stop it by its own process id."""

import concurrent.futures
import http.client
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

from layout import PROJECT

ROOT = PROJECT
PACKAGE = "level2"
STARTED = "from level2.cli import main\nmain()"


def environment(**settings):
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("MLFLOW_", "SERVE_"))
    }
    return {**kept, "PYTHONPATH": str(ROOT / "engine"), "OMP_NUM_THREADS": "1", **settings}


def command(folder, *words, **settings):
    return subprocess.run(
        [sys.executable, "-m", PACKAGE, *words],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        timeout=300,
    )


class Server:
    """A running service."""

    def __init__(self, process, first):
        self.process, self.first = process, first
        found = re.search(r"127\.0\.0\.1:(\d+)", first)
        assert found, first + process.stderr.read()
        self.port = int(found[1])
        self.said = []
        self._listener = threading.Thread(target=self._listen, daemon=True)
        self._listener.start()

    def _listen(self):
        self.said.extend(self.process.stderr)

    def ask(self, method, path, body=None, **headers):
        """(status, headers, body) of one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            data = body if isinstance(body, bytes | None) else json.dumps(body).encode()
            connection.request(method, path, data, headers)
            answer = connection.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            connection.close()

    def post(self, path, body, **headers):
        """(status, JSON) of a POST."""
        status, _, data = self.ask("POST", path, body, **headers)
        return status, json.loads(data)

    def get(self, path):
        """(status, JSON) of a GET."""
        status, _, data = self.ask("GET", path)
        return status, json.loads(data)

    def metrics(self):
        """Samples of /metrics by name with labels."""
        text = self.ask("GET", "/metrics")[2].decode()
        lines = [line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#")]
        return {name: float(value) for name, value in lines}

    def kill(self):
        self.process.kill()
        self.process.wait(30)

    def stop(self):
        """SIGTERM; returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self._listener.join(10)
        return code


@contextmanager
def serving(folder, *words, code=None, **settings):
    """The service of a project folder; `code` runs first in its process."""
    start = ["-c", f"{code}\n{STARTED}"] if code else ["-m", PACKAGE]
    process = subprocess.Popen(
        [sys.executable, *start, "serve", "--port", "0", *words],
        cwd=folder,
        env=environment(**settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield Server(process, process.stdout.readline())
    finally:
        if process.poll() is None:
            process.kill()
        process.wait(30)
        process.stdout.close()


def logged(path, question="select * from predictions"):
    with sqlite3.connect(path) as store:
        return store.execute(question).fetchall()


@contextmanager
def held(server, sent, length=5_000):
    """A request whose body has begun to arrive and has not ended."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.putrequest("POST", "/predict")
    connection.putheader("Content-Length", str(length))
    connection.endheaders(sent)
    try:
        yield connection
    finally:
        connection.close()


class Load:
    """Clients that ask all the time."""

    def __init__(self, port, body, clients=4):
        self.port, self.body, self.answers, self.failures = port, json.dumps(body), [], []
        self.seconds = []
        self.stopped = False
        self.pool = concurrent.futures.ThreadPoolExecutor(clients)
        self.work = [self.pool.submit(self.ask) for _ in range(clients)]

    def ask(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self.stopped:
            began = time.monotonic()
            try:
                connection.request("POST", "/predict", self.body)
                answer = connection.getresponse()
                data = json.loads(answer.read())
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                return
            self.seconds.append(time.monotonic() - began)
            if answer.status == 200:
                self.answers.append((data["id"], data["version"], data["predictions"][0]))
            else:
                self.failures.append(data)

    def stop(self):
        self.stopped = True
        self.pool.shutdown()


def resident(process):
    """Megabytes of memory of a process."""
    with open(f"/proc/{process.pid}/status") as status:
        (line,) = [line for line in status if line.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


def until(true, seconds=20):
    """Wait until something is true. Raises AssertionError."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not become true"
        time.sleep(0.05)
