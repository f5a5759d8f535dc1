"""Pushed rows on a real Redis and a real PostgreSQL: the engine's own test, on their stores."""

import json
import os
import subprocess
from pathlib import Path

import pytest

from conftest import PROJECT, ROOT, lacking
from projects import VENV
from servers import initdb, postgres, redis, stop

pytestmark = [pytest.mark.slow, pytest.mark.server]


def pushed(store: dict[str, object], folder: Path) -> str:
    """Run tests/engine/features/test_push.py with this online store; return what pytest says."""
    paths = [PROJECT / "engine", PROJECT / "src", PROJECT, os.environ.get("PSYCOPG_FOLDER", "")]
    words = ["-m", "pytest", "-q", "-n0", f"--basetemp={folder}", "features/test_push.py"]
    done = subprocess.run(
        [str(VENV / "bin/python"), *words],
        cwd=ROOT / "tests/engine",
        env={
            **os.environ,
            "PYTHONPATH": ":".join(map(str, paths)),
            "PUSHED_TO": json.dumps(store),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_newest_row_is_read_from_redis(tmp_path):
    address, process = redis(tmp_path / "redis")
    try:
        store = {"type": "redis", "connection_string": address}
        assert " passed" in pushed(store, tmp_path / "pushed")
    finally:
        stop(process)


def test_the_newest_row_is_read_from_postgresql(tmp_path_factory):
    if not os.environ.get("PSYCOPG_FOLDER") or initdb() is None:
        lacking("PostgreSQL or its driver is missing: `make servers` says what to install")
    folder = tmp_path_factory.mktemp("postgres")
    with postgres(folder) as port:
        store = {
            "type": "postgres",
            "host": "127.0.0.1",
            "port": port,
            "database": "postgres",
            "db_schema": "public",
            "user": "postgres",
            "password": "none",
            "sslmode": "disable",
        }
        assert " passed" in pushed(store, folder / "pushed")
