"""HTTP load by wrk, a process of its own on another core than the servers it asks."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from measure import MeasureError

SCRIPT = Path(__file__).with_name("load.lua")
PATIENCE = 60.0  # seconds a server has to start


@dataclass(frozen=True)
class Rate:
    """What one stretch of load found."""

    each_second: float
    p99: float  # ms


@dataclass(frozen=True)
class Server:
    """A server that is ready, and how long that took."""

    process: subprocess.Popen[bytes]
    port: int
    seconds: float

    def megabytes(self) -> float:
        """Resident memory."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        (line,) = [line for line in lines if line.startswith("VmRSS")]
        return int(line.split()[1]) / 1024

    def ask(self, path: str, body: Any = None) -> Any:
        """JSON of one request. Raises MeasureError where it is refused."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            method, data = ("GET", None) if body is None else ("POST", json.dumps(body))
            connection.request(method, path, data, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            text = answer.read()
        finally:
            connection.close()
        if answer.status != 200:
            raise MeasureError(f"{path} answered {answer.status}: {text.decode()[:300]}")
        return json.loads(text) if text else None


def pinned(core: int, command: Sequence[str]) -> list[str]:
    """The command on one core, where there are two: servers on 0, clients on 1."""
    two = (os.cpu_count() or 1) > 1 and shutil.which("taskset")
    return [*(["taskset", "--cpu-list", str(core)] if two else []), *command]


def free_port() -> int:
    """A port nobody listens at."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def server(
    command: Sequence[str], port: int, ready: str, folder: Path, variables: Mapping[str, str]
) -> Iterator[Server]:
    """Start a server on core 0, wait until a page answers, end it by its own process group."""
    log = folder / f"server-{port}.log"
    began = time.perf_counter()
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603  measures run what they measure
            pinned(0, command),
            cwd=folder,
            env=dict(variables),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        while not _answers(port, ready):
            late = time.perf_counter() - began > PATIENCE
            if late or process.poll() is not None:
                raise MeasureError(f"{command[:4]} does not answer: {log.read_text()[-500:]}")
            time.sleep(0.01)
        yield Server(process, port, time.perf_counter() - began)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(30)


def _answers(port: int, ready: str) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", ready)
        return connection.getresponse().status in (200, 404, 405)
    except OSError:
        return False
    finally:
        connection.close()


def ask(port: int, path: str, body: Any, clients: int, seconds: int) -> Rate:
    """Ask for so many seconds. Raises MeasureError where a single answer is no 200."""
    if not shutil.which("wrk"):
        raise MeasureError("wrk is missing, which asks the servers: apt-get install wrk")
    words = ["--threads", "1", "--connections", str(clients), "--duration", f"{seconds}s"]
    url = f"http://127.0.0.1:{port}{path}"
    done = subprocess.run(  # noqa: S603  fixed words
        pinned(1, ["wrk", *words, "--timeout", "10s", "--script", str(SCRIPT), url]),
        env={**os.environ, "BODY": json.dumps(body)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise MeasureError(f"wrk ended with {done.returncode}: {done.stderr[-300:]}")
    found = json.loads(done.stdout.strip().splitlines()[-1])
    if found["failed"] or not found["requests"]:
        raise MeasureError(f"{url}: {found['failed']} of {found['requests']} requests failed")
    return Rate(found["requests"] / found["seconds"], found["p99"])
