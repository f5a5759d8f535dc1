"""Server processes for tests: on loopback, on a free port, stopped by their own process id."""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

QUIET = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}  # no dozen workers beside MLflow's server


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start(
    command: list[str], folder: Path, url: str, cwd: Path | None = None, **env: str
) -> subprocess.Popen:
    """Start a server in a process group of its own, its log in `folder`; wait until it answers."""
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / "server.log"
    with log.open("w") as file:
        process = subprocess.Popen(
            command,
            cwd=cwd or folder,
            stdout=file,
            stderr=file,
            env={**os.environ, **QUIET, **env},
            start_new_session=True,
        )
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        if process.poll() is not None:
            pytest.fail(f"{command[0]} ended: {log.read_text()}")
        if answers(url):
            return process
        time.sleep(0.2)
    stop(process)
    pytest.fail(f"no answer from {url}: {log.read_text()}")


def answers(url: str) -> bool:
    """Whether a page is there, or anybody listens where the address is no web address."""
    host, port = url.rsplit("/", 1)[-1].split(":") if url.startswith("tcp:") else ("", "")
    try:
        if port:
            with socket.create_connection((host, int(port)), timeout=2):
                return True
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def stop(process: subprocess.Popen) -> None:
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)


def minio(folder: Path, user: str, password: str, **more: str) -> tuple[str, subprocess.Popen]:
    """A real MinIO, with more settings if given; `make servers` builds it."""
    binary = os.environ.get("MINIO_BINARY", "minio")
    assert shutil.which(binary), "MinIO is missing: `make test-real` builds it, `make servers` too"
    url = f"http://127.0.0.1:{free_port()}"
    command = [binary, "server", "--quiet", "--address", url.removeprefix("http://"), "data"]
    env = {"MINIO_ROOT_USER": user, "MINIO_ROOT_PASSWORD": password, "MINIO_BROWSER": "off"}
    env |= {"MINIO_UPDATE": "off", **more}  # it would ask its maker for a newer one
    return url, start(command, folder, f"{url}/minio/health/ready", **env)


def redis(folder: Path) -> tuple[str, subprocess.Popen]:
    """A real Redis, nothing kept on disk."""
    port = free_port()
    command = ["redis-server", "--bind", "127.0.0.1", "--port", str(port)]
    command += ["--save", "", "--appendonly", "no"]
    return f"127.0.0.1:{port}", start(command, folder, f"tcp://127.0.0.1:{port}")


def initdb() -> Path | None:
    """PostgreSQL's program that makes a database, which Debian keeps in a folder of its own."""
    on_path = shutil.which("initdb")
    of_debian = max(Path("/usr/lib/postgresql").glob("*/bin/initdb"), default=None)
    return Path(on_path) if on_path else of_debian


@contextmanager
def postgres(folder: Path) -> Iterator[int]:
    """The port of a real PostgreSQL, which refuses to run as root: then it is its own user."""
    program, port = initdb(), free_port()
    assert program, "PostgreSQL is missing: `make test-real` installs it, `make servers` too"
    with tempfile.TemporaryDirectory(prefix="postgres") as home:
        alone: list[str] = []
        if os.getuid() == 0:
            shutil.chown(home, "postgres")
            alone = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        data, quiet = f"{home}/data", ["--no-sync", "--auth=trust", "--username=postgres"]
        subprocess.run([*alone, str(program), *quiet, "-D", data], check=True, capture_output=True)
        listen = ["-h", "127.0.0.1", "-p", str(port), "-k", home, "-F"]
        process = start(
            [*alone, str(program.with_name("postgres")), "-D", data, *listen],
            folder,
            f"tcp://127.0.0.1:{port}",
        )
        try:
            yield port
        finally:
            stop(process)


def locked_postgres(password: str) -> tuple[int, Path, subprocess.Popen]:
    """A real PostgreSQL with the role `tester`: port, folder for the caller to remove, process.

    Root starts it as the user postgres, whom the tests' own folders do not let in.
    """
    program = initdb()
    assert program, "PostgreSQL is missing: `make test-real` installs it, `make servers` too"
    folder, port = Path(tempfile.mkdtemp(prefix="postgres-")), free_port()
    (folder / "password").write_text(password)
    own = []
    if os.geteuid() == 0:
        own = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"]
        for path in (folder, folder / "password"):
            shutil.chown(path, "postgres", "postgres")
    made = [*own, str(program), "-D", f"{folder}/data", "-U", "tester", "--no-sync"]
    made += ["--auth=scram-sha-256", f"--pwfile={folder}/password"]
    subprocess.run(made, check=True, capture_output=True, cwd=folder)
    command = [
        *own,
        str(program.with_name("postgres")),
        "-D",
        f"{folder}/data",
        "-p",
        str(port),
        "-k",
        "",
    ]
    command += ["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"]
    command += ["-c", "timezone=America/New_York"]  # not that of the tables
    process = start(command, folder / "log", f"tcp://127.0.0.1:{port}")
    ready = ["pg_isready", "--quiet", "--host=127.0.0.1", f"--port={port}"]
    while process.poll() is None and subprocess.run(ready, check=False).returncode:
        time.sleep(0.2)
    return port, folder, process


def registry(folder: Path, user: str, password_hash: str) -> tuple[str, subprocess.Popen]:
    """A real container registry that asks for a name and a password; bcrypt's hash of it."""
    host = f"127.0.0.1:{free_port()}"
    folder.mkdir(parents=True)
    (folder / "htpasswd").write_text(f"{user}:{password_hash}\n")
    config = {
        "version": 0.1,
        "storage": {"filesystem": {"rootdirectory": str(folder / "blobs")}},
        "http": {"addr": host},
        "auth": {"htpasswd": {"realm": "tests", "path": str(folder / "htpasswd")}},
    }
    (folder / "config.yml").write_text(yaml.safe_dump(config))
    command = ["docker-registry", "serve", str(folder / "config.yml")]
    return host, start(command, folder, f"tcp://{host}")
