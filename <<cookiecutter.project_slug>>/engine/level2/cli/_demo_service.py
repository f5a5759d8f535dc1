"""The prediction service of `loop-demo`: a process on a free port, and its answers."""

import http.client
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..base.errors import ProjectError

PACKAGE = __name__.partition(".")[0]


@contextmanager
def service(folder: Path, environment: Mapping[str, str]) -> Iterator[int]:
    """The prediction service of the project in `folder`; yields its port.

    Raises ProjectError where it does not start.
    """
    words = [sys.executable, "-m", PACKAGE, "serve", "--port", "0"]
    with subprocess.Popen(
        words,
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            line = str(process.stdout and process.stdout.readline())
            found = re.search(r"127\.0\.0\.1:(\d+)", line)
            if found is None:
                raise ProjectError("loop-demo: the service did not start")
            yield int(found[1])
        finally:
            process.terminate()


def ask(port: int, row: dict[str, Any]) -> Any:
    """One prediction. Raises ProjectError with the service's own words."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request("POST", "/predict", json.dumps({"rows": [row]}))
        answer = connection.getresponse()
        text = answer.read()
    finally:
        connection.close()
    if answer.status != 200:
        raise ProjectError(f"loop-demo: the service refused a row: {text.decode()[:300]}")
    return json.loads(text)
